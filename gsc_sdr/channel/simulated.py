# SPDX-License-Identifier: MIT
"""A whole simulated channel on arrays: fading, carrier offset, noise.

The twin of the GNU Radio channel block, for tests and for training; the same
profile and seed fade in the same way in both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.errors import ConfigError
from gsc_sdr.units import noise_var

__all__ = ["SimulatedChannel"]


class SimulatedChannel:
    r"""A channel that takes a stream of samples piece by piece.

    :math:`y_n = e^{2\pi j f n / f_s} (h * x)_n + w_n` with
    :math:`w \sim CN(0, 10^{-\mathrm{snr\_db}/10})`, where symbols on active
    subcarriers have unit power. The result does not depend on the cuts.

    Parameters
    ----------
    profile : ChannelProfile
        Fading, and whether there is noise.
    sample_rate : float, samples per second
        Rate of the stream.
    snr_db : float, dB
        Es/N0 per complex symbol on an active subcarrier; None for no noise.
        A profile without noise stays without.
    cfo_hz : float, hertz
        Carrier frequency offset, at most half the sample rate.
    seed : int
        0 to 2**63 - 1; fading takes it as it is, noise a stream of its own.

    Raises
    ------
    ConfigError
        If a figure is out of range or not a number.
    """

    def __init__(
        self,
        profile: ChannelProfile,
        sample_rate: float,
        snr_db: float | None = None,
        cfo_hz: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._fading = Fading(profile, sample_rate, seed)
        if not abs(cfo_hz) <= sample_rate / 2:
            raise ConfigError(f"cfo_hz is {cfo_hz}; give at most {sample_rate / 2:g} either way")
        self._turn = cfo_hz / sample_rate  # cycles a sample
        self._amplitude = np.float32(np.sqrt(noise_var(snr_db) / 2)) * profile.noise
        self._rng = np.random.default_rng([seed, 1])
        self._position = 0
        self.delay = self._fading.delay

    def apply(self, samples: ArrayLike) -> NDArray[np.complex64]:
        """Send the next samples of the stream through the channel.

        Parameters
        ----------
        samples : [n], complex64
            Any length, 0 included.

        Returns
        -------
        samples : [n], complex64
            As many as came in, ``delay`` samples late.

        Raises
        ------
        ShapeError
            If ``samples`` is not one-dimensional.
        """
        y = self._fading.apply(samples)
        if self._turn:
            cycles = self._turn * (self._position + np.arange(len(y), dtype=np.float64))
            angle = (2 * np.pi * (cycles - np.round(cycles))).astype(np.float32)
            rotation = np.empty(len(y), np.complex64)
            rotation.real, rotation.imag = np.cos(angle), np.sin(angle)
            y = y * rotation
        self._position += len(y)
        if self._amplitude:
            parts = self._rng.standard_normal((len(y), 2), dtype=np.float32)
            y = y + self._amplitude * parts.view(np.complex64)[:, 0]
        return y
