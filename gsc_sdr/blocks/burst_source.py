# SPDX-License-Identifier: MIT
"""GNU Radio block: pictures' samples in, one sample stream out, endless or in tagged bursts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["BurstSource", "BurstTags", "Schedule"]

_IN = pmt.intern("samples")
_SOB, _EOB, _TIME, _LENGTH = map(pmt.intern, ("tx_sob", "tx_eob", "tx_time", "packet_len"))
_BURST = pmt.intern("gsc_burst")
_RESTS = 8  # calls, a quarter of a second apart, between one tail and the next
_TURN_S = 0.001  # between bursts: a radio ends one before it begins another
_CHUNK = 32768  # samples that the buffer behind holds twice: a small one makes many calls
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


@dataclass(frozen=True)
class BurstTags:
    """How a radio is told where bursts begin and end.

    Parameters
    ----------
    kind : str
        ``sob``: tx_sob and tx_eob, as UHD reads them; ``length``: packet_len, as
        SoapySDR does; empty: no tags, one endless stream.
    pad : int, samples
        Silence that ends each burst: what filters still hold goes out with it.
    lead_s : float, seconds
        From when a burst is handed on to when it goes out, if the radio has a clock.
    sample_rate : float, samples per second
        Tells how long a burst lasts, so that the next one is not due before its end.
    """

    kind: str = ""
    pad: int = 0
    lead_s: float = 0.05
    sample_rate: float = 1e6

    def __post_init__(self) -> None:
        """Check each value."""
        if self.kind not in ("", "sob", "length"):
            raise ConfigError(f"kind is {self.kind!r}; choose one of: sob, length, or nothing")
        if self.pad < 0 or self.lead_s < 0 or not self.sample_rate > 0:
            raise ConfigError(
                f"pad is {self.pad}, lead_s {self.lead_s} and sample_rate {self.sample_rate}; "
                "pass 0 or more, and a rate above 0"
            )


class BurstSource(gr.sync_block):
    """Send bursts of samples in the order in which they came.

    With tags, nothing is sent between bursts, and the thread waits; without, there
    is what ``schedule`` says.

    The first sample of a burst has the tag ``gsc_burst``: the metadata of its PDU.

    Message ports
    -------------
    samples : PDU, c32vector of [n]
        One burst. The mark ``end`` says that no more will come.

    Parameters
    ----------
    schedule : Schedule or None
        Silence before, between and after bursts; None for the usual. Not used
        where there are tags.
    tags : BurstTags or None
        Marks for a radio; None for none.

    Attributes
    ----------
    clock : (() -> float) or None
        The radio's time in seconds. With one, each burst is tagged with its time.
    on_burst : (metadata) -> None
        Called in this block's thread when a burst begins to go out.
    n_queued, n_sent : int
        Bursts that wait or are being sent; bursts that are out.
    n_samples, end_sample : int
        Samples sent so far; where the last burst that is out ended.
    """

    def __init__(self, schedule: Schedule | None = None, tags: BurstTags | None = None) -> None:
        gr.sync_block.__init__(self, name="gsc_burst_source", in_sig=None, out_sig=[np.complex64])
        self.schedule = schedule or Schedule()
        self.tags = tags or BurstTags()
        self.clock: Callable[[], float] | None = None
        self.on_burst: Callable[[dict[str, Any]], None] = lambda _: None
        self._free_s = 0.0  # when the radio will have sent the latest burst
        self.dropped = self.n_sent = self.n_samples = self.end_sample = 0
        self.error: Exception | None = None
        self.ended = False
        self._rng = np.random.default_rng(self.schedule.seed)
        self._queue: deque[tuple[dict[str, Any], NDArray[np.complex64]]] = deque()
        self._meta: dict[str, Any] = {}  # of the burst being sent
        self._burst = np.zeros(0, np.complex64)  # what is left of the burst being sent
        self._is_new = False  # whether none of it has been sent
        self._silence = 0  # samples of silence still to send
        self._n_rests = _RESTS  # calls without a sample since the last tail
        self.stop()
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_samples)

    def start(self) -> bool:
        """Give any number of samples, now that the buffer behind is made."""
        self.set_output_multiple(1)
        return True

    def stop(self) -> bool:
        """Ask for a large buffer at the next start, but where silence in it would delay bursts."""
        is_live = self.schedule.fill or bool(self.tags.kind)
        self.set_output_multiple(1 if is_live else _CHUNK)
        return True

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
        meta, samples = unpack(message)
        if samples.dtype != np.complex64:
            raise ShapeError(f"samples are {samples.dtype}; expected complex64")
        if sum(len(waiting) for _, waiting in self._queue) + len(samples) > _MAX_QUEUED:
            raise ShapeError(f"{self.n_queued} bursts wait already; send more slowly")
        self._queue.append((meta, samples))

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
                n = self._put(rest, self.n_samples + n_done)
            n_done += n
        self._n_rests += n_done == 0
        self.n_samples += n_done
        return n_done

    def _put(self, room: NDArray[np.complex64], place: int) -> int:
        """Send what there is room for of the burst at stream position ``place``."""
        n = min(len(self._burst), len(room))
        room[:n], self._burst = self._burst[:n], self._burst[n:]
        if self._is_new:
            self._is_new = False
            self._tag_begin(place, n + len(self._burst))
        if not len(self._burst):
            self.n_sent += 1
            self.end_sample = place + n
            if self.tags.kind == "sob":
                self.add_item_tag(0, place + n - 1, _EOB, pmt.PMT_T)
        return n

    def _tag_begin(self, place: int, length: int) -> None:
        """Mark the first sample of a burst of ``length`` samples, and tell of it."""
        self.add_item_tag(0, place, _BURST, pmt.to_pmt(self._meta))
        self.on_burst(self._meta)
        if self.tags.kind == "sob":
            self.add_item_tag(0, place, _SOB, pmt.PMT_T)
        elif self.tags.kind == "length":
            self.add_item_tag(0, place, _LENGTH, pmt.from_long(length))
        if self.tags.kind and self.clock is not None:
            start_s = max(self.clock() + self.tags.lead_s, self._free_s)
            self._free_s = start_s + length / self.tags.sample_rate + _TURN_S
            whole = int(start_s)
            time = pmt.make_tuple(pmt.from_uint64(whole), pmt.from_double(start_s - whole))
            self.add_item_tag(0, place, _TIME, time)

    def _next(self, n_room: int) -> bool:
        """Begin a burst, or a silence; tell whether there is something to send."""
        if self._queue:
            (self._meta, self._burst), self._is_new = self._queue.popleft(), True
            if self.tags.kind:
                self._burst = np.append(self._burst, np.zeros(self.tags.pad, np.complex64))
            else:
                self._silence = int(self._rng.integers(0, self.schedule.lead + 1))
        elif self.tags.kind:
            return False
        elif self.schedule.fill:
            self._silence = n_room
        elif self.ended and self._n_rests >= _RESTS:
            self._silence, self._n_rests = self.schedule.tail, 0
        return self._silence > 0 or len(self._burst) > 0
