# SPDX-License-Identifier: MIT
"""The command line: one file a verb; the only room that prints."""
