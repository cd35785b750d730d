# SPDX-License-Identifier: MIT
"""Frames, packets and noise through a flowgraph: what the figures of a modem are counted on.

What is sent and what the air does to it come from the caller; what arrives goes
back to it, frame by frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import pmt
from gnuradio import analog, blocks, gr
from numpy.typing import NDArray

from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.frame_parser import FrameParser
from gsc_sdr.blocks.frame_pdu import frames_from_pdu
from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark
from gsc_sdr.blocks.stream_channel import StreamChannel
from gsc_sdr.errors import GscError
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.stock import PACKET_BYTES, StockReceiver, quietly
from gsc_sdr.radio.watch import Limits, run_until

__all__ = ["Air", "hear_frames", "hear_noise", "hear_packets"]

_CLOCKS = 1e-3  # relative: how much longer a stream may get on its way; crystals differ by less
_SETTLED = 100  # looks in a row that find nothing new: GNU Radio's receiver is done
_TAIL = 40_000  # samples of silence that its buffers may keep back
_PER_CALL = 10_000_000  # noise samples of one flowgraph

Pieces = Iterable[NDArray[np.complex64]]


class Air(Protocol):
    """Anything that turns samples sent into samples received."""

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return what arrives of the next samples [n]; it may be fewer or more."""
        ...


class _Sender(gr.sync_block):
    """Send pieces, one after the other, then silence without end."""

    def __init__(self, pieces: Pieces) -> None:
        gr.sync_block.__init__(self, name="gsc_sender", in_sig=None, out_sig=[np.complex64])
        self.pieces = iter(pieces)
        self.rest = np.zeros(0, np.complex64)
        self.n_samples = 0
        self.ended = False
        self.error: Exception | None = None

    def work(self, input_items: Any, output_items: Any) -> int:
        """Send what there is; never raise, or the flowgraph would not end."""
        out = output_items[0]
        try:
            if not len(self.rest) and not self.ended:
                self.rest = next(self.pieces, self.rest)
                self.ended = not len(self.rest)
        except Exception as error:  # noqa: BLE001 -- it is raised again where the run is watched
            self.error, self.ended = error, True
        if self.ended:
            out[:] = 0
            return len(out)
        n = min(len(out), len(self.rest))
        out[:n], self.rest = self.rest[:n], self.rest[n:]
        self.n_samples += n
        return n

    def check(self) -> None:
        """Raise what kept the pieces from coming."""
        if self.error is not None:
            raise self.error


class _Listener(gr.basic_block):
    """Hand each frame to a function, and note until where the air was idle."""

    def __init__(self, on_frame: Callable[[Frame], None]) -> None:
        gr.basic_block.__init__(self, name="gsc_listener", in_sig=None, out_sig=None)
        self.on_frame = on_frame
        self.dropped = self.n_frames = self.idle_sample = 0
        self.error: Exception | None = None
        self.message_port_register_in(pmt.intern("batches"))
        self.set_msg_handler(pmt.intern("batches"), self.handle_batch)

    @guarded
    def handle_batch(self, message: Any) -> None:
        """Take some frames, or a mark."""
        if found := read_mark(message):
            self.idle_sample = max(self.idle_sample, found[1])
            return
        for frame in frames_from_pdu(message):
            self.n_frames += 1
            self.on_frame(frame)


class _Receiver(gr.top_block):
    """A source of samples, the air if any, and our receiver up to its frames."""

    def __init__(
        self, chain: list[Any], ofdm: OfdmConfig, on_frame: Callable[[Frame], None]
    ) -> None:
        gr.top_block.__init__(self, "gsc_hear_frames")
        self.chain = chain
        self.detector, self.parser = FrameDetector(ofdm), FrameParser(ofdm)
        self.listener = _Listener(on_frame)
        self.connect(*chain, self.detector)
        self.msg_connect(self.detector, "captures", self.parser, "captures")
        self.msg_connect(self.parser, "batches", self.listener, "batches")

    def progress(self) -> tuple[int, int]:
        """Return counts that grow while the flowgraph lives."""
        return self.detector.n_samples, self.listener.n_frames

    def counts(self) -> Counter[str]:
        """Return what was found and lost; raise what a block could not do."""
        error = self.listener.error or self.parser.error
        if error is not None:
            raise error
        counts = Counter(self.detector.detector.counts)
        counts.update({f"lost_{cause}": n for cause, n in self.parser.lost.items()})
        return counts + Counter(frames=self.listener.n_frames, dropped=self.detector.dropped)


