# SPDX-License-Identifier: MIT
"""Training: one loop, one recipe a file."""
