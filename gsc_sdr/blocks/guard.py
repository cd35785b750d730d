# SPDX-License-Identifier: MIT
"""Message handlers that outlive what they are sent.

GNU Radio ends the thread of a block whose handler raises, and runs on without
it. So no handler here raises.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

__all__ = ["guarded"]

_log = logging.getLogger(__name__)


def guarded(handle: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Make a message handler that never raises: it logs, counts and returns.

    A block whose attribute ``closed`` is true passes over its messages: without
    it, a flowgraph that is stopped ends only when every message has been handled.

    The count is the block's attribute ``dropped``, the latest reason its ``error``.
    Only the 1st, 2nd, 4th, 8th ... loss is logged, so that garbage from the air
    cannot flood a log.

    Parameters
    ----------
    handle : (block, message) -> None
        A block's method.

    Returns
    -------
    guarded : (block, message) -> None
        Of the same name: GNU Radio looks handlers up by it.
    """

    @functools.wraps(handle)
    def outlive(block: Any, message: Any) -> None:
        if getattr(block, "closed", False):
            return
        try:
            handle(block, message)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the block's thread must live
            block.dropped += 1
            block.error = error
            if block.dropped & (block.dropped - 1) == 0:
                _log.warning(
                    "%s dropped message %d: %s: %s",
                    block.name(),
                    block.dropped,
                    type(error).__name__,
                    error,
                )

    return outlive
