# SPDX-License-Identifier: MIT
"""Two figures of a signal: how high it peaks, how far it is from what was sent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError

__all__ = ["evm_db", "papr_db"]

_TINY = 1e-12  # keeps the figures finite, so that they can be written down


def papr_db(samples: NDArray[np.complexfloating[Any, Any]]) -> float:
    """Return the peak-to-average power ratio of samples (any shape), in dB.

    Examples
    --------
    >>> papr_db(np.array([1, 1j, -1]))
    0.0
    """
    if samples.size == 0:
        raise ShapeError("samples is empty; the ratio needs at least one")
    power = np.abs(samples.astype(np.complex128)) ** 2
    return 10 * float(np.log10(max(power.max(), _TINY) / max(power.mean(), _TINY)))


def evm_db(
    received: NDArray[np.complexfloating[Any, Any]], sent: NDArray[np.complexfloating[Any, Any]]
) -> float:
    """Return the error vector's power over that of what was sent, in dB.

    Parameters
    ----------
    received, sent : the same shape, complex
        Equalised symbols and the truth.
    """
    if received.shape != sent.shape or sent.size == 0:
        raise ShapeError(
            f"received is {received.shape} and sent {sent.shape}; pass the same shape, not empty"
        )
    error = float((np.abs(received - sent) ** 2).mean())
    return 10 * float(np.log10(max(error, _TINY) / max((np.abs(sent) ** 2).mean(), _TINY)))
