# SPDX-License-Identifier: MIT
"""Generative semantic communication over a real sample stream."""

__version__ = "0.1.0"

__all__ = ["__version__"]
