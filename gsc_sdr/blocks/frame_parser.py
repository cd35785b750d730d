# SPDX-License-Identifier: MIT
"""GNU Radio block: captured samples in, equalised frames out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pmt
from gnuradio import gr

from gsc_sdr.blocks.frame_pdu import csi_to_pdu, frame_to_pdu
from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import pack, read_mark, unpack
from gsc_sdr.errors import FrameError
from gsc_sdr.phy.frame import parse_frames
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["FrameParser"]

_IN, _FRAMES = pmt.intern("captures"), pmt.intern("frames")
_SYMBOLS, _CSI = pmt.intern("symbols"), pmt.intern("csi")


class FrameParser(gr.basic_block):
    """Read frames from the samples that FrameDetector cut out.

    Message ports
    -------------
    captures : PDU, c32vector of [n_captures * n_samples]
        In; as FrameDetector sends them. Marks are passed on to ``frames``.
    frames : PDU, c32vector of [capacity]
        Equalised symbols; header, noise variances and channel state as metadata.
    symbols : PDU, c32vector of [capacity]
        The same symbols alone, for a constellation view.
    csi : PDU, c32vector of [n_active]
        Gain of each carrier; metadata ``snr_db``, ``noise_var``, ``cfo`` and more.

    Parameters
    ----------
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the transmitter has the same.

    Attributes
    ----------
    n_frames : int
        Frames read.
    lost : Counter
        Frames that could not be read, by cause.
    """

    def __init__(self, ofdm: OfdmConfig | None = None) -> None:
        gr.basic_block.__init__(self, name="gsc_frame_parser", in_sig=None, out_sig=None)
        self.ofdm = ofdm or OfdmConfig()
        self.dropped = self.n_frames = 0
        self.error: Exception | None = None
        self.closed = False
        self.lost: Counter[str] = Counter()
        self.message_port_register_in(_IN)
        for port in (_FRAMES, _SYMBOLS, _CSI):
            self.message_port_register_out(port)
        self.set_msg_handler(_IN, self.handle_captures)

    @guarded
    def handle_captures(self, message: Any) -> None:
        """Answer captures with the frames in them."""
        if read_mark(message):
            self.message_port_pub(_FRAMES, message)
            return
        meta, samples = unpack(message)
        captures = samples.reshape(meta["n_captures"], -1)
        for frame in parse_frames(captures, meta["cfo"], self.ofdm):
            if isinstance(frame, FrameError):
                self.lost[frame.cause] += 1
                continue
            self.n_frames += 1
            self.message_port_pub(_FRAMES, frame_to_pdu(frame))
            self.message_port_pub(_SYMBOLS, pack({}, frame.symbols))
            self.message_port_pub(_CSI, csi_to_pdu(frame))
