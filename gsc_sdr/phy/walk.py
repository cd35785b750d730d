# SPDX-License-Identifier: MIT
"""Random walks seen in noise: how likely one is, and where it went.

A value that changes by :math:`E|a_{r+1} - a_r|^2 = q (t_{r+1} - t_r)` is
followed by a Kalman filter forward and corrected by a second pass back. The
pace q is not known: it is chosen by the likelihood of what was seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel

__all__ = ["PACES", "Seen", "add_surprise", "retrace"]

PACES = np.concatenate([[0.0], np.logspace(-6, 1, 14)])  # variance in n_fft samples
_TINY = 1e-300
_LN2 = math.log(2)
_MANTISSA, _ONE = (1 << 52) - 1, 1023 << 52  # of a double: its fraction, and the number 1


class Seen(NamedTuple):
    """One walk's observations.

    Attributes
    ----------
    values : [n], complex128
        What was seen.
    noise : [n], float64
        Variance of its noise, positive.
    times : [n], float64
        When.
    mean : complex
        The walk's expected beginning.
    spread : float
        Variance of the beginning, at time ``since``.
    since : float
        When the walk began; not after the first time.
    """

    values: NDArray[np.complex128]
    noise: NDArray[np.float64]
    times: NDArray[np.float64]
    mean: complex
    spread: float
    since: float


@kernel
def add_surprise(seen: Seen, scale: float, surprise: NDArray[np.float64]) -> None:
    """Add the negative log-likelihood under each pace times ``scale``, all at once.

    What every pace has in common, the noise alone, is left out.
    """
    n_paces = len(PACES)
    real, imag = np.full(n_paces, seen.mean.real), np.full(n_paces, seen.mean.imag)
    spread, product = np.full(n_paces, seen.spread), np.ones(n_paces)
    before = seen.since
    for row in range(len(seen.values)):
        step, noise = (seen.times[row] - before) * scale, seen.noise[row]
        before = seen.times[row]
        for k in range(n_paces):
            predicted = spread[k] + PACES[k] * step
            inverse = 1 / (predicted + noise)
            gain = predicted * inverse
            miss_real, miss_imag = seen.values[row].real - real[k], seen.values[row].imag - imag[k]
            surprise[k] += (miss_real * miss_real + miss_imag * miss_imag) * inverse
            product[k] *= (predicted + noise) / noise
            real[k] += gain * miss_real
            imag[k] += gain * miss_imag
            spread[k] = gain * noise
        if row % 8 == 7 or row == len(seen.values) - 1:
            _add_log(product, surprise)


@kernel
def _add_log(product: NDArray[np.float64], total: NDArray[np.float64]) -> None:
    """Add the logarithm of each product, at least 1, and make it 1 again.

    A library call for each would take longer than the products themselves.
    """
    bits = product.view(np.int64)
    for k in range(len(product)):
        total[k] += _LN2 * ((bits[k] >> 52) - 1023)
        bits[k] = bits[k] & _MANTISSA | _ONE
    for k in range(len(product)):  # log m = 2 artanh z; z is at most a third
        z = (product[k] - 1) / (product[k] + 1)
        y = z * z
        odd = y * (1 / 13 + y * (1 / 15 + y * (1 / 17 + y / 19)))
        odd = y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y * (1 / 11 + odd))))
        total[k] += 2 * z * (1 + y * (1 / 3 + odd))
        product[k] = 1.0


@kernel
def retrace(
    seen: Seen, pace: float, path: NDArray[np.complex128], error: NDArray[np.float64]
) -> None:
    """Write mean and expected squared error [n] of a walk of known pace."""
    mean, spread, before = seen.mean, seen.spread, seen.since
    for row in range(len(path)):
        spread += pace * (seen.times[row] - before)
        before = seen.times[row]
        gain = spread / (spread + seen.noise[row])
        mean += gain * (seen.values[row] - mean)
        spread = gain * seen.noise[row]
        path[row], error[row] = mean, spread
    for row in range(len(path) - 2, -1, -1):
        predicted = error[row] + pace * (seen.times[row + 1] - seen.times[row])
        gain = error[row] / max(predicted, _TINY)
        path[row] += gain * (path[row + 1] - path[row])
        error[row] += gain * gain * (error[row + 1] - predicted)
