# SPDX-License-Identifier: MIT
"""GNU Radio hier block "GSC Receiver": samples in, pictures out."""

from __future__ import annotations

from collections import Counter

import numpy as np
from gnuradio import gr

from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.frame_parser import FrameParser
from gsc_sdr.blocks.semantic_decoder import SemanticDecoder
from gsc_sdr.link.engine import Engine
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Receiver"]


class Receiver(gr.hier_block2):
    """Turn a stream of samples into pictures and prompts.

    ::

        stream ─► FrameDetector ─► FrameParser ─┬─► SemanticDecoder ─► image
                                                ├─► symbols
                                                └─► csi

    Only the detector is in the sample path; the rest works on messages, each
    block in a thread of its own.

    Message ports
    -------------
    image : PDU
        Pictures, as SemanticDecoder sends them.
    symbols, csi : PDU
        Equalised symbols and channel gains of a frame now and then, as FrameParser
        sends them: for views.

    Parameters
    ----------
    engine : Engine
        What holds the networks.
    sample_rate : float, samples per second
        To give the carrier offset in Hz.
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the transmitter has the same.
    idle_frames : int
        Lengths of a frame without a frame after which pictures are given out that
        miss some.
    """

    def __init__(
        self,
        engine: Engine,
        sample_rate: float,
        ofdm: OfdmConfig | None = None,
        idle_frames: int = 64,
    ) -> None:
        gr.hier_block2.__init__(
            self,
            "gsc_receiver",
            gr.io_signature(1, 1, np.dtype(np.complex64).itemsize),
            gr.io_signature(0, 0, 0),
        )
        for port in ("image", "symbols", "csi"):
            self.message_port_register_hier_out(port)
        self.detector = FrameDetector(ofdm, idle_frames)
        self.parser = FrameParser(ofdm)
        self.decoder = SemanticDecoder(engine, sample_rate, ofdm)
        self.connect(self, self.detector)
        self.msg_connect(self.detector, "captures", self.parser, "captures")
        self.msg_connect(self.parser, "batches", self.decoder, "frames")
        self.msg_connect(self.decoder, "image", self, "image")
        self.msg_connect(self.parser, "symbols", self, "symbols")
        self.msg_connect(self.parser, "csi", self, "csi")

    def close(self) -> None:
        """Pass over all that waits to be read or decoded, so that stopping is quick."""
        self.parser.closed = self.decoder.closed = True

    @property
    def counts(self) -> Counter[str]:
        """What was found and what was lost so far, by name."""
        counts = Counter(self.detector.detector.counts)
        counts.update({f"lost_{cause}": n for cause, n in self.parser.lost.items()})
        counts.update({f"picture_{name}": n for name, n in self.decoder.assembler.counts.items()})
        blocks = (self.detector, self.parser, self.decoder)
        counts["dropped"] = sum(block.dropped for block in blocks)
        return counts

    @property
    def error(self) -> Exception | None:
        """Why a message was dropped, by the last block that did."""
        return self.decoder.error or self.parser.error
