# SPDX-License-Identifier: MIT
"""A sample clock that runs too fast or too slow: a stream resampled by a hair.

Where each output sample lies between the input samples is a whole number of
2**-60 samples, so that nothing drifts and a stream may be cut in any way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel

__all__ = ["Clock"]

_TAPS = 32
_PHASES = 128  # rows of the table; between two of them the taps run in a straight line
_KAISER_BETA = 8.0  # flat, and images 80 dB down, up to 0.42 of the sample rate
_ONE = 1 << 60  # one sample
_FRACTION = _ONE - 1
_WHOLE_BITS, _ROW_BITS = 60, 53
_ROW = (1 << 53) - 1
_ROW_SCALE = np.float32(2.0**-53)


class Clock:
    r"""A receiver's clock beside the transmitter's.

    :math:`y_m = x((1 + e)\, m - d)` with the offset ``e`` and a delay ``d`` of 16
    samples, and x the stream between its samples: 32 taps of a sinc under a
    Kaiser window.

    Parameters
    ----------
    sfo_ppm : float, parts per million
        ``1e6 e``, up to 1000 either way. A tone at f cycles a sample comes out at
        ``f (1 + e)``, and n samples come out as about ``n / (1 + e)``.

    Attributes
    ----------
    delay : int, samples
        How much later everything comes out than it went in; 0 without an offset.
    """

    def __init__(self, sfo_ppm: float) -> None:
        self._step = round((1 + 1e-6 * sfo_ppm) * _ONE) if sfo_ppm else None
        self._growth = 1 + 1.1e-6 * abs(sfo_ppm)  # above 1 / (1 - e): room for what comes out
        self.delay = _TAPS // 2 if sfo_ppm else 0
        self._history = np.zeros(_TAPS - 1, np.complex64)
        self._fraction = 0

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return as many of the next samples as are known by now."""
        if self._step is None or not len(samples):
            return samples
        heard = np.concatenate([self._history, samples])
        out = np.empty(int(len(samples) * self._growth) + 2, np.complex64)
        parts = np.ascontiguousarray(heard.real), np.ascontiguousarray(heard.imag)
        n_out, whole, self._fraction = _resample(parts, out, _TABLE, self._step, self._fraction)
        self._history = heard[whole:].copy()
        return out[:n_out]


def _table() -> NDArray[np.float32]:
    """Return the taps at each phase, [_PHASES + 1, _TAPS]."""
    phase = np.arange(_PHASES + 1)[:, None] / _PHASES
    offset = np.arange(_TAPS) - (_TAPS // 2 - 1) - phase
    inside = np.clip(1.0 - (offset / (_TAPS // 2)) ** 2, 0.0, None)
    window = np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    return (np.sinc(offset) * window).astype(np.float32)


_TABLE = _table()


@kernel
def _resample(
    parts: tuple[NDArray[np.float32], NDArray[np.float32]],
    out: NDArray[np.complex64],
    table: NDArray[np.float32],
    step: int,
    fraction: int,
) -> tuple[int, int, int]:
    """Fill ``out`` as far as the samples reach; return count, begin and fraction of the next."""
    real, imag = parts
    begin, n_out = 0, 0
    while begin + _TAPS <= len(real):
        row = fraction >> _ROW_BITS
        weight = np.float32(fraction & _ROW) * _ROW_SCALE
        low, high = table[row], table[row + 1]
        i_sum, q_sum = np.float32(0), np.float32(0)
        for tap in range(_TAPS):
            h = low[tap] + weight * (high[tap] - low[tap])
            i_sum += h * real[begin + tap]
            q_sum += h * imag[begin + tap]
        out[n_out] = complex(i_sum, q_sum)
        n_out += 1
        position = fraction + step
        begin += position >> _WHOLE_BITS
        fraction = position & _FRACTION
    return n_out, begin, fraction
