# SPDX-License-Identifier: MIT
"""Pictures from frames: what arrived in its place, what did not marked erased."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, replace
from operator import attrgetter

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
        self._open: dict[int, _Table] = {}  # by image id, oldest first

    def push(self, frame: Frame) -> list[Picture]:
        """Take one frame; return the pictures that this ends, oldest first."""
        self.counts["frames"] += 1
        done, header = [], frame.header
        key = header.image_id
        held = self._open.get(key)
        if held and held.shared != _shared(header):
            self.counts["inconsistent"] += 1
            done.append(self._close(key))
            held = None
        if held is None:
            held = self._open[key] = _Table(header, self.config)
        if header.frame_index in held.frames:
            self.counts["duplicate"] += 1
            return done
        held.put(frame)
        if len(held.frames) == header.frame_count:
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
        header = replace(held.header, frame_index=0)
        is_whole = len(held.frames) == header.frame_count
        self.counts["complete" if is_whole else "incomplete"] += 1
        slots = stream_slots(header.frame_count, self.config)
        noise, snr_db, cfo = np.array(list(held.frames.values())).T
        snr = 10 ** (snr_db / 10)
        mean_snr = (snr * noise).mean() / noise.mean() if noise.mean() > 0 else snr.mean()
        return Picture(
            header=header,
            stream=held.symbols.reshape(-1)[slots],
            noise_var=held.noise_var.reshape(-1)[slots],
            n_received=len(held.frames),
            frame_count=header.frame_count,
            snr_db=10 * float(np.log10(mean_snr)),
            cfo=float(cfo.mean()),
            csi=held.csi,
        )


class _Table:
    """One open picture: room for all its symbols, and the figures of its frames."""

    def __init__(self, header: Header, config: OfdmConfig) -> None:
        shape = (header.frame_count, config.capacity)
        self.header, self.shared = header, _shared(header)
        self.symbols = np.zeros(shape, np.complex64)
        self.noise_var = np.full(shape, np.inf, np.float32)
        self.frames: dict[int, tuple[float, float, float]] = {}  # noise, SNR, offset by index

    def put(self, frame: Frame) -> None:
        """Put a frame in its place."""
        index = frame.header.frame_index
        self.symbols[index], self.noise_var[index] = frame.symbols, frame.noise_var
        self.frames[index] = (frame.csi.noise_var, frame.csi.snr_db, frame.cfo)
        self.csi = frame.csi


# What all frames of one picture agree on.
_shared = attrgetter(*(field.name for field in fields(Header) if field.name != "frame_index"))
