# SPDX-License-Identifier: MIT
"""Convolutions the fast way on a processor: by oneDNN, and channels last.

torch passes oneDNN by for small kernels of one picture in one thread, and its
own convolution takes a tenth longer here. Figures change by rounding only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["quicken", "slacken"]


class _OneDnnConv2d(nn.Conv2d):
    """A convolution that is always oneDNN's."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, in, h, w] to [batch, out, h, w], float32."""
        shape: Any = (self.padding, self.stride, self.dilation, self.groups)
        return torch.mkldnn_convolution(x, self.weight, self.bias, *shape)


def quicken(model: nn.Module, precision: str = "float32") -> None:
    """Make a model on a processor compute its convolutions the fast way, in place.

    Parameters
    ----------
    model : nn.Module
        In evaluation; its weights stay as they are, and so does what it saves.
    precision : str
        What it computes with. torch itself chooses oneDNN for bfloat16.
    """
    _lay_out(model, torch.channels_last)
    if precision != "float32" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return
    for layer in model.modules():
        is_plain = type(layer) is nn.Conv2d and layer.padding_mode == "zeros"
        if is_plain and not isinstance(layer.padding, str):  # oneDNN pads by counts
            layer.__class__ = _OneDnnConv2d


def slacken(model: nn.Module) -> None:
    """Undo :func:`quicken`, in place."""
    for layer in model.modules():
        if isinstance(layer, _OneDnnConv2d):
            layer.__class__ = nn.Conv2d  # type: ignore[assignment]
    _lay_out(model, torch.contiguous_format)


def _lay_out(model: nn.Module, memory_format: torch.memory_format) -> None:
    """Put the weights of convolutions in memory in an order; their values stay."""
    model.to(memory_format=memory_format)  # type: ignore[call-overload]
