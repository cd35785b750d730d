# SPDX-License-Identifier: MIT
"""GNU Radio block: a recording as a sample stream."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.errors import ConfigError
from gsc_sdr.recording.sigmf import Recording

__all__ = ["RecordingSource"]

_log = logging.getLogger(__name__)

_END = pmt.intern("gsc_end")


class RecordingSource(gr.sync_block):
    """Send the samples of a SigMF recording.

    The last sample has the stream tag ``gsc_end``, at which FrameDetector gives out
    the frames that it still holds. Then the stream rests, and does not end: GNU Radio
    ends message blocks behind a stream that ends, with messages still in their
    queues. Who replays waits until ``ended`` and for the mark ``idle`` at or beyond
    ``n_sent``, then stops the flowgraph.

    Parameters
    ----------
    path : str
        ``NAME.sigmf-meta``, ``NAME.sigmf-data`` or ``NAME``; ``demo``, where there is
        no such recording, is the one that ships.
    repeat : bool
        Whether to begin again at the end, for ever.
    tail : int, samples
        Silence behind the recording, each time, before ``gsc_end``.

    Attributes
    ----------
    recording : Recording
        With ``info`` (sample rate, OFDM configuration ...) and ``warnings``.
    ended : bool
        Whether all samples have been sent.
    n_sent : int
        Samples sent so far.
    error : OSError or None
        Why the recording could not be read to its end.

    Raises
    ------
    ConfigError
        If the recording cannot be used; the message says why.
    """

    def __init__(self, path: str, repeat: bool = False, tail: int = 0) -> None:
        gr.sync_block.__init__(
            self, name="gsc_recording_source", in_sig=None, out_sig=[np.complex64]
        )
        if tail < 0:
            raise ConfigError(f"tail is {tail} samples; pass 0 or more")
        self.recording = Recording(path)
        self.repeat = repeat
        self.tail = tail
        self.ended = False
        self.n_sent = 0
        self.error: OSError | None = None
        self._at = 0  # index of the next sample in the recording, then in its tail
        self._end = self.recording.n_samples  # less, once the file turns out to be shorter

    def work(self, input_items: Any, output_items: Any) -> int:
        """Send what there is room for; 0 samples make the scheduler wait."""
        out = output_items[0]
        if self.ended:
            return 0
        n = self._fill(out)
        self._at += n
        is_end = self._at >= self._end + self.tail
        if is_end and n == 0:  # the file has just been cut: one sample carries the end
            out[0], n = 0, 1
        self.n_sent += n
        if is_end:
            self._finish(n)
        return n

    def _fill(self, out: Any) -> int:
        """Put the next samples into ``out``; return how many."""
        n_room = min(len(out), self._end + self.tail - self._at)
        if self._at >= self._end:
            out[:n_room] = 0
            return n_room
        samples = self._read(min(n_room, self._end - self._at))
        out[: len(samples)] = samples
        return len(samples)

    def _read(self, n: int) -> Any:
        """Return the next samples; none, if the file has been cut or cannot be read."""
        try:
            samples = self.recording.read(self._at, n)
        except OSError as error:
            self.error, samples = error, np.zeros(0, np.complex64)
        if len(samples) < n:
            _log.error("%s ends at sample %d", self.recording.data_path, self._at + len(samples))
            self._end = self._at + len(samples)
        return samples

    def _finish(self, n: int) -> None:
        """Mark the last of the ``n`` samples of this call, and begin again or rest."""
        self.add_item_tag(0, self.nitems_written(0) + n - 1, _END, pmt.PMT_T)
        self.ended = not self.repeat or self._end + self.tail == 0
        self._at = 0
