# SPDX-License-Identifier: MIT
"""A whole simulated channel on arrays: radios, fading, offsets, noise.

One seed gives one result to the last bit, however the stream is cut, and the
stream may run for ever: whatever grows with time is a whole number.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.channel.antenna import Antenna, clip
from gsc_sdr.channel.clock import Clock
from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.oscillator import Oscillator
from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.channel.receiver import Digitiser
from gsc_sdr.errors import ShapeError
from gsc_sdr.units import db_to_power, noise_var

__all__ = ["SimulatedChannel", "channel_by_name"]

_PIECE = 1 << 16  # samples sent through all parts at a time, so that memory is bounded


class SimulatedChannel:
    r"""A channel that takes a stream of samples piece by piece.

    ::

        transmitter                 air                              receiver
        ┌──────┐   ┌────────┐   ┌──────────────┐   ┌────────┐   ┌─────────────────┐
        │ clip │ ─►│ fading │ ─►│ carrier off- │ ─►│ sample │ ─►│ tone, erasure,  │ ─►
        └──────┘   └────────┘   │ set + phase  │   │ clock  │   │ noise, IQ, DC,  │
                                │ noise        │   │ offset │   │ AGC, converter  │
                                └──────────────┘   └────────┘   └─────────────────┘

    Without a front end :math:`y_n = e^{2\pi j f n / f_s} (h * x)_n + w_n` with
    :math:`w \sim CN(0, 10^{-\mathrm{snr\_db}/10})`, where symbols on active
    subcarriers have unit power. The result does not depend on the cuts.

    Parameters
    ----------
    profile : ChannelProfile
        Fading, the radios' front end, and whether there is noise.
    sample_rate : float, samples per second
        Rate of the stream.
    snr_db : float, dB
        Es/N0 per complex symbol on an active subcarrier; None for no noise.
        A profile without noise stays without.
    cfo_hz : float, hertz
        Carrier frequency offset beside the profile's own; their sum is at most
        half the sample rate.
    seed : int
        0 to 2**63 - 1; fading takes it as it is, all else streams of its own.

    Attributes
    ----------
    delay : int, samples
        How much later a path of no delay comes out than it went in.

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
        radio = profile.front_end
        self._profile = profile
        self._clip = math.inf if radio.clip_db is None else math.sqrt(db_to_power(radio.clip_db))
        self._fading = Fading(profile, sample_rate, seed)
        rng = np.random.default_rng([seed, 2])
        self._oscillator = Oscillator(sample_rate, radio.cfo_hz, radio.linewidth_hz, rng)
        self._clock = Clock(radio.sfo_ppm)
        self._antenna = Antenna(radio, sample_rate, seed)
        self._digitiser = Digitiser(radio, sample_rate, seed)
        self.set_cfo_hz(cfo_hz)
        self.set_snr_db(snr_db)
        self.delay = self._fading.delay + self._clock.delay

    def set_snr_db(self, snr_db: float | None) -> None:
        """Change the noise from the next sample on; None takes it away."""
        self._digitiser.noise_var = noise_var(snr_db) * self._profile.noise

    def set_cfo_hz(self, cfo_hz: float) -> None:
        """Change the carrier offset beside the profile's own from the next sample on."""
        self._oscillator.set_cfo_hz(cfo_hz + self._profile.front_end.cfo_hz)

    def apply(self, samples: ArrayLike) -> NDArray[np.complex64]:
        """Send the next samples of the stream through the channel.

        Parameters
        ----------
        samples : [n], complex64
            Any length, 0 included.

        Returns
        -------
        samples : [m], complex64
            ``delay`` samples late: as many as came in, but for a sample clock
            offset, with which they grow more or fewer.

        Raises
        ------
        ShapeError
            If ``samples`` is not one-dimensional.
        """
        x = np.asarray(samples, dtype=np.complex64)
        if x.ndim != 1:
            raise ShapeError(f"samples is {x.shape}; expected [n]: pass one stream")
        pieces = [self._send(x[at : at + _PIECE]) for at in range(0, len(x), _PIECE)]
        return pieces[0] if len(pieces) == 1 else np.concatenate([x[:0], *pieces])

    def _send(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        y = self._fading.apply(clip(samples, self._clip))
        for part in (self._oscillator, self._clock, self._antenna, self._digitiser):
            y = part.apply(y)
        return y


def channel_by_name(
    profile_name: str,
    sample_rate: float,
    snr_db: float | None = None,
    cfo_hz: float = 0.0,
    seed: int = 0,
) -> SimulatedChannel:
    """Return the simulated channel of a profile that ships, or of a ``.toml`` file.

    The other parameters are those of :class:`SimulatedChannel`.

    Raises
    ------
    ConfigError
        If there is no such profile, or a figure is out of range.
    """
    return SimulatedChannel(profile(profile_name), sample_rate, snr_db, cfo_hz, seed)
