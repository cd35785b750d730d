# SPDX-License-Identifier: MIT
"""Both ends of the air: the amplifier that clips, the antenna that hears more and less."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.instants import Periods, erase
from gsc_sdr.channel.oscillator import phase_step, unit_circle
from gsc_sdr.errors import ConfigError
from gsc_sdr.jit import kernel
from gsc_sdr.units import db_to_power

__all__ = ["Antenna", "clip"]


def clip(samples: NDArray[np.complex64], level: float) -> NDArray[np.complex64]:
    """Limit the envelope of samples [n] to an amplitude; phases stay."""
    if level == math.inf:
        return samples
    out = np.empty_like(samples)
    _limit(np.ascontiguousarray(samples), out, level)
    return out


class Antenna:
    """What the receiving antenna adds and misses: a tone, and times without signal.

    Parameters
    ----------
    front_end : FrontEnd
        Tone and erasures.
    sample_rate : float, samples per second
        Rate of the stream.
    seed : int
        Of the tone's phase and of the erasures' instants.

    Raises
    ------
    ConfigError
        If the tone lies outside the band.
    """

    def __init__(self, front_end: FrontEnd, sample_rate: float, seed: int) -> None:
        level_db, tone_hz = front_end.tone_db, front_end.tone_hz
        if level_db is not None and not abs(tone_hz) <= sample_rate / 2:
            raise ConfigError(
                f"tone_hz is {tone_hz}; at {sample_rate:g} samples/s give at most "
                f"{sample_rate / 2:g} either way"
            )
        phase, key = np.random.SeedSequence([seed, 5]).generate_state(2, np.uint64)
        self._tone = 0.0 if level_db is None else math.sqrt(db_to_power(level_db))
        self._step, self._phase = phase_step(tone_hz / sample_rate), phase
        length, period = front_end.erasure_s, front_end.erasure_period_s
        self._erasures = Periods(period, length, sample_rate, int(key) >> 1)
        self._position = 0

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return the next samples [n] as the antenna hands them on."""
        y = samples
        if self._tone:
            y = np.empty(len(samples), np.complex64)
            self._phase = np.uint64(_add_tone(samples, y, self._tone, self._step, self._phase))
        if self._erasures.numbers[1]:
            y = samples.copy() if y is samples else y
            erase(y, self._position, self._erasures.numbers)
        self._position += len(samples)
        return y


@kernel
def _limit(samples: NDArray[np.complex64], out: NDArray[np.complex64], level: float) -> None:
    """Copy with the envelope limited."""
    for n in range(len(samples)):
        power = samples[n].real ** 2 + samples[n].imag ** 2
        out[n] = samples[n] * (level / np.sqrt(power) if power > level * level else 1.0)


@kernel
def _add_tone(
    samples: NDArray[np.complex64],
    out: NDArray[np.complex64],
    amplitude: float,
    step: np.uint64,
    phase: np.uint64,
) -> np.uint64:
    """Add a tone; return its phase after the last sample."""
    for n in range(len(samples)):
        out[n] = samples[n] + amplitude * unit_circle(phase)
        phase += step
    return phase
