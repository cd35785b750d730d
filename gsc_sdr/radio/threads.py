# SPDX-License-Identifier: MIT
"""Which blocks of a running flowgraph have lost their thread.

GNU Radio ends the thread of a block that raises, logs it and runs on without
it. Linux shows each thread under its block's name, so that a lost one is seen
at once and not when something else has waited long enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gnuradio import gr

__all__ = ["BlockThreads"]

_TASKS = Path("/proc/self/task")
_COMM = 15  # characters of a thread's name that Linux keeps


class BlockThreads:
    """The threads of some blocks.

    Parameters
    ----------
    blocks : iterable of GNU Radio blocks
        Those to watch; hier blocks have no thread of their own.

    Attributes
    ----------
    seen : dict of str to int
        Blocks by name, and the number of the thread that was seen of each.

    Notes
    -----
    A library that works in threads of its own (an image codec, say) starts them under
    the name of the block that called it: the first one with a block's name is the block's.
    """

    def __init__(self, blocks: Iterable[gr.basic_block]) -> None:
        self._comms = {f"{b.name()}({b.unique_id()})": _comms(b) for b in blocks}
        self.seen: dict[str, int] = {}

    def dead(self) -> list[str]:
        """Return the blocks whose thread was seen before and is no more.

        Empty where threads cannot be seen, as outside Linux. To be called while
        the flowgraph runs, now and then from its start on.
        """
        alive: dict[int, str] = {}
        for task in _TASKS.iterdir() if _TASKS.is_dir() else ():
            try:
                alive[int(task.name)] = (task / "comm").read_text().rstrip("\n")
            except OSError:  # ended between the two looks
                continue
        for block, comms in self._comms.items():
            named = {thread for thread, comm in alive.items() if comm in comms}
            free = named - set(self.seen.values())
            if block not in self.seen and free:
                self.seen[block] = min(free)
        return [
            block
            for block, thread in self.seen.items()
            if alive.get(thread) not in self._comms[block]
        ]


def _comms(block: gr.basic_block) -> set[str]:
    """Return the names that a block's thread may have: GNU Radio shortens some by its own rule."""
    name, number = block.name(), str(block.unique_id())
    cuts = {len(name)} if len(name + number) <= _COMM else range(_COMM - len(number), _COMM + 1)
    return {(name[:cut] + number)[:_COMM] for cut in cuts}
