# SPDX-License-Identifier: MIT
"""How high a signal peaks, what lower peaks cost, how far it is from what was sent.

A converter has a full scale, an amplifier a highest power. The digital back-off
is how far the mean power stays below it: OFDM needs about its peak-to-average
ratio, or less where the rare higher peaks are clipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["back_off", "clip", "evm_db", "papr_ccdf", "papr_db"]

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


def papr_ccdf(
    samples: NDArray[np.complexfloating[Any, Any]], levels_db: ArrayLike
) -> NDArray[np.float64]:
    r"""Return how often the peak of an OFDM symbol is above each level.

    Levels are relative to the mean power of all symbols, which is what an amplifier
    is set by. For n independent Gaussian samples a symbol the share is
    :math:`1 - (1 - e^{-x})^n` at the power ratio x.

    Parameters
    ----------
    samples : [n_symbols, n_samples], complex
        An OFDM symbol a row, without its prefix. Oversample four times to see the
        peaks between samples.
    levels_db : [n_levels], float, dB
        Peak over mean power.

    Returns
    -------
    share : [n_levels], float64
        0 to 1.

    Raises
    ------
    ShapeError
        If there is no sample, or samples is not two-dimensional.
    """
    if samples.ndim != 2 or samples.size == 0:
        raise ShapeError(f"samples is {samples.shape}; expected [n_symbols, n_samples], not empty")
    power = np.abs(samples.astype(np.complex128)) ** 2
    peaks = power.max(axis=1) / max(float(power.mean()), _TINY)
    levels = 10 ** (np.asarray(levels_db, np.float64) / 10)
    share: NDArray[np.float64] = (peaks[:, None] > levels).mean(axis=0)
    return share


def clip(
    samples: NDArray[np.complexfloating[Any, Any]], peak_db: float
) -> NDArray[np.complexfloating[Any, Any]]:
    """Return samples whose power stays within peak_db of unit power; phases are kept.

    Unit power is that of symbols of unit power on every carrier of the transform.
    What is cut off becomes noise in the band and beside it: measure the first with
    evm_db, and filter where the second matters.

    Examples
    --------
    >>> clip(np.array([0.5, 2j]), 0.0).tolist()
    [(0.5+0j), 1j]
    """
    size = np.abs(samples)
    highest = 10 ** (peak_db / 20)
    factor = (highest / np.maximum(size, highest)).astype(size.dtype)
    clipped: NDArray[np.complexfloating[Any, Any]] = samples * factor
    return clipped


def back_off(
    samples: NDArray[np.complexfloating[Any, Any]], back_off_db: float
) -> NDArray[np.complexfloating[Any, Any]]:
    """Scale samples so that unit power lies back_off_db below a full scale of 1.

    With a back-off of the level given to :func:`clip`, nothing exceeds full scale.
    A fixed factor, not the measured power: frames keep their level among each other.

    Raises
    ------
    ConfigError
        If the back-off is not 0 to 60 dB.

    Examples
    --------
    >>> back_off(np.array([1j]), 20.0).tolist()
    [0.1j]
    """
    if not 0 <= back_off_db <= 60:
        raise ConfigError(f"back_off_db is {back_off_db}; choose 0 to 60 dB")
    scaled: NDArray[np.complexfloating[Any, Any]] = samples * 10 ** (-back_off_db / 20)
    return scaled


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
