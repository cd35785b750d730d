# SPDX-License-Identifier: MIT
"""GNU Radio hier block "GSC Transmitter": pictures in, samples out."""

from __future__ import annotations

import numpy as np
from gnuradio import gr

from gsc_sdr.blocks.burst_source import BurstSource, Schedule
from gsc_sdr.blocks.frame_builder import FrameBuilder
from gsc_sdr.blocks.semantic_encoder import SemanticEncoder
from gsc_sdr.link.engine import Engine
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Transmitter"]


class Transmitter(gr.hier_block2):
    """Turn pictures and prompts into one stream of OFDM frames.

    ::

        image ─► SemanticEncoder ─► FrameBuilder ─┬─► BurstSource ─► stream
                                                  └─► samples

    Message ports
    -------------
    image : PDU
        In; as ImageSource sends it.
    samples : PDU
        Out; as FrameBuilder sends it: what goes on the air, to measure or record.

    Parameters
    ----------
    engine : Engine
        What holds the networks.
    rate : str
        Name of the rate, see :mod:`gsc_sdr.config.rate`.
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the receiver needs the same.
    schedule : Schedule or None
        Silence before, between and after pictures; None for the usual.
    """

    def __init__(
        self,
        engine: Engine,
        rate: str = "1/48",
        ofdm: OfdmConfig | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        gr.hier_block2.__init__(
            self,
            "gsc_transmitter",
            gr.io_signature(0, 0, 0),
            gr.io_signature(1, 1, np.dtype(np.complex64).itemsize),
        )
        self.message_port_register_hier_in("image")
        self.message_port_register_hier_out("samples")
        self.encoder = SemanticEncoder(engine, rate)
        self.builder = FrameBuilder(ofdm)
        self.source = BurstSource(schedule)
        self.msg_connect(self, "image", self.encoder, "image")
        self.msg_connect(self.encoder, "symbols", self.builder, "symbols")
        self.msg_connect(self.builder, "samples", self.source, "samples")
        self.msg_connect(self.builder, "samples", self, "samples")
        self.connect(self.source, self)

    def set_rate(self, rate: str) -> None:
        """Change the rate of the next pictures."""
        self.encoder.set_rate(rate)

    @property
    def dropped(self) -> int:
        """Messages that no block of this chain could use."""
        return int(self.encoder.dropped + self.builder.dropped + self.source.dropped)

    @property
    def error(self) -> Exception | None:
        """Why a message was dropped, by the first block that did."""
        return self.encoder.error or self.builder.error or self.source.error
