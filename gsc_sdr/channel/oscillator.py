# SPDX-License-Identifier: MIT
"""An oscillator: carrier offset and phase noise, exact for as long as a stream runs.

The phase is a 64-bit whole number of which 2**64 is one turn. It wraps by itself,
nothing is rounded as it grows, and so it is the same however a stream is cut.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError
from gsc_sdr.jit import kernel

__all__ = ["Oscillator", "phase_step", "unit_circle"]

_TURN = 1 << 64
_CELLS = 1024  # of the table; within one the rotation is a short series
_SHIFT = np.uint64(54)
_MASK = np.uint64((1 << 54) - 1)
_HALF_CELL = np.int64(1 << 53)
_RADIANS = 2 * math.pi / _TURN
_CIRCLE = np.exp(2j * np.pi * (np.arange(_CELLS) + 0.5) / _CELLS)
_MAX_LINEWIDTH = 0.01  # of the sample rate: a step of the phase then stays below half a turn


def phase_step(turns: float) -> np.uint64:
    """Return turns, or cycles a sample, as a 64-bit phase."""
    return np.uint64(round(turns * _TURN) % _TURN)


@kernel
def unit_circle(phase: np.uint64) -> complex:
    """Return ``exp(2 pi j phase / 2**64)``, to 1e-11."""
    cell = _CIRCLE[phase >> _SHIFT]
    angle = (np.int64(phase & _MASK) - _HALF_CELL) * _RADIANS
    square = angle * angle
    return complex(cell * complex(1.0 - 0.5 * square, angle * (1.0 - square / 6.0)))


class Oscillator:
    """What turns a stream of samples.

    Parameters
    ----------
    sample_rate : float, samples per second
        Rate of the stream.
    cfo_hz : float, hertz
        Carrier offset, at most half the sample rate either way.
    linewidth_hz : float, hertz
        3 dB linewidth of the phase noise, at most a hundredth of the sample rate.
    rng : Generator
        Draws the phase noise.

    Raises
    ------
    ConfigError
        If a figure is too large for the sample rate, or not a number.
    """

    def __init__(
        self, sample_rate: float, cfo_hz: float, linewidth_hz: float, rng: np.random.Generator
    ) -> None:
        if not 0 <= linewidth_hz <= _MAX_LINEWIDTH * sample_rate:
            raise ConfigError(
                f"linewidth_hz is {linewidth_hz}; at {sample_rate:g} samples/s give 0 to "
                f"{_MAX_LINEWIDTH * sample_rate:g}"
            )
        self._sample_rate = sample_rate
        self._phase = np.uint64(0)
        self._step_rms = math.sqrt(2 * math.pi * linewidth_hz / sample_rate) / (2 * math.pi) * _TURN
        self._rng = rng
        self.set_cfo_hz(cfo_hz)

    def set_cfo_hz(self, cfo_hz: float) -> None:
        """Change the offset; the phase goes on from where it is."""
        if not abs(cfo_hz) <= self._sample_rate / 2:
            raise ConfigError(
                f"cfo_hz is {cfo_hz}; give at most {self._sample_rate / 2:g} either way"
            )
        self._step = phase_step(cfo_hz / self._sample_rate)

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return the next samples [n], turned."""
        if not (self._step or self._phase or self._step_rms):
            return samples
        out = np.empty(len(samples), np.complex64)
        if self._step_rms:
            steps = self._rng.standard_normal(len(samples), dtype=np.float32)
            self._phase = np.uint64(
                _wander(samples, out, self._phase, self._step, (steps, self._step_rms))
            )
        else:
            self._phase = np.uint64(_turn(samples, out, self._phase, self._step))
        return out


@kernel
def _turn(
    samples: NDArray[np.complex64],
    out: NDArray[np.complex64],
    phase: np.uint64,
    step: np.uint64,
) -> np.uint64:
    """Turn by a phase that grows evenly; return the phase after the last sample."""
    for n in range(len(samples)):
        out[n] = samples[n] * unit_circle(phase)
        phase += step
    return phase


@kernel
def _wander(
    samples: NDArray[np.complex64],
    out: NDArray[np.complex64],
    phase: np.uint64,
    step: np.uint64,
    walk: tuple[NDArray[np.float32], float],
) -> np.uint64:
    """Turn by a phase that also walks at random."""
    draws, rms = walk
    for n in range(len(samples)):
        out[n] = samples[n] * unit_circle(phase)
        phase += step + np.uint64(np.int64(draws[n] * rms))
    return phase
