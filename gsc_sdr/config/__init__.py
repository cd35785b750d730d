# SPDX-License-Identifier: MIT
"""Configuration: frozen dataclasses from TOML, and the transmission rates."""
