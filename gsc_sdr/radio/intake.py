# SPDX-License-Identifier: MIT
"""What our receiver takes: as fast as it can, and at the pace of a radio."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from gnuradio import blocks, gr
from numpy.typing import NDArray

from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.link.engine import Decoded, Engine, Received
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.interval import Interval, Speed, is_read, n_waiting
from gsc_sdr.radio.watch import Limits, run_until

__all__ = ["IdleEngine", "Paced", "intake", "paced"]

_END = 1 << 30  # samples of silence behind a stream, more than any receiver waits for
_LIMITS = Limits(deadline_s=120.0, stall_s=20.0)


class IdleEngine:
    """An Engine that gives every picture out as grey at once: the receiver is alone."""

    def __init__(self) -> None:
        self.grey = Decoded(np.full((16, 16, 3), 128, np.uint8), "", False)

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Any:
        """Refuse: it receives only."""
        raise NotImplementedError

    def decode(self, received: Received) -> Decoded:
        """Return grey."""
        return self.grey


@dataclass(frozen=True)
class Paced:
    """What a receiver did with a stream of a given pace.

    Attributes
    ----------
    sps : float, samples per second
        Samples that the receiver took.
    n_sent, n_delivered : int
        Frames in those samples, and frames read.
    n_waiting : int
        Frames found and not read yet when the stream ended.
    """

    sps: float
    n_sent: int
    n_delivered: int
    n_waiting: int


class _Stored(gr.sync_block):
    """Stored samples, again and again."""

    def __init__(self, samples: NDArray[np.complex64]) -> None:
        gr.sync_block.__init__(self, name="gsc_stored", in_sig=None, out_sig=[np.complex64])
        self.samples, self.at = samples, 0

    def work(self, input_items: Any, output_items: Any) -> int:
        """Send up to the end of the stored samples."""
        out = output_items[0]
        n = min(len(out), len(self.samples) - self.at)
        out[:n] = self.samples[self.at : self.at + n]
        self.at = (self.at + n) % len(self.samples)
        return n


class _Intake(gr.top_block):
    """A stored stream into a receiver, as fast as it is taken."""

    def __init__(self, samples: NDArray[np.complex64], engine: Engine) -> None:
        gr.top_block.__init__(self, "gsc_intake")
        self.receiver = Receiver(engine, sample_rate=1e6)
        self.source = _Stored(samples)
        self.connect(self.source, self.receiver)

    def counts(self) -> tuple[float, float]:
        """Return samples searched, and frames read."""
        return self.receiver.detector.n_samples, self.receiver.parser.n_frames


class _Paced(gr.top_block):
    """A stored stream of ``end`` samples at the pace of a radio, then silence, into a receiver."""

    def __init__(
        self, samples: NDArray[np.complex64], engine: Engine, pace_sps: float, end: int
    ) -> None:
        gr.top_block.__init__(self, "gsc_paced")
        size = gr.sizeof_gr_complex
        self.source, self.quiet = blocks.vector_source_c(samples, True), blocks.null_source(size)
        self.mux = blocks.stream_mux(size, [end, _END])
        self.throttle = blocks.throttle(size, pace_sps)
        self.receiver = Receiver(engine, sample_rate=pace_sps)
        self.connect(self.source, (self.mux, 0))
        self.connect(self.quiet, (self.mux, 1))
        self.connect(self.mux, self.throttle, self.receiver)


def intake(samples: NDArray[np.complex64], engine: Engine, seconds: float = 2.0) -> Speed:
    """Measure a receiver on a stored stream that is repeated as fast as it is taken.

    The receiver makes the stream wait while too many frames are unread, so that what
    is searched is also read.

    Parameters
    ----------
    samples : [n], complex64
        Frames back to back, or noise.
    engine : Engine
        Decodes in its own thread all the while; IdleEngine shows the receiver alone.
    seconds : float
        How long to measure.

    Returns
    -------
    Speed
        ``n_sent`` is what the samples have room for, were they all frames.
    """
    top = _Intake(samples, engine)
    interval = Interval(top.counts, seconds)
    run_until(top, interval.is_over, top.counts, _LIMITS, top.receiver.close)
    return interval.speed(OfdmConfig().frame_length)


def paced(
    samples: NDArray[np.complex64], engine: Engine, pace_sps: float, seconds: float = 2.0
) -> Paced:
    """Let a receiver take a stored stream at the pace of a radio.

    Parameters
    ----------
    samples : [n], complex64
        Frames back to back; repeated.
    engine : Engine
        Decodes the pictures.
    pace_sps : float, samples per second
        As a radio would deliver them.
    seconds : float
        How long the stream is.

    Returns
    -------
    Paced
        ``sps`` below the pace, or frames that wait, show a receiver that is too slow.
    """
    ofdm = OfdmConfig()
    end = max(1, int(pace_sps * seconds) // len(samples)) * len(samples)
    top = _Paced(samples, engine, pace_sps, end)
    detector, parser = top.receiver.detector, top.receiver.parser
    waiting: list[int] = []
    times: list[float] = []

    def is_done() -> bool:
        if detector.n_samples >= end and not waiting:
            waiting.append(n_waiting(detector, parser))
            times.append(time.perf_counter())
        return is_read(detector, parser, end)

    run_until(
        top, is_done, lambda: (detector.n_samples, parser.n_frames), _LIMITS, top.receiver.close
    )
    sps = end / (times[0] - detector.began_s)
    return Paced(sps, end // ofdm.frame_length, parser.n_frames, waiting[0])
