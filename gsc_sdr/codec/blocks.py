# SPDX-License-Identifier: MIT
"""Convolution blocks that two CPU cores can train: depthwise, then 1 x 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ConvBlock", "Stage", "set_pointwise", "silent"]


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
        self.project = silent(nn.Conv2d(expand * width, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, width, h, w] to the same shape."""
        hidden = torch.nn.functional.gelu(self.expand(self.depthwise(x)))
        out: Tensor = x + self.project(hidden)
        return out


class Stage(nn.Sequential):
    """Several ConvBlocks of one width and kernel."""

    def __init__(self, width: int, depth: int, kernel: int = 5) -> None:
        super().__init__(*(ConvBlock(width, kernel) for _ in range(depth)))


def silent(layer: nn.Conv2d) -> nn.Conv2d:
    """Return the layer with all parameters zero: it adds nothing until trained."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


@torch.no_grad()
def set_pointwise(layer: nn.Conv2d, matrix: Tensor, offset: Tensor) -> None:
    """Make a 1 x 1 convolution compute ``matrix @ x + offset`` at every position.

    Parameters
    ----------
    layer : nn.Conv2d
        Of kernel 1, with a bias.
    matrix : [out, in]
        Its weights.
    offset : [out]
        Its bias.
    """
    state = {"weight": matrix[:, :, None, None], "bias": offset}
    layer.load_state_dict({name: value.to(layer.weight) for name, value in state.items()})
