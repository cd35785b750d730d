# SPDX-License-Identifier: MIT
"""Convolution blocks that two CPU cores can train: depthwise, then 1 x 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ConvBlock", "Stage"]


class ConvBlock(nn.Module):
    """Residual block: depthwise k x k, then a two-layer 1 x 1 network.

    Starts as the identity (the last layer is zero), so a deep stack trains
    from its linear path outwards.

    Parameters
    ----------
    width : int
        Channels in and out.
    kernel : int
        Side of the depthwise kernel, odd.
    expand : int
        Hidden width of the 1 x 1 network over ``width``.
    """

    def __init__(self, width: int, kernel: int = 5, expand: int = 2) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width)
        self.expand = nn.Conv2d(width, expand * width, 1)
        self.project = nn.Conv2d(expand * width, width, 1)
        nn.init.zeros_(self.project.weight)
        nn.init.zeros_(self.project.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, width, h, w] to the same shape."""
        hidden = torch.nn.functional.gelu(self.expand(self.depthwise(x)))
        out: Tensor = x + self.project(hidden)
        return out


class Stage(nn.Sequential):
    """Several ConvBlocks of one width and kernel."""

    def __init__(self, width: int, depth: int, kernel: int = 5) -> None:
        super().__init__(*(ConvBlock(width, kernel) for _ in range(depth)))
