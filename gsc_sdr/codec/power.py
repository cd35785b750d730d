# SPDX-License-Identifier: MIT
"""Transmit power of one picture's symbols: unit mean, its scale told in 6 bits.

The receiver undoes the scale before decoding, so the decoder always works at
the encoder's own power and sees the noise grow instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["N_LEVELS", "gain_of", "normalise"]

N_LEVELS = 64
_STEP_DB = 0.5
_LOWEST_DB = -20.0


def gain_of(level: int) -> float:
    """Return the amplitude that a level stands for: -20 dB to 11.5 dB in 0.5 dB.

    >>> gain_of(40)
    1.0
    """
    if not 0 <= level < N_LEVELS:
        raise ConfigError(f"power level is {level}; expected 0 to {N_LEVELS - 1}")
    return float(10 ** ((_LOWEST_DB + _STEP_DB * level) / 20))


def normalise(symbols: ArrayLike) -> tuple[NDArray[np.complex64], int]:
    """Divide symbols by the gain nearest to their root mean square.

    Parameters
    ----------
    symbols : [n], complex
        At the encoder's own power.

    Returns
    -------
    symbols : [n], complex64
        Mean power within 0.25 dB of 1, or below for a picture of near zero power.
    level : int
        To undo it with :func:`gain_of`.

    Raises
    ------
    ShapeError
        If there is no symbol, or one is not finite.
    """
    values = np.asarray(symbols, dtype=np.complex64)
    if values.size == 0 or not np.isfinite(values).all():
        raise ShapeError(f"symbols are {values.shape}; expected some, all of them finite")
    power_db = 10 * np.log10(max(float(np.mean(np.abs(values) ** 2)), 1e-12))
    level = int(np.clip(round((power_db - _LOWEST_DB) / _STEP_DB), 0, N_LEVELS - 1))
    return values / np.float32(gain_of(level)), level
