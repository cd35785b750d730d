# SPDX-License-Identifier: MIT
"""Simulated channels: profiles as data, fading, carrier offset and noise."""
