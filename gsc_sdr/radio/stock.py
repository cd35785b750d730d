# SPDX-License-Identifier: MIT
"""GNU Radio's own OFDM modem, digital.ofdm_tx and ofdm_rx, to be measured beside ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from gnuradio import blocks, digital, gr
from numpy.typing import NDArray

from gsc_sdr.errors import GscError, ShapeError
from gsc_sdr.radio.watch import Limits, run_until

__all__ = ["PACKET_BYTES", "StockReceiver", "StockTransmitter", "quietly", "stock_frames"]

PACKET_BYTES = 96  # 17 symbols of BPSK: half of the 34 at which one of its threads dies
_TAG = "packet_length"
_N_FFT, _N_CP, _N_DATA = 64, 16, 48  # what ofdm_tx has where nothing is said
_N_OPENING = 3  # two synchronisation words and a header
_CRC_BYTES = 4


class StockTransmitter(gr.hier_block2):
    """digital.ofdm_tx, scaled so that a used carrier has unit power.

    Bytes in, PACKET_BYTES a packet; samples out, ``frame_length`` a packet,
    without gaps.
    """

    frame_length = (_N_OPENING + -(-8 * (PACKET_BYTES + _CRC_BYTES) // _N_DATA)) * (_N_FFT + _N_CP)

    def __init__(self) -> None:
        gr.hier_block2.__init__(
            self,
            "gsc_stock_transmitter",
            gr.io_signature(1, 1, 1),
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
        )
        self.packets = blocks.stream_to_tagged_stream(1, 1, PACKET_BYTES, _TAG)
        self.modem = digital.ofdm_tx(packet_length_tag_key=_TAG)
        # Its transform is not normalised: n_fft times the unitary one's power.
        self.scale = blocks.multiply_const_cc(_N_FFT**-0.5)
        self.connect(self, self.packets, self.modem, self.scale, self)


class StockReceiver(gr.hier_block2):
    """digital.ofdm_rx: packets whose checksum holds come out, byte after byte."""

    def __init__(self) -> None:
        gr.hier_block2.__init__(
            self,
            "gsc_stock_receiver",
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
            gr.io_signature(1, 1, 1),
        )
        self.modem = digital.ofdm_rx(packet_length_tag_key=_TAG)
        self.connect(self, self.modem, self)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep GNU Radio from printing each packet that its receiver cannot read."""
    log = gr.logging()
    level = log.default_level()
    log.set_default_level(gr.log_levels.warn)
    try:
        yield
    finally:
        log.set_default_level(level)


def stock_frames(packets: NDArray[np.uint8]) -> NDArray[np.complex64]:
    """Return what digital.ofdm_tx makes of packets.

    Parameters
    ----------
    packets : [n, PACKET_BYTES], uint8
        What is sent.

    Returns
    -------
    samples : [n, frame_length], complex64
        Used carriers of unit mean power.

    Raises
    ------
    ShapeError
        If packets are of another length.
    GscError
        If GNU Radio's transmitter hangs.
    """
    if packets.ndim != 2 or packets.shape[1] != PACKET_BYTES:
        raise ShapeError(f"packets is {packets.shape}; expected [n, {PACKET_BYTES}]")
    wanted = len(packets) * StockTransmitter.frame_length
    top, transmitter, sink = gr.top_block("gsc_stock"), StockTransmitter(), blocks.vector_sink_c()
    source = blocks.vector_source_b(packets.ravel().tolist())
    top.connect(source, transmitter, sink)
    read = sink.nitems_read
    run_until(top, lambda: read(0) >= wanted, lambda: read(0), Limits(stall_s=10.0))
    samples = np.array(sink.data(), np.complex64)
    if len(samples) != wanted:
        raise GscError(f"ofdm_tx gave {len(samples)} samples, not {wanted}; is GNU Radio 3.10?")
    return samples.reshape(len(packets), -1)
