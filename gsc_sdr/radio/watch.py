# SPDX-License-Identifier: MIT
"""Running a flowgraph without ever waiting for ever.

A block whose thread has died leaves its flowgraph running, silent and without
end; what shows it is a count that no longer grows.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from gnuradio import gr

from gsc_sdr.errors import GscError

__all__ = ["Limits", "run_until"]

_log = logging.getLogger(__name__)

_GLANCE_S = 0.005


@dataclass(frozen=True)
class Limits:
    """How long a flowgraph may take.

    Parameters
    ----------
    deadline_s : float, seconds
        For the whole run.
    stall_s : float, seconds
        Without any progress.
    end_s : float, seconds
        For blocks to finish what they are doing when told to stop.
    """

    deadline_s: float = 3600.0
    stall_s: float = 60.0
    end_s: float = 60.0


def run_until(
    top: gr.top_block,
    done: Callable[[], bool],
    progress: Callable[[], object],
    limits: Limits,
    close: Callable[[], None] = lambda: None,
) -> None:
    """Run a flowgraph until it is done, then stop it.

    Parameters
    ----------
    top : gr.top_block
        The flowgraph, not started; the caller holds its blocks.
    done : () -> bool
        Asked again and again, here in the caller's thread. What it raises stops
        the flowgraph and goes through.
    progress : () -> object
        Counts; while they change, the flowgraph is alive.
    limits : Limits
        How long it may take.
    close : () -> None
        Called before the flowgraph is stopped: lets blocks pass over what waits.

    Raises
    ------
    GscError
        If there is no progress for ``stall_s``, or no end before ``deadline_s``.
    """
    began = moved = time.monotonic()
    seen = progress()
    top.start()
    try:
        while not done():
            time.sleep(_GLANCE_S)
            now, (before, seen) = time.monotonic(), (seen, progress())
            moved = now if seen != before else moved
            if now - moved > limits.stall_s:
                raise GscError(
                    f"nothing has moved in the flowgraph for {limits.stall_s:g} s at {seen}; "
                    "the log has the error that ended a block"
                )
            if now - began > limits.deadline_s:
                raise GscError(
                    f"the flowgraph was not done within {limits.deadline_s:g} s, at {seen}; "
                    "send less or raise deadline_s"
                )
    finally:
        close()
        _end(top, limits.end_s)


def _end(top: gr.top_block, end_s: float) -> None:
    """Stop a flowgraph; give up on a block that does not return."""
    top.stop()
    waiting = threading.Thread(target=top.wait, name="gsc_end", daemon=True)
    waiting.start()
    waiting.join(end_s)
    if waiting.is_alive():
        _log.error("a block has not returned %g s after the flowgraph was stopped", end_s)
