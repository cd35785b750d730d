# SPDX-License-Identifier: MIT
"""GNU Radio block: equalised frames in, pictures and prompts out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pmt
from gnuradio import gr

from gsc_sdr.blocks.frame_pdu import frames_from_pdu
from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import pack, read_mark
from gsc_sdr.errors import FrameError
from gsc_sdr.link.engine import Decoded, Engine, Received
from gsc_sdr.phy.assemble import Assembler, Picture
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["SemanticDecoder"]

_IN, _OUT = pmt.intern("frames"), pmt.intern("image")
_SENT = {f.name for f in fields(Received)} - {"stream", "noise_var"}  # in the header too
_MAX_WAITING = 2**9  # messages, some 0.5 GiB; beyond them the oldest are dropped


class SemanticDecoder(gr.basic_block):
    """Put frames together and let an engine decode the pictures.

    The networks work in this block's own thread, beside the sample stream.

    Message ports
    -------------
    frames : PDU, c32vector of [n_frames * capacity]
        As FrameParser sends ``batches``, or ``frames``. The mark ``idle`` gives out the
        pictures that miss frames, and is passed on behind them.
    image : PDU, u8vector of [height * width * 3]
        sRGB pixels; metadata ``image_id``, ``width``, ``height``, ``rate_id``,
        ``prompt``, ``prompt_ok``, ``n_received``, ``frame_count``, ``snr_db``,
        ``cfo_hz``, ``decode_s``, ``csi`` (c32vector).

    Parameters
    ----------
    engine : Engine
        What holds the networks.
    sample_rate : float, samples per second
        To give the carrier offset in Hz.
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the transmitter has the same.

    Attributes
    ----------
    on_picture : (Picture, Decoded) -> None
        Called with each picture in this block's thread: for who measures.
    """

    def __init__(self, engine: Engine, sample_rate: float, ofdm: OfdmConfig | None = None) -> None:
        gr.basic_block.__init__(self, name="gsc_semantic_decoder", in_sig=None, out_sig=None)
        self.engine = engine
        self.sample_rate = sample_rate
        self.ofdm = ofdm or OfdmConfig()
        self.assembler = Assembler(self.ofdm)
        self.on_picture: Callable[[Picture, Decoded], None] = lambda *_: None
        self.dropped = self.n_images = 0
        self.error: Exception | None = None
        self.closed = False
        self.message_port_register_in(_IN)
        self.message_port_register_out(_OUT)
        self.set_msg_handler(_IN, self.handle_frames)

    @guarded
    def handle_frames(self, message: Any) -> None:
        """Take frames; answer with the pictures that they complete."""
        if (found := read_mark(message)) is not None:
            for picture in self.assembler.idle() if found[0] == "idle" else []:
                self.handle_picture(picture)
            self.message_port_pub(_OUT, message)
            return
        if self.nmsgs(_IN) > _MAX_WAITING:
            raise FrameError(f"{_MAX_WAITING} messages wait; send pictures more slowly", "overrun")
        for frame in frames_from_pdu(message):
            for picture in self.assembler.push(frame):
                self.handle_picture(picture)

    @guarded
    def handle_picture(self, picture: Picture) -> None:
        """Decode one picture and send it on."""
        header = picture.header
        began = time.perf_counter()
        sent = {name: getattr(header, name) for name in _SENT}
        decoded = self.engine.decode(Received(picture.stream, picture.noise_var, **sent))
        meta = {
            "image_id": header.image_id,
            "width": header.width,
            "height": header.height,
            "rate_id": header.rate_id,
            "prompt": decoded.prompt,
            "prompt_ok": decoded.prompt_ok,
            "n_received": picture.n_received,
            "frame_count": picture.frame_count,
            "snr_db": picture.snr_db,
            "cfo_hz": picture.cfo * self.sample_rate / self.ofdm.n_fft,
            "decode_s": time.perf_counter() - began,
            "csi": picture.csi.gain,
        }
        self.on_picture(picture, decoded)
        self.message_port_pub(_OUT, pack(meta, decoded.image))
        self.n_images += 1
