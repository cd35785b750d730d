# SPDX-License-Identifier: MIT
"""Pictures from frames: what arrived in its place, what did not marked erased."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Assembler", "Picture"]


@dataclass(frozen=True)
class Picture:
    """The symbols of one picture, as far as its frames arrived.

    Attributes
    ----------
    header : Header
        What its frames agree on; frame_index is 0.
    stream : [frame_count * capacity], complex64
        Symbols in the order in which they were given to build_frames, then
        filler; 0 where erased.
    noise_var : [frame_count * capacity], float32
        Noise variance of each symbol; ``inf`` where erased.
    n_received, frame_count : int
        Frames that arrived, and that were sent.
    snr_db : float
        Mean signal over mean noise of its frames, in dB.
    cfo : float, carriers
        Mean carrier offset of its frames.
    csi : Csi
        Channel state of the frame that arrived last.
    """

    header: Header
    stream: NDArray[np.complex64]
    noise_var: NDArray[np.float32]
    n_received: int
    frame_count: int
    snr_db: float
    cfo: float
    csi: Csi


class Assembler:
    """Put frames together until their pictures are complete.

    Parameters
    ----------
    config : OfdmConfig
        The frame's shape.
    max_open : int
        Pictures held at once; one more, and the oldest is given out as it is.

    Attributes
    ----------
    counts : Counter
        ``frames``, ``duplicate`` (dropped), ``inconsistent`` (a known image id
        with other fields: the old picture is given out, a new one begun),
        ``complete``, ``incomplete`` (pictures given out).
    """

    def __init__(self, config: OfdmConfig, max_open: int = 4) -> None:
        self.config = config
        self.max_open = max_open
        self.counts: Counter[str] = Counter()
        self._open: dict[int, dict[int, Frame]] = {}  # image id: frame index: frame

    def push(self, frame: Frame) -> list[Picture]:
        """Take one frame; return the pictures that this ends, oldest first."""
        self.counts["frames"] += 1
        done, key = [], frame.header.image_id
        held = self._open.get(key)
        if held and _shared(next(iter(held.values())).header) != _shared(frame.header):
            self.counts["inconsistent"] += 1
            done.append(self._close(key))
        held = self._open.setdefault(key, {})
        if frame.header.frame_index in held:
            self.counts["duplicate"] += 1
            return done
        held[frame.header.frame_index] = frame
        if len(held) == frame.header.frame_count:
            done.append(self._close(key))
        while len(self._open) > self.max_open:
            done.append(self._close(next(iter(self._open))))
        return done

    def idle(self) -> list[Picture]:
        """Return every open picture as it is: nothing more will come."""
        return [self._close(key) for key in list(self._open)]

    def _close(self, key: int) -> Picture:
        """Take a picture off the table and put its symbols in order."""
        held = self._open.pop(key)
        frames = list(held.values())
        header = replace(frames[0].header, frame_index=0)
        self.counts["complete" if len(held) == header.frame_count else "incomplete"] += 1
        shape = (header.frame_count, self.config.capacity)
        symbols, noise_var = np.zeros(shape, np.complex64), np.full(shape, np.inf, np.float32)
        for index, frame in held.items():
            symbols[index], noise_var[index] = frame.symbols, frame.noise_var
        slots = stream_slots(header.frame_count, self.config)
        noise = np.array([frame.csi.noise_var for frame in frames])
        snr = 10 ** (np.array([frame.csi.snr_db for frame in frames]) / 10)
        mean_snr = (snr * noise).mean() / noise.mean() if noise.mean() > 0 else snr.mean()
        return Picture(
            header=header,
            stream=symbols.reshape(-1)[slots],
            noise_var=noise_var.reshape(-1)[slots],
            n_received=len(held),
            frame_count=header.frame_count,
            snr_db=10 * float(np.log10(mean_snr)),
            cfo=float(np.mean([frame.cfo for frame in frames])),
            csi=frames[-1].csi,
        )


def _shared(header: Header) -> Header:
    """Return a header without what differs between frames of one picture."""
    return replace(header, frame_index=0)
