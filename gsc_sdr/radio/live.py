# SPDX-License-Identifier: MIT
"""One end of a link: a flowgraph that runs until it is told to stop, and says how it is."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from gnuradio import gr

from gsc_sdr.errors import GscError
from gsc_sdr.radio.threads import BlockThreads
from gsc_sdr.radio.watch import Limits, run_until

__all__ = ["LiveGraph", "only_lost", "run_live"]

_TELL_S = 0.25  # between two reports
_END_S = 1.0  # for blocks to return; the networks may take longer, and are left behind
_STALL_S = 60.0


class LiveGraph(gr.top_block):
    """A flowgraph that says how it is.

    Parameters
    ----------
    name : str
        Of the flowgraph.

    Attributes
    ----------
    watched : list of gr.basic_block
        Blocks whose threads must live.
    """

    def __init__(self, name: str) -> None:
        gr.top_block.__init__(self, name)
        gr.logging().set_default_level(gr.log_levels.warn)  # what blocks say of their buffers
        self.watched: list[gr.basic_block] = []
        self._began_s = time.monotonic()
        self._first = self._latest = (0, self._began_s)  # samples gone by, and when

    @property
    def elapsed_s(self) -> float:
        """Seconds since the flowgraph was made."""
        return time.monotonic() - self._began_s

    def rate_sps(self, n_samples: int) -> int:
        """Return the samples a second since there were any; to be told their number each time."""
        now = (n_samples, time.monotonic())
        if not n_samples:
            self._first = self._latest = now
        elif n_samples > self._latest[0]:
            self._latest = now
        passed_s = self._latest[1] - self._first[1]
        return round((self._latest[0] - self._first[0]) / passed_s) if passed_s else 0

    def status(self) -> dict[str, Any]:
        """Return what happened so far, as JSON can say it."""
        return {}

    def notices(self) -> list[str]:
        """Return sentences on what somebody should mend, one a matter."""
        return []

    def is_done(self) -> bool:
        """Tell whether there is nothing more to do."""
        return False

    def work_left(self) -> object:
        """Return counts that must move while there is work; None where there is none."""
        return None

    def close(self) -> None:
        """Let blocks pass over what waits, so that stopping is quick."""


def run_live(
    graph: LiveGraph,
    stopped: threading.Event,
    tell: Callable[[dict[str, Any], list[str]], None],
) -> dict[str, Any]:
    """Run a flowgraph until it is done or told to stop.

    Parameters
    ----------
    graph : LiveGraph
        Not started.
    stopped : Event
        Set from a signal's handler, or another thread.
    tell : (status, notices) -> None
        Called four times a second.

    Returns
    -------
    status : dict
        The last one.

    Raises
    ------
    GscError
        If a block has lost its thread, or work no longer moves.
    """
    threads, told = BlockThreads(graph.watched), -math.inf

    def is_over() -> bool:
        nonlocal told
        if stopped.is_set():
            return True
        if time.monotonic() - told > _TELL_S:
            told = time.monotonic()
            if dead := threads.dead():
                raise GscError(
                    f"{' and '.join(dead)} ended inside GNU Radio: its message stands above; "
                    "start this end again"
                )
            tell(graph.status(), graph.notices())
        return graph.is_done()

    def progress() -> object:
        left = graph.work_left()
        return time.monotonic() if left is None else left

    limits = Limits(deadline_s=math.inf, stall_s=_STALL_S, end_s=_END_S)
    run_until(graph, is_over, progress, limits, graph.close)
    return graph.status()


def only_lost(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are not 0, in order of their names.

    >>> only_lost({"b": 2, "a": 0})
    {'b': 2}
    """
    return {name: int(counts[name]) for name in sorted(counts) if counts[name]}
