# SPDX-License-Identifier: MIT
"""Sweeps over the link as rows of figures."""
