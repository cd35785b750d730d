# SPDX-License-Identifier: MIT
"""How many samples a second go through GNU Radio's scheduler: its own modem, and ours.

Both modems send through the same channel_model, one after the other, without
gaps; a sample counts when it has gone all the way.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pmt
from gnuradio import blocks, channels, gr

from gsc_sdr.blocks.burst_source import BurstSource, Schedule
from gsc_sdr.blocks.frame_builder import FrameBuilder
from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.frame_parser import FrameParser
from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.interval import Interval, Speed, is_read
from gsc_sdr.radio.stock import PACKET_BYTES, StockReceiver, StockTransmitter, quietly
from gsc_sdr.radio.watch import Limits, run_until
from gsc_sdr.units import noise_var

__all__ = ["our_speed", "stock_speed"]

_CFO = 0.2  # carriers: within what GNU Radio's synchroniser takes
_SNR_DB = 30.0  # the noise is there and harms neither modem
_BUFFER = 1 << 16  # samples between blocks; GNU Radio's own choice is 8192
_N_QUEUED = 8  # pictures that wait to be sent
_N_FRAMES = 32  # of a picture
_N_UNREAD = 16  # pictures that are on their way: more would only wait to be read
_TAIL = 160  # lengths of a frame: silence, behind which every frame has been found
_LIMITS = Limits(deadline_s=120.0, stall_s=20.0)


class _Air(gr.hier_block2):
    """The channel that both modems send through; it carries no tags to the receiver."""

    def __init__(self) -> None:
        size = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "gsc_speed_air", size, size)
        self.gate = blocks.tag_gate(gr.sizeof_gr_complex, False)
        self.model = channels.channel_model(
            noise_voltage=math.sqrt(noise_var(_SNR_DB)), frequency_offset=_CFO / OfdmConfig().n_fft
        )
        self.connect(self, self.gate, self.model, self)
        for block in (self.gate, self.model):  # fewer calls for each sample
            block.set_min_output_buffer(_BUFFER)


class _Stock(gr.top_block):
    """GNU Radio's own modem over the air."""

    def __init__(self, rng: np.random.Generator) -> None:
        gr.top_block.__init__(self, "gsc_stock_speed")
        packets = rng.integers(0, 256, 256 * PACKET_BYTES, np.uint8)
        self.source = blocks.vector_source_b(packets.tolist(), True)
        self.transmitter, self.air, self.receiver = StockTransmitter(), _Air(), StockReceiver()
        self.meter, self.sink = blocks.null_sink(gr.sizeof_gr_complex), blocks.null_sink(1)
        self.connect(self.source, self.transmitter, self.air, self.receiver, self.sink)
        self.connect(self.air, self.meter)

    def counts(self) -> tuple[float, float]:
        """Return samples on the air, and packets delivered."""
        return self.meter.nitems_read(0), self.sink.nitems_read(0) / PACKET_BYTES


class _LatentSource(gr.basic_block):
    """Stand-in for an encoder: pictures of noise-like symbols, as many as asked for."""

    def __init__(self, rng: np.random.Generator, ofdm: OfdmConfig) -> None:
        gr.basic_block.__init__(self, name="gsc_latent_source", in_sig=None, out_sig=None)
        self.port = pmt.intern("symbols")
        self.message_port_register_out(self.port)
        parts = rng.normal(scale=math.sqrt(0.5), size=(_N_FRAMES * ofdm.capacity, 2))
        stream = (parts @ np.array([1, 1j])).astype(np.complex64)
        self.messages = [
            pack(dict.fromkeys(("rate_id", "prompt_bytes", "level"), 0) | about, stream)
            for about in ({"image_id": i, "width": 64, "height": 64} for i in range(256))
        ]
        self.n_sent = 0

    def send(self) -> None:
        """Send one picture."""
        self.message_port_pub(self.port, self.messages[self.n_sent % 256])
        self.n_sent += 1

    def end(self) -> None:
        """Say that no more will come."""
        self.message_port_pub(self.port, mark("end"))


