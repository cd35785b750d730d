# SPDX-License-Identifier: MIT
"""GNU Radio block: pictures in, complex symbols out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import pack, read_mark, unpack
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.link.engine import Engine

__all__ = ["SemanticEncoder"]

_IN, _OUT = pmt.intern("image"), pmt.intern("symbols")


class SemanticEncoder(gr.basic_block):
    """Let an engine code each picture and its prompt.

    Message ports
    -------------
    image : PDU, u8vector of [height * width * 3]
        As ImageSource sends it. Marks are passed on.
    symbols : PDU, c32vector of [n_prompt_symbols + n_symbols]
        Prompt first, then picture; metadata ``image_id``, ``width``, ``height``,
        ``rate_id``, ``prompt_bytes``, ``level``.

    Parameters
    ----------
    engine : Engine
        What holds the networks.
    rate : str
        Name of the rate, see :mod:`gsc_sdr.config.rate`.

    Raises
    ------
    ConfigError
        If there is no such rate.
    """

    def __init__(self, engine: Engine, rate: str = "1/48") -> None:
        gr.basic_block.__init__(self, name="gsc_semantic_encoder", in_sig=None, out_sig=None)
        self.engine = engine
        self.dropped = 0
        self.error: Exception | None = None
        self.set_rate(rate)
        self.message_port_register_in(_IN)
        self.message_port_register_out(_OUT)
        self.set_msg_handler(_IN, self.handle_image)

    def set_rate(self, rate: str) -> None:
        """Change the rate of the next pictures."""
        self.rate = rate_by_name(rate).name

    @guarded
    def handle_image(self, message: Any) -> None:
        """Answer one picture with its symbols."""
        if read_mark(message):
            self.message_port_pub(_OUT, message)
            return
        meta, pixels = unpack(message)
        image = pixels.reshape(meta["height"], meta["width"], 3)
        encoded = self.engine.encode(image, meta.get("prompt", ""), self.rate)
        header = {
            "image_id": meta["image_id"],
            "width": encoded.width,
            "height": encoded.height,
            "rate_id": encoded.rate_id,
            "prompt_bytes": encoded.prompt_bytes,
            "level": encoded.level,
        }
        stream = np.concatenate([encoded.prompt_symbols, encoded.symbols])
        self.message_port_pub(_OUT, pack(header, stream.astype(np.complex64, copy=False)))
