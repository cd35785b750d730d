# SPDX-License-Identifier: MIT
"""What radio and learning say to each other."""
