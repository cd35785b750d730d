# SPDX-License-Identifier: MIT
"""Finding frames in a stream of samples of any length, cut in any way.

The short training repeats: its samples correlate with those one period later,
whatever the channel, the gain and the carrier offset. The stream is searched in
windows at fixed places, so that what is found does not depend on how the
samples come in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.phy.acquire import acquire_each
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.repetition import Windows, suspect, take_in
from gsc_sdr.phy.template import search_reach, template

__all__ = ["Capture", "FrameDetector"]

_N_AT_ONCE = 4  # windows searched in one go: enough to amortise, small enough for the cache
_N_RECENT = 8  # frames remembered, so that none is found twice


@dataclass(frozen=True)
class Capture:
    """The samples of one frame.

    Attributes
    ----------
    samples : [frame_length], complex64
        As they came in; the frame begins a few samples after the first.
    start : int
        Index of the first sample in the stream, from 0.
    cfo : float, carriers
        Carrier offset, within +-2.2.
    """

    samples: NDArray[np.complex64]
    start: int
    cfo: float


class FrameDetector:
    """Cut frames out of a stream.

    Parameters
    ----------
    config : OfdmConfig
        The frame's shape.

    Attributes
    ----------
    counts : Counter
        ``samples`` taken in, ``bad_samples`` (not finite, or beyond 1e15; taken as 0),
        ``candidates``, ``rejected`` (candidates without a preamble),
        ``captures``, ``truncated`` (the stream ended inside the frame).
    delay : int, samples
        A frame is reported at most so long after its first sample came in, or at flush.

    Notes
    -----
    Memory is bounded by a few windows, however long the stream and each push. Short
    pushes cost a copy; the search runs when a window is complete.
    """

    def __init__(self, config: OfdmConfig) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self._template = template(config)
        self._windows = Windows.of(config, search_reach(config))
        self.delay = self._windows.hop + self._windows.ahead + search_reach(config) + config.n_cp
        room = self._windows.size + _N_AT_ONCE * self._windows.hop
        self._held = np.zeros(room, np.complex64)
        self._recent = np.empty((_N_RECENT, 2))
        self._restart(0)
        self.push(self._held[: self._windows.size].copy())  # kernels are compiled now, not on air
        self.counts.clear()
        self._restart(0)

    def push(self, samples: ArrayLike) -> list[Capture]:
        """Take the next samples [n] (any n); return the frames that they complete."""
        taken = np.ascontiguousarray(samples, np.complex64).reshape(-1)
        found: list[Capture] = []
        self.counts["samples"] += len(taken)
        while len(taken):
            part = taken[: len(self._held) - self._n_held]
            taken = taken[len(part) :]
            n_bad = take_in(part, self._held[self._n_held :])
            if n_bad:
                self.counts["bad_samples"] += n_bad
            self._n_held += len(part)
            found += self._search(self._n_held)
        return found

    def flush(self) -> list[Capture]:
        """End the stream: return its last frames; count one that is cut off."""
        found: list[Capture] = []
        true_end = self._begin + self._n_held
        n_missing = self._windows.size + self._windows.hop  # so that every sample is searched
        while n_missing:
            part = self._held[self._n_held :][:n_missing]
            part[:] = 0
            n_missing -= len(part)
            self._n_held += len(part)
            found += self._search(true_end - self._begin)
        self._restart(true_end)
        return found

    def _restart(self, index: int) -> None:
        """Forget all samples; the next one has this index."""
        self._n_held = self._windows.guard
        self._held[: self._n_held] = 0
        self._begin = index - self._n_held  # index of the first held sample
        self._recent[:] = -np.inf  # starts among what is held, and scores

    def _search(self, end: int) -> list[Capture]:
        """Search every whole window that is held; the stream's samples end at ``end``."""
        n_windows = (self._n_held - self._windows.size) // self._windows.hop + 1
        if n_windows <= 0:
            return []
        held = self._held[: self._n_held]
        suspicions = suspect(held, n_windows, self._windows)
        rows, n_candidates, n_rejected = acquire_each(
            held, suspicions, self._recent, self._template, end
        )
        self.counts["candidates"] += n_candidates
        self.counts["rejected"] += n_rejected
        found = self._captures(rows, end)
        n_done = n_windows * self._windows.hop
        self._held[: self._n_held - n_done] = held[n_done:].copy()
        self._n_held -= n_done
        self._begin += n_done
        self._recent[:, 0] -= n_done
        return found

    def _captures(self, rows: NDArray[np.float64], end: int) -> list[Capture]:
        """Cut out the frames of what was acquired, [n, 4], in the order of windows, then starts."""
        length, found = self.config.frame_length, []
        for _, at, cfo, _ in sorted(rows.tolist()):
            start = int(at)
            if start + length > end + self.config.n_cp:
                self.counts["truncated"] += 1
                continue
            found.append(
                Capture(self._held[start : start + length].copy(), start + self._begin, cfo)
            )
            self.counts["captures"] += 1
        return found
