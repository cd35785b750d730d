# SPDX-License-Identifier: MIT
"""Which arithmetic the networks run in: float32, or bfloat16 where that is asked for.

float32 is the default for its figures, which are the same on every processor
within rounding. bfloat16 rounds by the processor's own rules.
"""

from __future__ import annotations

import torch

from gsc_sdr.errors import ConfigError

__all__ = ["PRECISIONS", "arithmetic", "check_precision", "computes_bf16"]

PRECISIONS = ("float32", "bfloat16")


def arithmetic(precision: str, device: torch.device) -> torch.autocast:
    """Return the context in which networks on a device compute with a precision.

    Examples
    --------
    >>> with arithmetic("float32", torch.device("cpu")):
    ...     (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
    torch.float32
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def check_precision(precision: str, device: torch.device) -> None:
    """Refuse a precision that is none, or that the device only imitates.

    Raises
    ------
    ConfigError
        If it is neither float32 nor bfloat16, or the device has no bfloat16 arithmetic.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"precision is {precision!r}; choose {' or '.join(PRECISIONS)}")
    if precision == "bfloat16" and not computes_bf16(device):
        raise ConfigError(
            f"precision is bfloat16, and this {device.type} has no such arithmetic: use float32"
        )


def computes_bf16(device: torch.device) -> bool:
    """Tell whether a device has bfloat16 arithmetic, which about halves the networks' time."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001
