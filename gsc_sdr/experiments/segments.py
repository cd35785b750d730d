# SPDX-License-Identifier: MIT
"""Random stretches of air: where frames lie, and what a pair of radios does to them.

A segment is some tens of frames with random gaps, half of them none, behind one
draw of the channel. Segments follow each other in one stream, as one transmitter
after the other is heard by a receiver that is never told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["SAMPLE_RATE", "Draw", "Segment", "SegmentChannel", "draw_segments"]

SAMPLE_RATE = 1e6  # nominal: what gives hertz and seconds their meaning
_BACK_TO_BACK = 0.5  # of the gaps
_MARGIN = 512  # samples behind the last frame: what the channel's filters keep back
_DC_RANGE_DB = 20.0


@dataclass(frozen=True)
class Draw:
    """What is drawn at random, and from how wide a range; the defaults are all at once.

    Attributes
    ----------
    cfo : float, carriers
        Carrier offset, uniform within this either way.
    sfo_ppm : float, parts per million
        Clock offset, uniform within this either way.
    linewidth_hz : float, hertz
        Phase noise, uniform up to this.
    iq_gain_db, iq_phase_deg : float, dB and degrees
        IQ imbalance, uniform within these either way: an image 29 dB down at most.
    dc_db : float or None, dB
        DC offset, up to this against the signal and down to 20 dB less; None for none.
    adc_bits : int
        Of the receiver's converter; 0 for none.
    """

    cfo: float = 2.0
    sfo_ppm: float = 40.0
    linewidth_hz: float = 100.0
    iq_gain_db: float = 0.5
    iq_phase_deg: float = 3.0
    dc_db: float | None = -20.0
    adc_bits: int = 12

    @classmethod
    def offsets(cls) -> Draw:
        """Return a draw of carrier and clock offset alone: noise has its own power only."""
        return cls(linewidth_hz=0.0, iq_gain_db=0.0, iq_phase_deg=0.0, dc_db=None, adc_bits=0)

    @classmethod
    def gentle(cls) -> Draw:
        """Return what GNU Radio's own synchroniser bears: a small carrier offset alone."""
        return replace(cls.offsets(), cfo=0.2, sfo_ppm=0.0)

    def front_end(self, rng: np.random.Generator, ofdm: OfdmConfig) -> FrontEnd:
        """Return one pair of radios."""
        either, up = rng.uniform(-1, 1, 4), rng.uniform(0, 1, 2)
        return FrontEnd(
            cfo_hz=self.cfo * either[0] * SAMPLE_RATE / ofdm.n_fft,
            sfo_ppm=self.sfo_ppm * either[1],
            linewidth_hz=self.linewidth_hz * up[0],
            iq_gain_db=self.iq_gain_db * either[2],
            iq_phase_deg=self.iq_phase_deg * either[3],
            dc_db=None if self.dc_db is None else self.dc_db - _DC_RANGE_DB * up[1],
            adc_bits=self.adc_bits,
        )


