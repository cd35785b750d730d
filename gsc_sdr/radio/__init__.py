# SPDX-License-Identifier: MIT
"""Flowgraphs without a canvas: the chains of blocks/, run, watched and measured."""
