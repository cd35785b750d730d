# SPDX-License-Identifier: MIT
"""What a receiver does to what its antenna hears: noise, mixer, gain, converter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.instants import Periods, step_gain
from gsc_sdr.jit import kernel
from gsc_sdr.units import db_to_power

__all__ = ["Digitiser", "iq_gains"]


def iq_gains(gain_db: float, phase_deg: float) -> tuple[complex, complex]:
    r"""Return what a mixer out of balance makes of a signal and of its mirror.

    :math:`y = k_1 x + k_2 x^*` with :math:`k_{1,2} \propto 1 \pm g e^{\mp j \phi}`, the I
    branch true, the Q branch of gain g and turned by the angle. The image is
    :math:`|k_2|^2 / |k_1|^2` of the signal; together they keep its mean power.

    Parameters
    ----------
    gain_db : float, dB
        Gain of the Q branch over the I branch.
    phase_deg : float, degrees
        Lack of the right angle between them.

    Examples
    --------
    >>> iq_gains(0.0, 0.0)
    ((1+0j), 0j)
    """
    turned = math.sqrt(db_to_power(gain_db)) * complex(
        math.cos(math.radians(phase_deg)), math.sin(math.radians(phase_deg))
    )
    k1, k2 = (1 + turned.conjugate()) / 2, (1 - turned) / 2
    power = math.sqrt(abs(k1) ** 2 + abs(k2) ** 2)
    return k1 / power, k2 / power


class Digitiser:
    """The receiver's share of a front end.

    ::

        antenna ─► + noise ─► IQ imbalance ─► + DC ─► AGC step ─► converter ─► samples

    Parameters
    ----------
    front_end : FrontEnd
        What is out of order.
    sample_rate : float, samples per second
        Rate of the stream.
    seed : int
        Of the noise and of the AGC's instants.

    Attributes
    ----------
    noise_var : float
        Variance of the noise, both dimensions together; may change at any time.
    """

    def __init__(self, front_end: FrontEnd, sample_rate: float, seed: int) -> None:
        self.noise_var = 0.0
        self._rng = np.random.default_rng([seed, 1])
        key = int(np.random.SeedSequence([seed, 4]).generate_state(1, np.uint64)[0]) >> 1
        self._agc = Periods(front_end.agc_period_s, 0.0, sample_rate, key)
        self._agc_gain = math.sqrt(db_to_power(front_end.agc_step_db))
        self._iq = iq_gains(front_end.iq_gain_db, front_end.iq_phase_deg)
        self._dc = _power(front_end.dc_db)
        self._tone = _power(front_end.tone_db)
        self._bits, self._backoff = front_end.adc_bits, db_to_power(front_end.adc_backoff_db)
        self._position = 0

    @property
    def full_scale(self) -> float:
        """Largest amplitude of a branch that the converter can express."""
        mean_power = 1.0 + self.noise_var + self._dc + self._tone
        return math.sqrt(mean_power * self._backoff)

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return the next samples [n] as the receiver's software gets them."""
        y = samples
        if self.noise_var:
            draws = self._rng.standard_normal((len(y), 2), dtype=np.float32)
            y = y + np.float32(math.sqrt(self.noise_var / 2)) * draws.view(np.complex64)[:, 0]
        if self._iq[1] or self._dc:
            y = y if y is not samples else samples.copy()
            _mix(y, self._iq, math.sqrt(self._dc))
        if self._agc_gain != 1.0:
            y = y if y is not samples else samples.copy()
            step_gain(y, self._position, self._agc.numbers, self._agc_gain)
        if self._bits:
            y = y if y is not samples else samples.copy()
            _convert(y, self.full_scale, 1 << (self._bits - 1))
        self._position += len(y)
        return y


def _power(level_db: float | None) -> float:
    return 0.0 if level_db is None else db_to_power(level_db)


@kernel
def _mix(samples: NDArray[np.complex64], gains: tuple[complex, complex], dc: float) -> None:
    """Add image and direct current, in place."""
    k1, k2 = gains
    for n in range(len(samples)):
        samples[n] = k1 * samples[n] + k2 * samples[n].conjugate() + dc


@kernel
def _convert(samples: NDArray[np.complex64], full_scale: float, n_codes: int) -> None:
    """Round each branch to whole steps, in place; what does not fit is cut off."""
    step = full_scale / n_codes
    low, high = -n_codes, n_codes - 1
    for n in range(len(samples)):
        i = min(max(np.rint(samples[n].real / step), low), high)
        q = min(max(np.rint(samples[n].imag / step), low), high)
        samples[n] = complex(i * step, q * step)