@dataclass(frozen=True)
class Segment:
    """Frames behind one draw of the channel.

    Attributes
    ----------
    image_id : int
        What its frames have in their headers.
    seed : int
        Of payload, noise and fading.
    snr_db : float, dB
        Mean Es/N0 of an active carrier.
    profile : ChannelProfile
        Fading, and the radios that were drawn.
    begins : [n_frames], int64
        First sample of each frame, in samples sent.
    n_samples : int
        Sent, all in all.
    """

    image_id: int
    seed: int
    snr_db: float
    profile: ChannelProfile
    begins: NDArray[np.int64]
    n_samples: int

    def cfo(self, ofdm: OfdmConfig) -> float:
        """Return the carrier offset in carriers."""
        return self.profile.front_end.cfo_hz * ofdm.n_fft / SAMPLE_RATE

    def channel(self, noise: bool = True, fading: bool = True) -> SimulatedChannel:
        """Return the segment's channel, at its beginning; leaving out one part changes no other."""
        profile = self.profile if fading else replace(self.profile, model="none")
        return SimulatedChannel(
            profile, SAMPLE_RATE, self.snr_db if noise else None, seed=self.seed
        )

    def headers(self, ofdm: OfdmConfig) -> list[Header]:
        """Return the header of each frame."""
        shared = self._template()
        count = len(self.begins)
        return [
            replace(shared, frame_index=i, frame_count=count, config_hash=ofdm.hash)
            for i in range(count)
        ]

    def payload(self, ofdm: OfdmConfig) -> NDArray[np.complex64]:
        """Return the symbols [n_frames, capacity] that a receiver should read."""
        count = len(self.begins)
        slots = np.empty(count * ofdm.capacity, np.complex64)
        slots[stream_slots(count, ofdm)] = self._stream(ofdm)
        return slots.reshape(count, ofdm.capacity)

    def samples(self, ofdm: OfdmConfig) -> NDArray[np.complex64]:
        """Return what our transmitter sends, [n_samples]."""
        return self.place(build_frames(self._stream(ofdm), self._template(), ofdm))

    def place(self, bursts: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return bursts [n_frames, length] in their places, [n_samples]."""
        sent = np.zeros(self.n_samples, np.complex64)
        for begin, burst in zip(self.begins, bursts, strict=True):
            sent[begin : begin + len(burst)] = burst
        return sent

    def _template(self) -> Header:
        return Header(image_id=self.image_id, rate_id=0, width=64, height=64)

    def _stream(self, ofdm: OfdmConfig) -> NDArray[np.complex64]:
        """Return noise-like symbols of unit power, as an encoder's are."""
        rng = np.random.default_rng([self.seed, 7])
        size = len(self.begins) * ofdm.capacity
        parts = rng.standard_normal((size, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
        stream: NDArray[np.complex64] = parts.view(np.complex64)[:, 0]
        return stream


class SegmentChannel:
    """The channels of segments, one after the other, each for its own samples.

    Parameters
    ----------
    segments : sequence of Segment
        The last one's channel stays on behind its end.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._coming: Iterator[Segment] = iter(segments)
        self._channel: SimulatedChannel | None = None
        self._left = 0

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return what arrives of the next samples [n]; may be a few more or fewer."""
        arrived = [np.zeros(0, np.complex64)]
        while len(samples):
            if not self._left and (segment := next(self._coming, None)) is not None:
                self._channel, self._left = segment.channel(), segment.n_samples
            n = min(self._left, len(samples)) or len(samples)
            arrived.append(self._channel.apply(samples[:n]) if self._channel else samples[:n])
            samples, self._left = samples[n:], max(self._left - n, 0)
        return np.concatenate(arrived)


def draw_segments(
    counts: Iterable[int], length: int, point: tuple[float, ChannelProfile, Draw], seed: int
) -> list[Segment]:
    """Draw segments; one seed gives the same ones.

    Parameters
    ----------
    counts : iterable of int
        Frames of each.
    length : int, samples
        Of a frame.
    point : (float, ChannelProfile, Draw)
        Mean SNR in dB, the fading, and what is drawn of the radios.
    seed : int
        0 or more.
    """
    snr_db, profile, draw = point
    ofdm, segments = OfdmConfig(), []
    for index, count in enumerate(counts):
        rng = np.random.default_rng([seed, index])
        gaps = np.where(rng.random(count) < _BACK_TO_BACK, 0, rng.integers(0, length, count))
        gaps[0] = rng.integers(0, 2 * length)
        begins = np.cumsum(gaps) + length * np.arange(count)
        drawn = replace(profile, front_end=draw.front_end(rng, ofdm))
        own = int(rng.integers(0, 2**62))
        end = int(begins[-1]) + length + _MARGIN
        segments.append(Segment(index % 256, own, snr_db, drawn, begins, end))
    return segments