class _FrameSink(gr.basic_block):
    """Take frames, many in each message, as a decoder would; do nothing with them."""

    def __init__(self) -> None:
        gr.basic_block.__init__(self, name="gsc_frame_sink", in_sig=None, out_sig=None)
        self.message_port_register_in(pmt.intern("batches"))
        self.set_msg_handler(pmt.intern("batches"), self.handle_batch)

    def handle_batch(self, message: Any) -> None:
        """Take one message."""


class _Ours(gr.top_block):
    """Our transmitter, without the neural encoder, and receiver over the air."""

    def __init__(self, rng: np.random.Generator) -> None:
        gr.top_block.__init__(self, "gsc_our_speed")
        self.ofdm = OfdmConfig()
        self.latents = _LatentSource(rng, self.ofdm)
        self.builder = FrameBuilder(self.ofdm)
        self.source = BurstSource(Schedule(lead=0, tail=_TAIL * self.ofdm.frame_length))
        self.air, self.detector = _Air(), FrameDetector(self.ofdm)
        self.parser, self.sink = FrameParser(self.ofdm), _FrameSink()
        self.connect(self.source, self.air, self.detector)
        self.msg_connect(self.latents, "symbols", self.builder, "symbols")
        self.msg_connect(self.builder, "samples", self.source, "samples")
        self.msg_connect(self.detector, "captures", self.parser, "captures")
        self.msg_connect(self.parser, "batches", self.sink, "batches")

    def feed(self) -> None:
        """Keep some pictures waiting to be sent, but none that would wait to be read."""
        n_read = self.parser.n_frames // _N_FRAMES
        while self.latents.n_sent < min(self.source.n_sent + _N_QUEUED, n_read + _N_UNREAD):
            self.latents.send()

    def counts(self) -> tuple[float, float]:
        """Return samples of frames delivered, and frames delivered."""
        return self.parser.n_frames * self.ofdm.frame_length, self.parser.n_frames

    def progress(self) -> tuple[int, int]:
        """Return counts that grow while the flowgraph lives."""
        return self.detector.n_samples, self.parser.n_frames

    def is_drained(self) -> bool:
        """Tell whether all that was sent has been searched and read."""
        sent = self.source
        all_sent = sent.ended and sent.n_sent == self.latents.n_sent
        return all_sent and is_read(self.detector, self.parser, sent.end_sample)


def stock_speed(seconds: float = 2.0, seed: int = 0) -> Speed:
    """Measure digital.ofdm_tx, channel_model and digital.ofdm_rx on stored packets.

    Raises
    ------
    GscError
        If the flowgraph hangs.
    """
    with quietly():
        top = _Stock(np.random.default_rng(seed))
        interval = Interval(top.counts, seconds)
        run_until(top, interval.is_over, top.counts, _LIMITS)
    return interval.speed(top.transmitter.frame_length)


def our_speed(seconds: float = 2.0, seed: int = 0) -> Speed:
    """Measure our transmitter, the same channel_model and our receiver.

    Frames are built in the flowgraph, from stored symbols in the place of the
    neural encoder's; the samples of frames that were read count.

    Raises
    ------
    GscError
        If the flowgraph hangs.
    """
    with quietly():
        top = _Ours(np.random.default_rng(seed))
        interval = Interval(top.counts, seconds)

        def is_done() -> bool:
            if not interval.is_over():
                top.feed()
            elif not top.source.ended:
                top.latents.end()
            return top.is_drained()

        run_until(top, is_done, top.progress, _LIMITS)
    speed = interval.speed(top.ofdm.frame_length)
    n_sent = top.latents.n_sent * _N_FRAMES  # from the begin to the end of the run
    return replace(speed, n_sent=n_sent, n_delivered=top.parser.n_frames)
