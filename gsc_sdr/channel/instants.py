# SPDX-License-Identifier: MIT
"""Things that happen once in each period, at a random instant.

The instant is a hash of the period's number: nothing is stored and nothing is
drawn in turn, so that any sample of a stream can be asked.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel

__all__ = ["Periods", "erase", "step_gain"]

_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


class Periods:
    """Periods of a stream, each with one event.

    Parameters
    ----------
    period_s, length_s : float, seconds
        Of a period, and of its event.
    sample_rate : float, samples per second
        Rate of the stream; both lengths become whole numbers of samples.
    key : int
        0 to 2**63 - 1; another key gives other instants.

    Attributes
    ----------
    numbers : tuple of int
        Period and length in samples, and the key: what the kernels take.
    """

    def __init__(self, period_s: float, length_s: float, sample_rate: float, key: int) -> None:
        period = max(1, round(period_s * sample_rate))
        length = min(period, round(length_s * sample_rate))
        self.numbers = (period, length, key)


@kernel
def _instant(number: int, span: int, key: int) -> int:
    """Return where in period ``number`` the event begins, 0 to span - 1 (splitmix64)."""
    z = np.uint64(key) + (np.uint64(number) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return int(np.int64(z % np.uint64(span)))


@kernel
def erase(samples: NDArray[np.complex64], first: int, numbers: tuple[int, int, int]) -> None:
    """Silence, in place, samples whose place in the stream lies in an event."""
    period, length, key = numbers
    end = first + len(samples)
    for number in range(first // period, (end - 1) // period + 1):
        begin = number * period + _instant(number, period - length + 1, key)
        for at in range(max(begin, first), min(begin + length, end)):
            samples[at - first] = 0


@kernel
def step_gain(
    samples: NDArray[np.complex64], first: int, numbers: tuple[int, int, int], gain: float
) -> None:
    """Multiply, in place, by 1 and by ``gain`` in turn; each event is a change."""
    period, _, key = numbers
    end = first + len(samples)
    for number in range(first // period, (end - 1) // period + 1):
        change = number * period + _instant(number, period, key)
        low, high = max(number * period, first), min((number + 1) * period, end)
        if number % 2 == 0:
            low = max(low, change)
        else:
            high = min(high, change)
        for at in range(low, high):
            samples[at - first] *= gain
