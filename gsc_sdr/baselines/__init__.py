# SPDX-License-Identifier: MIT
"""What a user would pick instead: image codecs with 5G LDPC, and plain neural codes."""
