# SPDX-License-Identifier: MIT
"""Measuring a flowgraph that runs: counts at two instants, and what lies between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.frame_parser import FrameParser

__all__ = ["Interval", "Speed", "is_read", "n_waiting"]

_WARM_S = 0.5  # before the measurement: threads start, tables are built
_TAIL = 80  # lengths of a frame, after which the detector has reported every frame


@dataclass(frozen=True)
class Speed:
    """What a modem, or a receiver, did.

    Attributes
    ----------
    sps : float, samples per second
        Of the sample stream, all the way.
    cpu_s : float, seconds
        Of all cores together for one sample: what other work on the machine, which
        takes from ``sps``, leaves as it is.
    n_sent, n_delivered : int
        Packets or frames.
    """

    sps: float
    cpu_s: float
    n_sent: int
    n_delivered: int

    @property
    def delivery(self) -> float:
        """Delivered over sent."""
        return self.n_delivered / max(self.n_sent, 1)


class Interval:
    """The time between two instants, and what was done in it.

    Parameters
    ----------
    counts : () -> (samples, frames)
        What has been done so far; frames, or packets, delivered.
    seconds : float
        How long the interval is. It begins when the flowgraph is warm.
    """

    def __init__(self, counts: Callable[[], tuple[float, float]], seconds: float) -> None:
        self.counts, self.seconds = counts, seconds
        self.marks: list[NDArray[np.float64]] = []
        self.began = time.perf_counter()

    def is_over(self) -> bool:
        """Note the counts when it is time to; tell whether the interval has ended."""
        now = np.array([*self.counts(), time.process_time(), time.perf_counter()])
        since = now[3] - (self.marks[-1][3] if self.marks else self.began)
        if len(self.marks) == 1 and since >= self.seconds:
            self.marks.append(now)
        if not self.marks and since >= _WARM_S and now[0] > 0:
            self.marks.append(now)
        return len(self.marks) == 2

    def speed(self, frame_length: int) -> Speed:
        """Return what was done; the samples are those of frames of a length."""
        samples, delivered, cpu_s, elapsed = self.marks[1] - self.marks[0]
        return Speed(
            float(samples / elapsed),
            float(cpu_s / max(samples, 1)),
            round(samples / frame_length),
            round(delivered),
        )


def n_waiting(detector: FrameDetector, parser: FrameParser) -> int:
    """Return how many frames were found and not read yet."""
    return int(detector.detector.counts["captures"] - parser.n_frames - parser.lost.total())


def is_read(detector: FrameDetector, parser: FrameParser, end: int) -> bool:
    """Tell whether every frame of the samples up to ``end`` has been read."""
    searched = end + _TAIL * parser.ofdm.frame_length
    return detector.n_samples >= searched and n_waiting(detector, parser) == 0
