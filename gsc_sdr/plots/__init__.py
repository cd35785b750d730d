# SPDX-License-Identifier: MIT
"""Rows and arrays become figures; also the demo picture, drawn by code."""
