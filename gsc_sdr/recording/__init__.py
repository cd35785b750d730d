# SPDX-License-Identifier: MIT
"""Recordings: sample streams on disk, as SigMF."""
