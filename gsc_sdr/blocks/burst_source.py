# SPDX-License-Identifier: MIT
"""GNU Radio block: pictures' samples in, one endless sample stream out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["BurstSource", "Schedule"]

_IN = pmt.intern("samples")
_RESTS = 8  # calls, a quarter of a second apart, between one tail and the next
_MAX_QUEUED = 2**26  # samples, 512 MiB; more is refused, so that memory stays bounded


@dataclass(frozen=True)
class Schedule:
    """When bursts go out.

    Parameters
    ----------
    lead : int, samples
        Longest silence before a burst; each one's is drawn from 0 to ``lead``.
    tail : int, samples
        Silence after the mark ``end``; sent again every two seconds or so, until
        the flowgraph stops.
    fill : bool
        Whether there is silence while no burst is queued, as on the air. Without
        it the stream waits, and so does not depend on how fast pictures come:
        one seed gives one stream.
    seed : int
        Of the silences before bursts.
    """

    lead: int = 2000
    tail: int = 500_000
    fill: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the lengths."""
        if self.lead < 0 or self.tail < 0:
            raise ConfigError(
                f"lead is {self.lead} and tail {self.tail} samples; pass 0 or more of each"
            )


class BurstSource(gr.sync_block):
    """Send bursts of samples in the order in which they came.

    Message ports
    -------------
    samples : PDU, c32vector of [n]
        One burst. The mark ``end`` says that no more will come.

    Parameters
    ----------
    schedule : Schedule or None
        Silence before, between and after bursts; None for the usual.

    Attributes
    ----------
    n_queued, n_sent : int
        Bursts that wait or are being sent; bursts that are out.
    n_samples, end_sample : int
        Samples sent so far; where the last burst that is out ended.
    """

    def __init__(self, schedule: Schedule | None = None) -> None:
        gr.sync_block.__init__(self, name="gsc_burst_source", in_sig=None, out_sig=[np.complex64])
        self.schedule = schedule or Schedule()
        self.dropped = self.n_sent = self.n_samples = self.end_sample = 0
        self.error: Exception | None = None
        self.ended = False
        self._rng = np.random.default_rng(self.schedule.seed)
        self._queue: deque[NDArray[np.complex64]] = deque()
        self._burst = np.zeros(0, np.complex64)  # what is left of the burst being sent
        self._silence = 0  # samples of silence still to send
        self._n_rests = _RESTS  # calls without a sample since the last tail
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_samples)

    @property
    def n_queued(self) -> int:
        """Bursts that wait or are being sent."""
        return len(self._queue) + (len(self._burst) > 0)

    @guarded
    def handle_samples(self, message: Any) -> None:
        """Queue one burst."""
        if (found := read_mark(message)) is not None:
            self.ended = self.ended or found[0] == "end"
            return
        _, samples = unpack(message)
        if samples.dtype != np.complex64:
            raise ShapeError(f"samples are {samples.dtype}; expected complex64")
        if sum(map(len, self._queue)) + len(samples) > _MAX_QUEUED:
            raise ShapeError(f"{self.n_queued} bursts wait already; send more slowly")
        self._queue.append(samples)

    def work(self, input_items: Any, output_items: Any) -> int:
        """Send silence and bursts; 0 samples make the scheduler wait for a message."""
        out, n_done = output_items[0], 0
        while n_done < len(out) and (self._silence or len(self._burst) or self._next(len(out))):
            rest = out[n_done:]
            if self._silence:
                n = min(self._silence, len(rest))
                rest[:n] = 0
                self._silence -= n
            else:
                n = min(len(self._burst), len(rest))
                rest[:n], self._burst = self._burst[:n], self._burst[n:]
                if not len(self._burst):
                    self.n_sent += 1
                    self.end_sample = self.n_samples + n_done + n
            n_done += n
        self._n_rests += n_done == 0
        self.n_samples += n_done
        return n_done

    def _next(self, n_room: int) -> bool:
        """Begin a burst, or a silence; tell whether there is something to send."""
        if self._queue:
            self._burst = self._queue.popleft()
            self._silence = int(self._rng.integers(0, self.schedule.lead + 1))
        elif self.schedule.fill:
            self._silence = n_room
        elif self.ended and self._n_rests >= _RESTS:
            self._silence, self._n_rests = self.schedule.tail, 0
        return self._silence > 0 or len(self._burst) > 0
