# SPDX-License-Identifier: MIT
"""GNU Radio block: a picture's symbols in, its OFDM frames out."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pmt
from gnuradio import gr

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import pack, read_mark, unpack
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["FrameBuilder"]

_IN, _OUT = pmt.intern("symbols"), pmt.intern("samples")
_OURS = {"version", "config_hash", "frame_index", "frame_count"}  # build_frames knows them
_FIELDS = {field.name for field in fields(Header)} - _OURS


class FrameBuilder(gr.basic_block):
    """Put each picture's symbols into OFDM frames.

    Message ports
    -------------
    symbols : PDU, c32vector of [n]
        As SemanticEncoder sends them. Marks are passed on.
    samples : PDU, c32vector of [frame_count * frame_length]
        Frame after frame; metadata ``image_id``, ``frame_count``.

    Parameters
    ----------
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the receiver needs the same.
    """

    def __init__(self, ofdm: OfdmConfig | None = None) -> None:
        gr.basic_block.__init__(self, name="gsc_frame_builder", in_sig=None, out_sig=None)
        self.ofdm = ofdm or OfdmConfig()
        self.dropped = 0
        self.error: Exception | None = None
        self.message_port_register_in(_IN)
        self.message_port_register_out(_OUT)
        self.set_msg_handler(_IN, self.handle_symbols)

    @guarded
    def handle_symbols(self, message: Any) -> None:
        """Answer the symbols of one picture with its samples."""
        if read_mark(message):
            self.message_port_pub(_OUT, message)
            return
        meta, stream = unpack(message)
        header = Header(**{name: meta[name] for name in _FIELDS})
        frames = build_frames(stream, header, self.ofdm)
        answer = {"image_id": header.image_id, "frame_count": len(frames)}
        self.message_port_pub(_OUT, pack(answer, frames))
