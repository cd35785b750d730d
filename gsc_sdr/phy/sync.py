# SPDX-License-Identifier: MIT
"""Finding frames in a stream of samples of any length, cut in any way.

The short training repeats: its samples correlate with those one period later,
whatever the channel, the gain and the carrier offset. The stream is searched in
windows at fixed places, so that what is found does not depend on how the
samples come in.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.ndimage
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.phy.acquire import acquire, search_reach
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Capture", "FrameDetector"]

_COHERENCE = 0.16**2  # of samples one period apart; short training at -3 dB has 0.29**2
_EVEN = 0.5  # of that, when each eighth of n_fft counts the same: not a single pulse
_HOP = 1024  # blocks of n_fft / 8 that a search window adds
_NEAR = 20  # blocks on either side in which only the strongest repetition counts
_LARGEST = 1e15  # amplitude beyond which a sample is broken, and its square overflows


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
        ``samples`` taken in, ``bad_samples`` (not finite; taken as 0),
        ``candidates``, ``rejected`` (candidates without a preamble),
        ``captures``, ``truncated`` (the stream ended inside the frame).

    Notes
    -----
    Memory is bounded by a window, a frame and the longest push. A frame is
    reported when its window is complete, at most 128 n_fft samples and two
    frames after its end, or at flush.
    """

    def __init__(self, config: OfdmConfig) -> None:
        self.config = config
        self.counts: Counter[str] = Counter()
        self._block = config.n_fft // 8
        self._hop = _HOP * self._block
        self._span = 37  # blocks: short training less one period and one block
        self._reach = search_reach(config)
        self._guard = -(-self._reach // self._block) * self._block + 24 * self._block
        self._ahead = self._guard + 2 * self._reach + config.frame_length + 8 * config.n_fft
        self._restart(0)

    def push(self, samples: ArrayLike) -> list[Capture]:
        """Take the next samples [n] (any n); return the frames that they complete."""
        taken = np.asarray(samples).astype(np.complex64).reshape(-1)
        good = np.abs(taken.real) + np.abs(taken.imag) < _LARGEST  # False for NaN
        if not good.all():
            taken = np.where(good, taken, np.complex64(0))
            self.counts["bad_samples"] += int(np.count_nonzero(~good))
        self.counts["samples"] += len(taken)
        self._held.append(taken)
        self._end += len(taken)
        return self._search(self._end)

    def flush(self) -> list[Capture]:
        """End the stream: return its last frames; count one that is cut off."""
        end = self._end
        n_missing = self._guard + self._hop + self._ahead
        self._held.append(np.zeros(n_missing, np.complex64))
        self._end += n_missing
        found = self._search(end)
        self._restart(end)
        return found

    def _restart(self, index: int) -> None:
        """Forget all samples; the next one has this index."""
        self._held: list[NDArray[np.complex64]] = [np.zeros(self._guard, np.complex64)]
        self._begin = index - self._guard  # index of the first held sample
        self._end = index
        self._recent: deque[tuple[int, float]] = deque(maxlen=8)  # starts and scores

    def _search(self, true_end: int) -> list[Capture]:
        """Search every whole window that is held."""
        size = self._guard + self._hop + self._ahead
        if self._end - self._begin < size:
            return []
        buffer = np.concatenate(self._held)
        found: list[Capture] = []
        at = 0
        while len(buffer) - at >= size:
            found += self._search_window(buffer[at : at + size].copy(), self._begin + at, true_end)
            at += self._hop
        self._held, self._begin = [buffer[at:].copy()], self._begin + at
        return found

    def _search_window(
        self, window: NDArray[np.complex64], begin: int, true_end: int
    ) -> list[Capture]:
        """Return the frames suspected in the middle of one window."""
        found = []
        for at, coarse_cfo, needed in self._suspicions(window):
            if self._is_explained(begin + at, needed, self._reach):
                continue
            self.counts["candidates"] += 1
            low = at - self._reach
            high = at + self._reach + self.config.preamble_length + self.config.n_fft
            acquired = acquire(window[low:high], coarse_cfo, self.config)
            start = low + acquired.start if acquired else 0
            if acquired is None or begin + start + self.config.preamble_length > true_end:
                self.counts["rejected"] += 1
                continue
            if self._is_explained(begin + start, 0.0, self.config.n_cp):
                continue  # found already
            self._recent.append((begin + start, acquired.score))
            if begin + start + self.config.frame_length > true_end + self.config.n_cp:
                self.counts["truncated"] += 1
                continue
            samples = window[start : start + self.config.frame_length].copy()
            found.append(Capture(samples, begin + start, acquired.cfo))
            self.counts["captures"] += 1
        return sorted(found, key=lambda capture: capture.start)

    def _is_explained(self, index: int, needed: float, distance: int) -> bool:
        """Return whether a frame of at least the score needed began within a distance."""
        return any(
            abs(index - start) <= distance and score >= needed for start, score in self._recent
        )

    def _suspicions(self, window: NDArray[np.complex64]) -> list[tuple[int, float, float]]:
        """Return index, coarse offset and what else would explain each, peaks first."""
        power, coherence, phase = self._repetition(window)
        power = np.where(coherence > _COHERENCE, power, 0.0)
        strongest = scipy.ndimage.maximum_filter1d(power, 2 * _NEAR + 1, mode="constant")
        is_peak = (power == strongest) & (power > 0)
        # Where something else repeats for long, a frame may stand in the shade of a peak.
        is_near = scipy.ndimage.maximum_filter1d(is_peak, 2 * _NEAR + 1, mode="constant")
        in_shade = (power > 0) & ~is_near & (np.arange(len(power)) % _NEAR == 0)
        low, high = self._guard // self._block, (self._guard + self._hop) // self._block
        return [
            (int(at) * self._block, float(phase[at]) * 2 / np.pi, needed)
            for mask, wanted in ((is_peak, np.full(len(power), np.inf)), (in_shade, coherence / 2))
            for at, needed in zip(np.flatnonzero(mask), wanted[mask], strict=True)
            if low <= at < high
        ]

    def _repetition(
        self, window: NDArray[np.complex64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Correlate with one period later: power, squared coherence, phase, by block."""
        n_blocks = (self._guard + self._hop + self._guard) // self._block + self._span
        length = n_blocks * self._block
        early, late = window[:length], window[2 * self._block : length + 2 * self._block]
        blocks = [
            values.reshape(-1, self._block).sum(axis=1)
            for values in (late * early.conj(), np.abs(early) ** 2, early)
        ]
        product, energy, mean = (_moving(values, self._span) for values in blocks)
        n = self._span * self._block
        energy = np.maximum(energy - np.abs(mean) ** 2 / n, 0)
        product = product[:-2] - mean[2:] * mean[:-2].conj() / n
        floor = (1e-12 * float(energy.max(initial=0.0))) ** 2 + 1e-300
        power = np.abs(product) ** 2
        coherence = power / np.maximum(energy[2:] * energy[:-2], floor)
        coherence[_evenness(blocks[0], blocks[1], self._span) < _EVEN * _COHERENCE] = 0.0
        return power, coherence, np.angle(product)


def _evenness(
    product: NDArray[np.complex64], energy: NDArray[np.float32], span: int
) -> NDArray[np.float64]:
    """Return the squared mean of each block's own coherence: no block speaks for all."""
    product, both = product[:-2], np.sqrt(energy[2:]) * np.sqrt(energy[:-2])
    own = np.divide(product, both, out=np.zeros_like(product), where=both > 0)
    mean: NDArray[np.float64] = np.abs(_moving(own, span) / span) ** 2
    return mean


def _moving(values: NDArray[Any], span: int) -> NDArray[Any]:
    """Return sums of ``span`` values in a row, in double precision."""
    kind = np.complex128 if np.iscomplexobj(values) else np.float64
    total = np.concatenate([np.zeros(1, kind), np.cumsum(values, dtype=kind)])
    moved: NDArray[Any] = total[span:] - total[:-span]
    return moved