def hear_frames(
    pieces: Pieces, air: Air, on_frame: Callable[[Frame], None], ofdm: OfdmConfig | None = None
) -> Counter[str]:
    """Send samples through the air into our receiver, in one flowgraph.

    Parameters
    ----------
    pieces : iterable of [n] complex64
        What is sent, piece after piece; asked for as the flowgraph needs it.
    air : Air
        What lies between.
    on_frame : (Frame) -> None
        Called for each frame, in a thread of the flowgraph.
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a.

    Returns
    -------
    counts : Counter
        Of the receiver.

    Raises
    ------
    GscError
        If nothing moves for a minute.
    Exception
        What ``pieces``, ``air`` or ``on_frame`` raised.
    """
    sender, channel = _Sender(pieces), StreamChannel(air)
    top = _Receiver([sender, channel], ofdm or OfdmConfig(), on_frame)

    def is_done() -> bool:
        sender.check()
        if channel.dropped:
            raise GscError("the channel could not take its samples; the log has the error")
        return sender.ended and top.listener.idle_sample >= (1 + _CLOCKS) * sender.n_samples

    run_until(top, is_done, top.progress, Limits())
    return top.counts()


class _PacketSink(gr.sync_block):
    """Hand each packet of bytes to a function."""

    def __init__(self, on_packet: Callable[[bytes], None]) -> None:
        gr.sync_block.__init__(self, name="gsc_packet_sink", in_sig=[np.uint8], out_sig=None)
        self.set_output_multiple(PACKET_BYTES)
        self.on_packet = on_packet
        self.n_packets = 0
        self.error: Exception | None = None

    def work(self, input_items: Any, output_items: Any) -> int:
        """Take whole packets."""
        n = len(input_items[0]) // PACKET_BYTES
        for packet in input_items[0][: n * PACKET_BYTES].reshape(n, PACKET_BYTES):
            try:
                self.on_packet(packet.tobytes())
            except Exception as error:  # noqa: BLE001 -- a work that raises hangs its flowgraph
                self.error = error
        self.n_packets += n
        return n * PACKET_BYTES


def hear_packets(
    pieces: Pieces, air: Air, on_packet: Callable[[bytes], None], stall_s: float = 5.0
) -> bool:
    """Send samples through the air into GNU Radio's own OFDM receiver.

    Parameters
    ----------
    pieces, air
        As for hear_frames; the pieces are made of stock_frames.
    on_packet : (bytes) -> None
        Called for each packet whose checksum holds.
    stall_s : float, seconds
        Without progress, after which it counts as hung.

    Returns
    -------
    ended : bool
        False if the flowgraph hung before the end: its packets up to there count.
    """
    sender, channel = _Sender(pieces), StreamChannel(air)
    meter, sink = blocks.copy(gr.sizeof_gr_complex), _PacketSink(on_packet)
    top, receiver = gr.top_block("gsc_hear_packets"), StockReceiver()
    top.connect(sender, channel, meter, receiver, sink)
    quiet = [0, -1]  # looks without a packet since the last sample, and packets then

    def is_done() -> bool:
        sender.check()
        if sink.error:
            raise sink.error
        if not sender.ended or meter.nitems_written(0) < (1 + _CLOCKS) * sender.n_samples + _TAIL:
            return False
        quiet[:] = (quiet[0] + 1 if sink.n_packets == quiet[1] else 0), sink.n_packets
        return quiet[0] >= _SETTLED

    def progress() -> tuple[int, ...]:
        return (meter.nitems_written(0), sink.n_packets, quiet[0])

    try:
        with quietly():
            run_until(top, is_done, progress, Limits(stall_s=stall_s, end_s=stall_s))
    except GscError:
        if sender.error or sink.error:
            raise
        return False
    return True


def hear_noise(
    n_samples: int, seed: int = 0, on_progress: Callable[[int], None] = lambda _: None
) -> Counter[str]:
    """Let our receiver listen to nothing but white Gaussian noise.

    Parameters
    ----------
    n_samples : int
        How many.
    seed : int
        Of the noise, 0 to 2**31 - 1.
    on_progress : (int) -> None
        Told the samples searched so far, many times a second.

    Returns
    -------
    counts : Counter
        Of the receiver; ``frames`` were accepted.
    """
    counts: Counter[str] = Counter()
    for at in range(0, n_samples, _PER_CALL):
        size = min(_PER_CALL, n_samples - at)
        noise = analog.noise_source_c(analog.GR_GAUSSIAN, 1.0, seed + 1 + at // _PER_CALL)
        top = _Receiver([noise], OfdmConfig(), lambda _: None)

        def is_done(top: _Receiver = top, at: int = at, size: int = size) -> bool:
            on_progress(at + min(top.detector.n_samples, size))
            return bool(top.listener.idle_sample >= size)

        run_until(top, is_done, top.progress, Limits())
        counts.update(top.counts())
    return counts
