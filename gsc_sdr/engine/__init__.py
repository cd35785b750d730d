# SPDX-License-Identifier: MIT
"""Engines: where the networks run."""
