# SPDX-License-Identifier: MIT
r"""Bits as points of BPSK, QPSK and 16, 64 and 256-QAM, and soft bits of noisy points.

The maps are those of TS 38.211, Gray-coded and of unit mean power. From QPSK up the
bits of even places choose the real part, those of odd places the imaginary part, each
one of :math:`2^{m/2}` levels; so soft bits of the two parts are found apart:

.. math:: L_i = \log \frac{\sum_{a: b_i(a) = 0} e^{-(y - a)^2 / N_0}}
                          {\sum_{a: b_i(a) = 1} e^{-(y - a)^2 / N_0}}

with all levels in the sums: exact, not the max-log approximation.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.jit import kernel

__all__ = ["BITS_PER_SYMBOL", "map_bits", "soft_bits"]

BITS_PER_SYMBOL = (1, 2, 4, 6, 8)
_TINY = 1e-290
_LEAST_NOISE = 1e-6  # keeps soft bits of a link without noise finite


def map_bits(bits: NDArray[np.uint8], bits_per_symbol: int) -> NDArray[np.complex64]:
    """Map bits to points.

    Parameters
    ----------
    bits : [n * bits_per_symbol], uint8
        Zeros and ones; the first of a symbol's are the most reliable.
    bits_per_symbol : int
        1, 2, 4, 6 or 8.

    Returns
    -------
    symbols : [n], complex64
        Of unit power in the mean over all points.

    Raises
    ------
    ConfigError
        If there is no such modulation.
    ShapeError
        If the bits are no whole number of symbols.

    References
    ----------
    3GPP TS 38.211, clauses 5.1.2 to 5.1.6.

    Examples
    --------
    >>> map_bits(np.array([1, 0], np.uint8), 2)
    array([-0.70710677+0.70710677j], dtype=complex64)
    """
    levels = _levels(bits_per_symbol)
    if bits.ndim != 1 or len(bits) % bits_per_symbol:
        raise ShapeError(
            f"bits is {bits.shape}; expected [n * {bits_per_symbol}]: pad to whole symbols"
        )
    if bits_per_symbol == 1:
        return (np.complex64(1 + 1j) * levels[bits]).astype(np.complex64)
    parts = bits.reshape(-1, bits_per_symbol // 2, 2)
    weights = 1 << np.arange(bits_per_symbol // 2)[::-1]
    real, imag = (levels[parts[:, :, part] @ weights] for part in (0, 1))
    return (real + 1j * imag).astype(np.complex64)


def soft_bits(
    symbols: NDArray[np.complex64], noise_var: NDArray[np.float32], bits_per_symbol: int
) -> NDArray[np.float32]:
    """Return how sure noisy points make of each bit.

    Parameters
    ----------
    symbols : [n], complex64
        Equalised symbols. One that is not finite counts as erased.
    noise_var : [n], float32
        Noise variance of each, both dimensions, linear; ``inf``, and anything that is
        no variance, where the symbol is erased.
    bits_per_symbol : int
        1, 2, 4, 6 or 8.

    Returns
    -------
    llr : [n * bits_per_symbol], float32
        ``log P(0) / P(1)``, finite; 0 where erased.

    Raises
    ------
    ConfigError
        If there is no such modulation.
    ShapeError
        If the shapes do not match.
    """
    levels = _levels(bits_per_symbol)
    if symbols.ndim != 1 or noise_var.shape != symbols.shape:
        raise ShapeError(
            f"symbols is {symbols.shape} and noise_var {noise_var.shape}; expected [n] both"
        )
    known = np.isfinite(symbols) & np.isfinite(noise_var) & (noise_var >= 0)
    points = np.where(known, symbols, 0).astype(np.complex128)
    certainty = known / np.maximum(np.where(known, noise_var, 1.0), _LEAST_NOISE)
    if bits_per_symbol == 1:
        llr = 4 * levels[0] * (points.real + points.imag) * certainty
        return np.asarray(llr, np.float32)
    parts = np.stack([points.real, points.imag], axis=1)
    llr = np.empty((len(parts), bits_per_symbol // 2, 2), np.float32)
    _soften(parts, certainty.astype(np.float64), levels, llr)
    return llr.reshape(-1)


@kernel
def _soften(
    parts: NDArray[np.float64],
    certainty: NDArray[np.float64],
    levels: NDArray[np.float64],
    llr: NDArray[np.float32],
) -> None:
    """Write soft bits [n, n_bits, 2] of the real and imaginary parts [n, 2]."""
    metric, weight = np.empty(len(levels)), np.empty(len(levels))
    for at in range(len(parts)):
        for part in range(2):
            for level in range(len(levels)):
                metric[level] = -((parts[at, part] - levels[level]) ** 2) * certainty[at]
            top = metric.max()
            for level in range(len(levels)):
                weight[level] = np.exp(metric[level] - top)
            for bit in range(llr.shape[1]):
                llr[at, bit, part] = _ratio(metric, weight, llr.shape[1] - 1 - bit)


@kernel
def _ratio(metric: NDArray[np.float64], weight: NDArray[np.float64], shift: int) -> float:
    """Return log P(0) / P(1) of the bit at ``shift`` of each level's number."""
    zero = one = 0.0
    best_zero = best_one = -np.inf
    for level in range(len(metric)):
        if level >> shift & 1:
            one, best_one = one + weight[level], max(best_one, metric[level])
        else:
            zero, best_zero = zero + weight[level], max(best_zero, metric[level])
    if min(zero, one) > _TINY:
        return math.log(zero / one)
    return best_zero - best_one  # beyond what numbers can tell, one level is the whole sum


@lru_cache(maxsize=8)
def _levels(bits_per_symbol: int) -> NDArray[np.float64]:
    """Return the amplitude of one part for each value of its bits, first bit highest."""
    if bits_per_symbol not in BITS_PER_SYMBOL:
        raise ConfigError(
            f"bits_per_symbol is {bits_per_symbol}; choose one of: "
            + ", ".join(map(str, BITS_PER_SYMBOL))
        )
    n_bits = max(1, bits_per_symbol // 2)
    signs = 1 - 2 * (np.arange(1 << n_bits)[:, None] >> np.arange(n_bits)[::-1] & 1)
    level = np.ones(1 << n_bits)
    for at in range(n_bits - 1, 0, -1):  # TS 38.211: s0 [4 - s1 [2 - s2]] and so on
        level = 2.0 ** (n_bits - at) - signs[:, at] * level
    level = signs[:, 0] * level
    level /= np.sqrt(2 * np.mean(level**2))
    level.flags.writeable = False
    return level
