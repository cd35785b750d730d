# SPDX-License-Identifier: MIT
"""The prompt on its coded side channel: text to protected symbols and back."""
