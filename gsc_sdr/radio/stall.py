# SPDX-License-Identifier: MIT
"""How fast the receiver takes samples, and what decoding beside it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from gnuradio import blocks, gr
from numpy.typing import NDArray

from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.link.engine import Engine
from gsc_sdr.radio.watch import Limits, run_until

__all__ = ["ReceiveRate", "receive_rate"]

_WARM_S = 1.0  # before the measurement: threads start, an engine loads what it needs


@dataclass(frozen=True)
class ReceiveRate:
    """What a receiver did in a while.

    Attributes
    ----------
    searched_sps : float, samples per second
        Samples that the detector took: the speed of the sample stream.
    parsed_sps : float, samples per second
        Samples of the frames that were read. Where it is lower, frames queue up.
    images_per_s : float
        Pictures that the engine decoded.
    """

    searched_sps: float
    parsed_sps: float
    images_per_s: float


class _Chain(gr.top_block):
    """A stored stream, again and again, into a receiver."""

    def __init__(self, samples: NDArray[np.complex64], engine: Engine) -> None:
        gr.top_block.__init__(self, "gsc_stall")
        self.source = blocks.vector_source_c(samples.tolist(), True)
        self.receiver = Receiver(engine, sample_rate=1e6)
        self.connect(self.source, self.receiver)

    def counts(self) -> NDArray[np.float64]:
        """Return samples searched, samples of frames read, pictures decoded, seconds."""
        parser = self.receiver.parser
        parsed = parser.n_frames * parser.ofdm.frame_length
        n_images = self.receiver.decoder.n_images
        searched = self.receiver.detector.n_samples
        return np.array([searched, parsed, n_images, time.perf_counter()], np.float64)

    def progress(self) -> list[float]:
        """Return the counts alone."""
        return self.counts()[:3].tolist()


def receive_rate(
    samples: NDArray[np.complex64], engine: Engine, seconds: float = 5.0
) -> ReceiveRate:
    """Measure a receiver on a stored stream that is repeated as fast as it is taken.

    Parameters
    ----------
    samples : [n], complex64
        Frames back to back, as Transmitter sends them.
    engine : Engine
        Decodes in its own thread all the while; FakeEngine costs next to nothing,
        and so shows the receiver alone.
    seconds : float
        How long to measure.

    Returns
    -------
    ReceiveRate
        What was done in that time.
    """
    chain = _Chain(samples, engine)
    marks: list[NDArray[np.float64]] = []
    began = time.perf_counter()

    def is_done() -> bool:
        now = chain.counts()
        if not marks and now[3] - began >= _WARM_S:
            marks.append(now)
        if marks and now[3] - marks[0][3] >= seconds:
            marks.append(now)
        return len(marks) == 2

    run_until(chain, is_done, chain.progress, Limits(stall_s=60), chain.receiver.close)
    done = marks[1] - marks[0]
    return ReceiveRate(*(float(count / done[3]) for count in done[:3]))
