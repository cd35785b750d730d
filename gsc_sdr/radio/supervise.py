# SPDX-License-Identifier: MIT
"""Programs that belong together: started, listened to, and ended together.

Each prints one JSON object a line, a status several times a second and a summary
at its end. One that dies, or says nothing for too long, is known by it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from gsc_sdr.errors import GscError

__all__ = ["Program", "Team"]

_TAIL = 12  # last lines of a program that has died
_SILENT_S = 30.0  # longer than it takes to load the networks on a busy machine
_END_S = 3.0  # for a program to end when told to
_LINE = 65536  # characters of a line that are read


class Program:
    """One program that reports by JSON lines.

    Parameters
    ----------
    name : str
        What it is called.
    command : sequence of str
        What to run; ``--json-status`` is in it.

    Attributes
    ----------
    status, summary : dict
        What it said last; its last word, empty before.
    n_starts : int
        How often it was started.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = list(command)
        self.status: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.n_starts = 0
        self.heard_s = time.monotonic()
        self._lines: deque[str] = deque(maxlen=_TAIL)
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    def start(self) -> None:
        """Start it, in a session of its own: a terminal's Ctrl-C reaches only who supervises."""
        self.status, self.summary = {}, {}
        self._lines.clear()
        self.n_starts += 1
        self.heard_s = time.monotonic()
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._process = process
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (process.stdout, process.stderr)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Its process number; 0 before it was started."""
        return 0 if self._process is None else self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def is_silent(self) -> bool:
        """Whether it runs and has said nothing for too long."""
        return self.code is None and time.monotonic() - self.heard_s > _SILENT_S

    def last_words(self) -> list[str]:
        """Return the last lines that were no report."""
        self._listen_out()
        return list(self._lines)

    @property
    def has_died(self) -> bool:
        """Whether it ended badly, and not by its own will with a summary of what was lost."""
        if not self.code:
            return False
        self._listen_out()
        return self.summary.get("state", "broken") == "broken"

    def tell_to_end(self) -> None:
        """Ask it to end with a summary."""
        if self._process is not None and self.code is None:
            self._process.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float) -> None:
        """Wait for its end; end it by force where it does not come."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listen_out()

    def _listen_out(self) -> None:
        """Wait for what an ended program has said."""
        for reader in self._readers:
            reader.join(0.5)

    def _read(self, stream: Any) -> None:
        """Take in what it prints, until it ends."""
        while line := stream.readline(_LINE):
            try:
                said = json.loads(line)
                event = said.pop("event")
            except (ValueError, TypeError, AttributeError, KeyError):
                if line.strip():
                    self._lines.append(line.rstrip())
                continue
            self.heard_s = time.monotonic()
            if event == "summary":
                self.summary = said
            self.status = said


class Team:
    """Programs that run together.

    Parameters
    ----------
    programs : sequence of Program
        Not started.
    restarts : bool
        Whether one that dies is started again.
    """

    def __init__(self, programs: Sequence[Program], restarts: bool = False) -> None:
        self.programs = {program.name: program for program in programs}
        self.restarts = restarts
        self.restarted: list[str] = []

    def start(self) -> None:
        """Start them all."""
        for program in self.programs.values():
            program.start()

    def check(self) -> None:
        """See that all live.

        Raises
        ------
        GscError
            If one has died, or says nothing any more, and is not to be started again.
        """
        for program in self.programs.values():
            if program.is_silent:
                program.wait(0.0)
                reason = f"{program.name} said nothing for {_SILENT_S:g} s and was ended"
            elif program.has_died:
                reason = f"{program.name} ended with exit code {program.code}"
            else:
                continue
            # One that was refused for its settings would only be refused again.
            if not self.restarts or program.code == 2:
                raise GscError("; ".join([reason, *program.last_words()]))
            self.restarted.append(reason)
            program.start()

    def end(self) -> None:
        """Tell all that run to end, and wait until they have."""
        for program in self.programs.values():
            program.tell_to_end()
        until = time.monotonic() + _END_S
        for program in self.programs.values():
            program.wait(max(0.0, until - time.monotonic()))
