# SPDX-License-Identifier: MIT
"""GNU Radio block: a sample stream in, the frames found in it out."""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import ConfigError
from gsc_sdr.phy import sync
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["FrameDetector"]

_log = logging.getLogger(__name__)

_OUT = pmt.intern("captures")
_GROUP = 32  # frame lengths of the stream whose frames go out together, to be read at once
_GAP = 2  # frame lengths without a new frame that end a group


class FrameDetector(gr.sync_block):
    """Find frames in a stream and cut them out.

    The only Python in the receiver's sample path; it works on large windows.

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
    n_samples : int
        Samples taken in.
    began_s, latest_s : float, seconds
        When the first samples came and the latest were searched, by perf_counter.
    dropped : int
        Samples that could not be searched.
    """

    def __init__(self, ofdm: OfdmConfig | None = None, idle_frames: int = 64) -> None:
        gr.sync_block.__init__(self, name="gsc_frame_detector", in_sig=[np.complex64], out_sig=None)
        ofdm = ofdm or OfdmConfig()
        # A frame is reported when the search window that it is in is complete: 128 n_fft samples,
        # and what a window needs behind them.
        self._settle = 128 * ofdm.n_fft + 4 * ofdm.frame_length
        self._gap_length = _GAP * ofdm.frame_length
        self._group_length = _GROUP * ofdm.frame_length
        self._idle_length = idle_frames * ofdm.frame_length
        if self._idle_length <= self._settle:
            least = self._settle // ofdm.frame_length + 1
            raise ConfigError(f"idle_frames is {idle_frames}; pass {least} or more")
        self.detector = sync.FrameDetector(ofdm)
        self.n_samples = self.dropped = 0
        self.began_s = self.latest_s = 0.0
        self._next_idle = self._idle_length  # sample index of the next mark, if no frame comes
        self._group: list[sync.Capture] = []
        self.message_port_register_out(_OUT)

    def work(self, input_items: Any, output_items: Any) -> int:
        """Search what there is; never raise, or the flowgraph would not end."""
        samples = input_items[0]
        self.began_s = self.began_s or time.perf_counter()
        while len(samples):
            part = samples[: self._next_idle - self.n_samples]
            samples = samples[len(part) :]
            try:
                captures = self.detector.push(part)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the stream must go on
                if not self.dropped:
                    _log.error("%s: %s: %s", self.name(), type(error).__name__, error)
                self.dropped += len(part)
                captures = []
            self.n_samples += len(part)
            self._report(captures)
        self.latest_s = time.perf_counter()
        return len(input_items[0])

    def _report(self, captures: list[sync.Capture]) -> None:
        """Send what has settled: groups of frames, and the mark of idle air."""
        for capture in captures:
            if self._group and not self._belongs(capture):
                self._send_group()
            self._group.append(capture)
            self._next_idle = capture.start + self._idle_length
        if self._group and self.n_samples >= self._group_end() + self._settle:
            self._send_group()
        if self.n_samples >= self._next_idle:
            self._send_group()
            self.message_port_pub(_OUT, mark("idle", self.n_samples - self._settle))
            self._next_idle += self._idle_length

    def _group_end(self) -> int:
        """Return the sample index up to which a frame belongs to the group."""
        first, last = self._group[0].start, self._group[-1].start
        return min(first + self._group_length, last + self._gap_length)

    def _belongs(self, capture: sync.Capture) -> bool:
        """Tell whether a frame belongs to the group that waits."""
        return capture.start <= self._group_end()

    def _send_group(self) -> None:
        """Send the frames that wait."""
        if self._group:
            self.message_port_pub(_OUT, _captures_to_pdu(self._group))
            self._group = []


def _captures_to_pdu(captures: list[sync.Capture]) -> Any:
    """Return captures, all of one length, as one PDU."""
    meta = {
        "n_captures": len(captures),
        "start": np.array([capture.start for capture in captures], np.float64),
        "cfo": np.array([capture.cfo for capture in captures], np.float64),
    }
    return pack(meta, np.stack([capture.samples for capture in captures]))
