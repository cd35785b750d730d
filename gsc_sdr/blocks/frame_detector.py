# SPDX-License-Identifier: MIT
"""GNU Radio block: a sample stream in, the frames found in it out."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.frame_parser import FrameParser, parsers_behind
from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.phy import sync
from gsc_sdr.phy.capture_groups import CaptureGroups
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["FrameDetector"]

_log = logging.getLogger(__name__)

_OUT, _SYSTEM, _END = pmt.intern("captures"), pmt.intern("system"), pmt.intern("gsc_end")
_CHUNK = 32768  # samples that the buffer before the detector holds twice
_MOST_UNREAD = 1024  # captures, some 25 MB: a second of a live stream, and no memory to speak of
_PATIENCE_S, _NAP_S = 0.01, 0.0005  # in one call, so that a flowgraph stops promptly; of it at once


class FrameDetector(gr.hier_block2):
    """Find frames in a stream and cut them out.

    ::

        stream ─► _Search ─► _End ─► captures

    Only the search is in the sample path, and it works on large windows. While a
    parser behind has more than 1024 captures left to read, the stream waits: a stored
    one loses nothing, and a live one overflows at the radio, which counts it.

    Message ports
    -------------
    captures : PDU, c32vector of [n_captures * n_samples]
        Frames of one part of the stream, one after the other; metadata
        ``n_captures``, ``start`` (f64vector, sample index) and ``cfo`` (f64vector,
        carriers). Which frames go together depends on their places alone, and so
        does every figure that is computed from them. The mark ``idle`` tells that no
        frame was found for a while; its number is a sample index up to which every
        frame has been reported.

    Parameters
    ----------
    ofdm : OfdmConfig or None
        Shape of a frame, None for that of IEEE 802.11a; the transmitter has the same.
    idle_frames : int
        Lengths of a frame without a frame before ``idle`` is sent, and sent again.

    Attributes
    ----------
    detector : phy.sync.FrameDetector
        What searches; it has ``counts``.
    n_samples : int
        Samples taken in.
    began_s, latest_s : float, seconds
        When the first samples came and the latest were searched, by perf_counter.
    dropped : int
        Samples that could not be searched.

    Notes
    -----
    A stream tag ``gsc_end`` ends a stretch of the stream: every frame that lies whole
    in the samples up to the tagged one, itself included, goes out at once, then the
    mark ``idle`` with the index of the sample after it. What comes later is searched
    afresh; indices go on. A stream that ends gives out its last frames likewise
    without a tag, and the mark where a frame came since the last one. A flowgraph
    that is stopped gives out nothing more.
    """

    def __init__(self, ofdm: OfdmConfig | None = None, idle_frames: int = 64) -> None:
        item = np.dtype(np.complex64).itemsize
        gr.hier_block2.__init__(
            self, "gsc_frame_detector", gr.io_signature(1, 1, item), gr.io_signature(0, 0, 0)
        )
        self.message_port_register_hier_out("captures")
        self._search = _Search(ofdm or OfdmConfig(), idle_frames)
        self._end = self._search.end = _End(self._search)
        self.connect(self, self._search)
        self.msg_connect(self._search, "captures", self._end, "captures")
        self.msg_connect(self._end, "captures", self, "captures")

    @property
    def detector(self) -> sync.FrameDetector:
        """What searches."""
        return self._search.detector

    @property
    def n_samples(self) -> int:
        """Samples taken in."""
        return self._search.n_samples

    @property
    def dropped(self) -> int:
        """Samples that could not be searched."""
        return self._search.dropped

    @property
    def n_unread(self) -> int:
        """Captures that wait for the slowest parser behind."""
        return self._search.n_unread()

    @property
    def began_s(self) -> float:
        """When the first samples came, by perf_counter; 0 before."""
        return self._search.began_s

    @property
    def latest_s(self) -> float:
        """When the latest samples were searched, by perf_counter."""
        return self._search.latest_s


class _Search(gr.sync_block):
    """Search the samples as they come, and send what was found."""

    def __init__(self, ofdm: OfdmConfig, idle_frames: int) -> None:
        gr.sync_block.__init__(self, name="gsc_frame_search", in_sig=[np.complex64], out_sig=None)
        self.detector = sync.FrameDetector(ofdm)
        self.groups = CaptureGroups(ofdm, idle_frames, self.detector.delay)
        self.n_samples = self.dropped = 0
        self.began_s = self.latest_s = 0.0
        self.end: _End | None = None  # what passes the captures on
        self._n_sent = 0  # captures since the start
        self._behind: list[tuple[FrameParser, int]] = []  # and what each had taken before
        self.message_port_register_out(_OUT)
        self.set_output_multiple(_CHUNK)

    def start(self) -> bool:
        """Take any number of samples, now that the buffer before is made for many."""
        self.set_output_multiple(1)
        behind = parsers_behind(self.end, _OUT) if self.end else []
        self._n_sent, self._behind = 0, [(parser, parser.n_taken) for parser in behind]
        return True

    def stop(self) -> bool:
        """Ask for the large buffer again, for another start."""
        self.set_output_multiple(_CHUNK)
        return True

    def work(self, input_items: Any, output_items: Any) -> int:
        """Search what there is; never raise, or the flowgraph would not end."""
        if self._must_wait():
            return 0
        samples, at = input_items[0], 0
        self.began_s = self.began_s or time.perf_counter()
        for end in self._ends(len(samples)):
            self._take(samples[at:end])
            self._send(self.finish())
            at = end
        self._take(samples[at:])
        self.latest_s = time.perf_counter()
        return len(samples)

    def _must_wait(self) -> bool:
        """Wait for those behind a while; tell whether they still have too much to read."""
        until = time.perf_counter() + _PATIENCE_S
        while self.n_unread() > _MOST_UNREAD:
            if time.perf_counter() > until:
                return True
            time.sleep(_NAP_S)
        return False

    def n_unread(self) -> int:
        """Return how many captures wait for the slowest parser; 0 when no message does."""
        n_passing = self.end.nmsgs(_OUT) if self.end else 0
        return max(
            (
                self._n_sent - parser.n_taken + before
                for parser, before in self._behind
                if not parser.closed and (n_passing or parser.n_queued)
            ),
            default=0,
        )

    def finish(self) -> list[list[sync.Capture] | int]:
        """Search the last samples of the stream; return what is left to send."""
        return self.groups.end(self._guarded(self.detector.flush, 0), self.n_samples)

    def _ends(self, n: int) -> list[int]:
        """Return where in the next n samples the stream is told to end, in order."""
        first = self.nitems_read(0)
        tags = self.get_tags_in_window(0, 0, n, _END)
        return sorted({int(tag.offset - first) + 1 for tag in tags})

    def _take(self, samples: Any) -> None:
        """Search samples [n], and send what has settled."""
        while len(samples):
            part = samples[: self.groups.next_idle - self.n_samples]
            samples = samples[len(part) :]
            captures = self._guarded(self.detector.push, len(part), part)
            self.n_samples += len(part)
            self._send(self.groups.take(captures, self.n_samples))

    def _guarded(self, search: Any, n: int, *samples: Any) -> list[sync.Capture]:
        """Return what a search of n samples finds; count them where it fails."""
        try:
            found: list[sync.Capture] = search(*samples)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the stream must go on
            if not self.dropped:
                _log.error("%s: %s: %s", self.name(), type(error).__name__, error)
            self.dropped += n
            return []
        return found

    def _send(self, settled: list[list[sync.Capture] | int]) -> None:
        """Send groups and marks in order."""
        for item in settled:
            self._n_sent += len(item) if isinstance(item, list) else 0
            self.message_port_pub(_OUT, _message(item))


class _End(gr.basic_block):
    """Pass captures on; when the stream has ended, send what the search still holds.

    A block in the sample path is not called when its samples end, and what it sends
    when it stops comes after those behind it were told to end. A block of messages is
    told by a message ``done``, in order.
    """

    def __init__(self, search: _Search) -> None:
        gr.basic_block.__init__(self, name="gsc_frame_end", in_sig=None, out_sig=None)
        self._search = search
        self.message_port_register_in(_OUT)
        self.message_port_register_out(_OUT)
        self.set_msg_handler(_OUT, self.handle_captures)
        self.set_msg_handler(_SYSTEM, self.handle_system)

    def handle_captures(self, message: Any) -> None:
        """Pass a message on."""
        self.message_port_pub(_OUT, message)

    def handle_system(self, message: Any) -> None:
        """Finish the stream before this block ends, and those behind it."""
        while (waiting := self.delete_head_nowait(_OUT)) is not None:  # it may come second
            self.message_port_pub(_OUT, waiting)
        was_open = self._search.groups.is_open
        settled = self._search.finish()
        for last in settled if was_open or len(settled) > 1 else []:  # a mark alone is no news
            self.message_port_pub(_OUT, _message(last))
        self.system_handler(message)


def _message(item: list[sync.Capture] | int) -> Any:
    """Return captures, all of one length, as one PDU; the index of idle air as a mark."""
    if isinstance(item, int):
        return mark("idle", item)
    meta = {
        "n_captures": len(item),
        "start": np.array([capture.start for capture in item], np.float64),
        "cfo": np.array([capture.cfo for capture in item], np.float64),
    }
    return pack(meta, [capture.samples for capture in item])
