# SPDX-License-Identifier: MIT
"""What an end of a link says of itself: to people, or to the program that started it."""

from __future__ import annotations

import json
import threading
from typing import Any

import typer

__all__ = ["Report", "status_line", "summary_lines"]

_MOST_NOTICES = 20  # sentences that one program prints; more would bury the others
_VERBS = {"transmit": "sent", "receive": "received", "channel": "passed on"}


class Report:
    """Say how an end is, for people or for the program that started it.

    Parameters
    ----------
    role : str
        ``transmit``, ``channel`` or ``receive``.
    as_json : bool
        One JSON object a line on stdout, several a second; else a line on a
        terminal, and a summary.
    stopped : Event
        Set where nobody reads any more.
    """

    def __init__(self, role: str, as_json: bool, stopped: threading.Event) -> None:
        from rich.console import Console

        self.role = role
        self.as_json = as_json
        self._stopped = stopped
        self._told: set[str] = set()
        console = Console(stderr=True)
        shows = console.is_terminal and not as_json
        self._status = console.status(f"{role}: starting") if shows else None
        if self._status:
            self._status.start()

    def tell(self, status: dict[str, Any], notices: list[str]) -> None:
        """Say how it is now; each notice is said once."""
        for sentence in notices:
            if sentence not in self._told and len(self._told) < _MOST_NOTICES:
                self._told.add(sentence)
                typer.echo(f"gsc-sdr {self.role}: {sentence}", err=True)
        if self.as_json:
            self._line("status", status)
        elif self._status:
            self._status.update(f"{self.role}: {status_line(status)}")

    def close(self, summary: dict[str, Any]) -> None:
        """Say how it was."""
        if self._status:
            self._status.stop()
        if self.as_json:
            self._line("summary", summary)
            return
        for line in summary_lines(self.role, summary):
            typer.echo(line)

    def _line(self, event: str, values: dict[str, Any]) -> None:
        """Print one JSON line; stop where nobody reads it."""
        try:
            print(json.dumps({"role": self.role, "event": event, **values}), flush=True)
        except OSError:
            self._stopped.set()


def status_line(status: dict[str, Any]) -> str:
    """Return a status as one short line."""
    parts = [str(status.get("state", ""))]
    if status.get("pictures") is not None:
        parts.append(f"{status['pictures']} pictures")
    if status.get("samples_per_s") is not None:
        parts.append(f"{status['samples_per_s'] / 1e6:.2f} Msamples/s")
    if status.get("snr_db") is not None:
        parts.append(f"SNR {status['snr_db']:.1f} dB")
    return ", ".join(parts)


def summary_lines(role: str, summary: dict[str, Any]) -> list[str]:
    """Return a summary as lines for people."""
    things = [
        f"{summary[name]} {name}" for name in ("pictures", "frames", "samples") if name in summary
    ]
    rate = (
        f", {summary['samples_per_s'] / 1e6:.2f} Msamples/s" if "samples_per_s" in summary else ""
    )
    lines = [f"{role}: {_VERBS[role]} {', '.join(things) or 'nothing'}{rate} ({summary['state']})"]
    if summary.get("mean_snr_db") is not None:
        lines.append(f"  SNR {summary['mean_snr_db']:.1f} dB, offset {summary['cfo_hz']:+.0f} Hz")
    lost = summary.get("lost") or {}
    lines.append(f"  lost: {', '.join(f'{n} {cause}' for cause, n in lost.items()) or 'nothing'}")
    if summary.get("radio"):
        lines.append(f"  radio: {', '.join(f'{n} {w}' for w, n in summary['radio'].items())}")
    return lines + _feedback_lines(summary.get("feedback") or {})


def _feedback_lines(feedback: dict[str, Any]) -> list[str]:
    """Return what became of the channel state that goes back; nothing where none was to."""
    parts = []
    if feedback.get("age_p50_ms") is not None:
        age = f"age {feedback['age_p50_ms']:.0f} ms (p95 {feedback['age_p95_ms']:.0f} ms)"
        parts += [f"{feedback['frames']} frames, SNR {feedback['snr_db']:.1f} dB, {age}"]
    causes = ("lost", "malformed", "strangers", "undelivered")
    parts += [f"{feedback[cause]} {cause}" for cause in causes if feedback.get(cause)]
    return [f"  feedback: {', '.join(parts)}"] if parts else []
