# SPDX-License-Identifier: MIT
"""GNU Radio block: captured samples in, equalised frames out."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any
from weakref import WeakSet

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.frame_pdu import csi_to_pdu, frame_to_pdu, frames_to_pdu
from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import pack, read_mark, unpack
from gsc_sdr.errors import FrameError
from gsc_sdr.phy.frame import Frame, parse_frames, warm_up
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["FrameParser", "parsers_behind"]

_IN = pmt.intern("captures")
_BATCHES, _FRAMES = pmt.intern("batches"), pmt.intern("frames")
_SYMBOLS, _CSI = pmt.intern("symbols"), pmt.intern("csi")
_VIEW_S = 0.04  # least time between two frames that are shown
_MAX_WAITING = 512  # messages, some 0.8 GiB; beyond them the oldest are dropped
_ALIVE: WeakSet[FrameParser] = WeakSet()


class FrameParser(gr.basic_block):
    """Read frames from the samples that FrameDetector cut out.

    Message ports
    -------------
    captures : PDU, c32vector of [n_captures * n_samples]
        In; as FrameDetector sends them. Marks are passed on to ``batches`` and ``frames``.
    batches : PDU, c32vector of [n_frames * capacity]
        What was read of one message of captures, for SemanticDecoder.
    frames : PDU, c32vector of [capacity]
        One frame each: equalised symbols; header, noise variances, channel state and
        ``start`` (sample index) as metadata. Costs time only where it is connected.
    symbols : PDU, c32vector of [capacity]
        The symbols of a frame alone, for a constellation view; 25 frames a second at
        most, the latest of each message.
    csi : PDU, c32vector of [n_active]
        Gain of each carrier of that frame; metadata ``snr_db``, ``noise_var``, ``cfo``
        and more.

    Parameters
    ----------
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the transmitter has the same.

    Attributes
    ----------
    n_frames, n_taken : int
        Frames read; captures that it is through with, read or not.
    lost : Counter
        Frames that could not be read, by cause; ``overrun`` counts those that waited
        too long.
    """

    def __init__(self, ofdm: OfdmConfig | None = None) -> None:
        gr.basic_block.__init__(self, name="gsc_frame_parser", in_sig=None, out_sig=None)
        self.ofdm = ofdm or OfdmConfig()
        self.dropped = self.n_frames = self.n_taken = 0
        self.error: Exception | None = None
        self.closed = False
        self.lost: Counter[str] = Counter()
        self._next_view_s = 0.0
        warm_up(self.ofdm)
        self.message_port_register_in(_IN)
        for port in (_BATCHES, _FRAMES, _SYMBOLS, _CSI):
            self.message_port_register_out(port)
        self.set_msg_handler(_IN, self.handle_captures)
        _ALIVE.add(self)

    @property
    def n_queued(self) -> int:
        """Messages that wait to be read."""
        return int(self.nmsgs(_IN))

    @guarded
    def handle_captures(self, message: Any) -> None:
        """Answer captures with the frames in them."""
        if read_mark(message):
            self.message_port_pub(_BATCHES, message)
            self.message_port_pub(_FRAMES, message)
            return
        meta, samples = unpack(message)
        captures = samples.reshape(meta["n_captures"], -1)
        try:
            self._read(captures, meta)
        finally:
            self.n_taken += len(captures)

    def _read(self, captures: NDArray[np.complex64], meta: dict[str, Any]) -> None:
        """Read captures [n_captures, n_samples], unless too many wait."""
        if self.n_queued > _MAX_WAITING:
            self.lost["overrun"] += len(captures)
            return
        answers = parse_frames(captures, meta["cfo"], self.ofdm)
        starts = meta.get("start", [None] * len(answers))
        read = [pair for pair in zip(answers, starts, strict=True) if isinstance(pair[0], Frame)]
        self.lost.update(answer.cause for answer in answers if isinstance(answer, FrameError))
        self.n_frames += len(read)
        if read:
            self._publish(*zip(*read, strict=True))

    def _publish(self, frames: tuple[Frame, ...], starts: tuple[float | None, ...]) -> None:
        """Send frames to whom it concerns; make no message that nobody receives."""
        if self._is_heard(_BATCHES):
            self.message_port_pub(_BATCHES, frames_to_pdu(frames))
        if self._is_heard(_FRAMES):
            for frame, start in zip(frames, starts, strict=True):
                self.message_port_pub(_FRAMES, frame_to_pdu(frame, start))
        if (now := time.perf_counter()) >= self._next_view_s:
            self._next_view_s = now + _VIEW_S
            if self._is_heard(_SYMBOLS):
                self.message_port_pub(_SYMBOLS, pack({}, frames[-1].symbols))
            if self._is_heard(_CSI):
                self.message_port_pub(_CSI, csi_to_pdu(frames[-1]))

    def _is_heard(self, port: Any) -> bool:
        """Tell whether something is connected to a port."""
        return pmt.is_pair(self.message_subscribers(port))


def parsers_behind(block: Any, port: Any) -> list[FrameParser]:
    """Return the parsers that a message port of a block is connected to."""
    links = block.message_subscribers(port)
    names = {pmt.symbol_to_string(pmt.car(pmt.nth(i, links))) for i in range(pmt.length(links))}
    return [parser for parser in _ALIVE if parser.alias() in names]
