# SPDX-License-Identifier: MIT
"""What the ends of a link share on the command line: how they begin and how they end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from gsc_sdr.cli.report import Report

__all__ = ["ending", "live_end", "open_engine", "read_parts"]

_AGAIN = 130  # exit code of a program that was interrupted twice


@contextmanager
def ending() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set; a second signal ends the program at once."""
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if stopped.is_set():
            os._exit(_AGAIN)
        stopped.set()

    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, stop) for name in names]
    try:
        yield stopped
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


def live_end(
    role: str,
    as_json: bool,
    make: Callable[[], Any],
    on_status: Callable[[dict[str, Any]], None] = lambda _: None,
) -> None:
    """Run one end until it is done or told to stop, and end the program with its summary.

    Parameters
    ----------
    role : str
        What it is called.
    as_json : bool
        Whether another program reads what it says.
    make : () -> LiveGraph
        Makes the flowgraph; what takes time, such as loading the networks, in here.
    on_status : (status) -> None
        Called with every status and with the last one.
    """
    from gsc_sdr.errors import GscError

    with ending() as stopped:
        report = Report(role, as_json, stopped)
        graph, error, summary = None, "", {"state": "stopped before it began", "lost": {}}
        try:
            graph = _make_until(make, stopped, report)
            if graph is not None:
                summary = _run(graph, stopped, report, on_status)
        except GscError as caught:
            if graph is None:
                raise
            error, summary = str(caught), graph.status() | {"state": "broken"}
        on_status(summary)
        report.close(summary)
        if error:
            typer.echo(f"gsc-sdr {role}: {error}", err=True)
    _exit(1 if error or summary.get("failed") else 0)


def _run(graph: Any, stopped: threading.Event, report: Report, on_status: Any) -> dict[str, Any]:
    from gsc_sdr.radio.live import run_live

    def tell(status: dict[str, Any], notices: list[str]) -> None:
        on_status(status)
        report.tell(status, notices)

    summary = run_live(graph, stopped, tell)
    report.tell(summary, graph.notices())
    return summary


def _make_until(make: Callable[[], Any], stopped: threading.Event, report: Report) -> Any:
    """Return what ``make`` makes; None if the program is told to stop before."""
    made: list[Any] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            made.append(make())
        except BaseException as error:  # noqa: BLE001 -- it is raised where it can be caught
            errors.append(error)

    thread = threading.Thread(target=work, name="gsc_make", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        report.tell({"state": "starting"}, [])
        if stopped.is_set():
            return None
    if errors:
        raise _without_frames(errors[0])
    return made[0]


def _without_frames(error: BaseException) -> BaseException:
    """Let go of what was half made, whose sockets would keep the program from ending."""
    from gsc_sdr.errors import GscError

    if not isinstance(error, GscError | OSError | ImportError):
        traceback.print_exception(error)
        _exit(1)
    part: BaseException | None = error
    while part is not None:
        part.__traceback__ = None
        part = part.__cause__ or part.__context__
    return error


def _exit(code: int) -> None:
    """End the program, also where the networks have not returned."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def open_engine(where: str, device: str, keys: str | None) -> Any:
    """Return an engine: ``local``, another codec's name, or behind an address.

    Raises
    ------
    ConfigError
        If it is none of these.
    """
    from gsc_sdr.radio.canvas import make_engine

    if "://" not in where:
        return make_engine(where, device=device)
    from gsc_sdr.link.keys import Keys
    from gsc_sdr.link.remote import ZmqEngine

    return ZmqEngine(where, Keys.load(keys) if keys else None)


def read_parts(ofdm: Path | None, keys: str | None, radio: str | None) -> dict[str, Any]:
    """Return the settings that stand in files: ``ofdm``, ``keys`` and ``radio``, if given.

    ``radio`` may also be the name of a profile that ships.

    Raises
    ------
    ConfigError
        If a file cannot be used.
    MissingError
        If GNU Radio is not there.
    """
    from gsc_sdr.cli.through import runner
    from gsc_sdr.config.radio import radio_profile
    from gsc_sdr.config.toml import read_toml
    from gsc_sdr.link.keys import Keys
    from gsc_sdr.phy.ofdm import OfdmConfig

    runner("gnuradio")
    parts: dict[str, Any] = {}
    if ofdm:
        parts["ofdm"] = read_toml(OfdmConfig, ofdm)
    if keys:
        parts["keys"] = Keys.load(keys)
    if radio:
        parts["radio"] = radio_profile(radio)
    return parts
