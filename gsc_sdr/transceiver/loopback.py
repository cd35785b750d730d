# SPDX-License-Identifier: MIT
"""The link without GNU Radio: transmitter, simulated channel, receiver in arrays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Engine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.transceiver.chain import Receiver, Transmitter, Trip

__all__ = ["LinkSettings", "LoopbackRun", "loopback"]

_MAX_RATE_SPS = 100e6


@dataclass(frozen=True)
class LinkSettings:
    """Everything that decides a simulated transmission but the pictures.

    Attributes
    ----------
    channel : ChannelProfile
        What the air does.
    snr_db : float, dB
        Es/N0 of an active subcarrier over noise of the channel; not used by ``ideal``.
    cfo_hz : float, Hz
        Carrier offset between the two ends.
    rate : str
        Name of the transmission rate.
    sample_rate : float, samples/s
        Of the complex baseband.
    seed : int
        Of noise, fading and silences.
    ofdm : OfdmConfig
        The air interface.
    """

    channel: ChannelProfile = field(default_factory=lambda: profile("awgn"))
    snr_db: float = 10.0
    cfo_hz: float = 0.0
    rate: str = "1/48"
    sample_rate: float = 1e6
    seed: int = 0
    ofdm: OfdmConfig = field(default_factory=OfdmConfig)

    def __post_init__(self) -> None:
        rate_by_name(self.rate)
        if not -20 <= self.snr_db <= 60:
            raise ConfigError(f"snr_db is {self.snr_db}; choose -20 to 60 dB")
        if not 1e3 <= self.sample_rate <= _MAX_RATE_SPS:
            raise ConfigError(f"sample_rate is {self.sample_rate}; choose 1e3 to 1e8 samples/s")
        most, own = 2 * self.sample_rate / self.ofdm.n_fft, self.channel.front_end.cfo_hz
        if not abs(self.cfo_hz + own) <= most:
            beside = f" beside the {own:g} Hz of {self.channel.name}" if own else ""
            raise ConfigError(
                f"cfo_hz is {self.cfo_hz}{beside}; at {self.sample_rate:g} samples/s the receiver "
                f"follows up to {most:g} Hz (two subcarriers)"
            )
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed is {self.seed}; choose 0 to {2**31 - 1}")


@dataclass(frozen=True)
class LoopbackRun:
    """What came of a loopback.

    Attributes
    ----------
    trips : list of Trip
        One a picture, in order.
    counts : dict of str to int
        What the receiver found and lost, by name. Through GNU Radio, ``samples``
        and what was rejected on the way depend on when the flowgraph stopped.
    samples_per_s : float
        Speed of the sample stream, from the first sample to the last.
    """

    trips: list[Trip]
    counts: dict[str, int]
    samples_per_s: float


def loopback(
    pictures: Sequence[tuple[NDArray[np.uint8], str]], engine: Engine, settings: LinkSettings
) -> LoopbackRun:
    """Send pictures with their prompts through a channel, one after the other.

    Parameters
    ----------
    pictures : sequence of ([height, width, 3] uint8, str)
        What is sent.
    engine : Engine
        Codes at one end and decodes at the other.
    settings : LinkSettings
        Channel and rate.

    Returns
    -------
    LoopbackRun
        What came of it.
    """
    transmitter = Transmitter(engine, settings.rate, settings.ofdm)
    receiver = Receiver(engine, settings.ofdm)
    channel = SimulatedChannel(
        settings.channel, settings.sample_rate, settings.snr_db, settings.cfo_hz, settings.seed
    )
    rng = np.random.default_rng([settings.seed, 3])
    frame = settings.ofdm.frame_length
    trips, n_samples = [], 0
    for image, prompt in pictures:
        marks = [time.monotonic()]
        encoded, samples = transmitter.send(image, prompt)
        marks.append(time.monotonic())
        lead, tail = np.zeros(rng.integers(frame)), np.zeros(frame)
        arrived = channel.apply(np.concatenate([lead, samples, tail]).astype(np.complex64))
        n_samples += len(arrived)
        arrivals = receiver.receive(arrived)
        found = [p for p in arrivals if p.header.image_id == transmitter.last_id]
        marks.append(time.monotonic())
        decoded = receiver.decode(found[0]) if found else None
        marks.append(time.monotonic())
        seconds = dict(zip(("encode", "air", "decode"), np.diff(marks).tolist(), strict=True))
        trips.append(Trip(encoded, samples, found[0] if found else None, decoded, seconds))
    air_s = sum(trip.seconds["air"] for trip in trips)
    return LoopbackRun(trips, dict(receiver.lost), n_samples / max(air_s, 1e-9))
