# SPDX-License-Identifier: MIT
"""How good a picture or a link is, in figures."""
