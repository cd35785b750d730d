# SPDX-License-Identifier: MIT
"""The verb ``run``: transmitter, channel and receiver at once, in one view."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gsc_sdr.cli.options import EngineName, SampleRate

if TYPE_CHECKING:
    import threading

    from gsc_sdr.radio.supervise import Program, Team

__all__ = ["run"]

_LOOK_S = 0.1
_LINE_S = 2.0  # between two lines where there is no terminal
_SETTLE_S = 1.0  # for the receiver to say how it is once the transmitter has ended
_START = "from gsc_sdr.cli.main import main; main()"


def run(
    image: Annotated[str, typer.Argument(help="A picture, a folder of them, or demo.")] = "demo",
    profile: Annotated[
        str, typer.Option("--profile", help="Of the channel: awgn, tdl-a ... or a .toml file.")
    ] = "awgn",
    snr_db: Annotated[float, typer.Option("--snr-db", help="Es/N0 of a subcarrier, in dB.")] = 10.0,
    cfo_hz: Annotated[float, typer.Option("--cfo-hz", help="Carrier offset, in Hz.")] = 0.0,
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Goes with every picture, up to 1000 bytes.")
    ] = None,
    rate: Annotated[
        str, typer.Option("--rate", help="Symbols a pixel value: 1/384, 1/192, 1/96, 1/48.")
    ] = "1/48",
    repeat: Annotated[
        int, typer.Option("--repeat", min=0, help="How often to send them all; 0: for ever.")
    ] = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and reports.")] = Path(
        "received"
    ),
    sample_rate: SampleRate = 1e6,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep to the sample rate, and run no faster.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of silences, noise and fading.")] = 0,
    record: Annotated[str, typer.Option("--record", help="SigMF recording of what comes.")] = "",
    engine: EngineName = "local",
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    restart: Annotated[
        bool, typer.Option("--restart", help="Start a program again that has died.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run transmitter, channel and receiver, each a program of its own, until all is received.

    One that dies, or whose flowgraph loses a thread, ends all with exit code 1 and
    its last words; --restart starts it again instead. Exit code 1 also tells of
    pictures that could not be read. Ctrl-C ends all.
    """
    import tempfile

    from gsc_sdr.cli.transmit import pictures_of
    from gsc_sdr.errors import ConfigError
    from gsc_sdr.radio.supervise import Program, Team

    if image == "-":
        raise ConfigError("run takes a picture or a folder; `gsc-sdr transmit -` reads stdin")
    pictures_of(image, prompt)
    _check(profile, rate, engine)
    common = ["--sample-rate", str(sample_rate)]
    networks = ["--engine", engine, "--device", device]
    with tempfile.TemporaryDirectory(prefix="gsc-") as folder:
        air_in, air_out, back = (f"ipc://{folder}/{name}" for name in ("in", "out", "back"))
        sends = ["transmit", image, "--rate", rate, "--repeat", str(repeat), "--seed", str(seed)]
        sends += ["--address", air_in, "--control", back, *common, *networks]
        sends += ["--realtime"] * realtime + (["--prompt", prompt] if prompt is not None else [])
        passes = ["channel", "--profile", profile, "--snr-db", str(snr_db), "--cfo-hz", str(cfo_hz)]
        passes += ["--seed", str(seed), "--from", air_in, "--address", air_out, *common]
        takes = ["receive", "--out", str(out), "--from", air_out, "--control", back]
        takes += [*common, *networks, *(["--record", record] if record else [])]
        commands = {words[0]: _command(words) for words in (sends, passes, takes)}
        team = Team([Program(name, words) for name, words in commands.items()], restart)
        _supervise(team, as_json)


def _check(profile: str, rate: str, engine: str) -> None:
    """Refuse what only one of the programs would refuse, before any is started."""
    from gsc_sdr.channel.profile import profile as read_profile
    from gsc_sdr.config.rate import rate_by_name
    from gsc_sdr.engine.by_name import read_name

    read_profile(profile)
    rate_by_name(rate)
    if engine != "local" and "://" not in engine:
        read_name(engine)


def _command(words: list[str]) -> list[str]:
    """Return the command line of a verb under this same interpreter."""
    import sys

    return [sys.executable, "-c", _START, *words, "--json-status"]


def _supervise(team: Team, as_json: bool) -> None:
    """Run the programs until all is received, one cannot go on, or a signal comes."""
    from gsc_sdr.cli.ends import ending
    from gsc_sdr.errors import GscError

    error = ""
    with ending() as stopped:
        team.start()
        try:
            _watch(team, stopped)
        except GscError as caught:
            error = str(caught)
        finally:
            team.end()
    _say(team, as_json, error)
    if error:
        typer.echo(f"gsc-sdr run: {error}", err=True)
    failed = [program for program in team.programs.values() if program.summary.get("failed")]
    for program in failed if not error else []:
        for line in program.last_words():
            typer.echo(f"gsc-sdr {program.name}: {line}", err=True)
    if error or failed:
        raise typer.Exit(1)


def _watch(team: Team, stopped: threading.Event) -> None:
    """Look at the programs until all is received; a signal ends it too."""
    with _view(team) as show:
        while not stopped.wait(_LOOK_S):
            team.check()
            show()
            if _is_over(team):
                return


def _is_over(team: Team) -> bool:
    """Tell whether all is sent, and the receiver has dealt with all that came of it."""
    transmit, receive = team.programs["transmit"], team.programs["receive"]
    if receive.code is not None:
        return True
    if transmit.code is None:
        return False
    sent, got = transmit.status, receive.status
    if got.get("pictures", -1) >= sent.get("pictures", 0) and not got.get("queued"):
        return not team.restarted
    return bool(got.get("is_quiet")) and receive.heard_s - transmit.heard_s > _SETTLE_S


@contextmanager
def _view(team: Team) -> Iterator[Any]:
    """Give what shows the programs: a table that lives on a terminal, else lines now and then."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if console.is_terminal:
        with Live(_table(team), console=console, refresh_per_second=4, transient=True) as live:
            yield lambda: live.update(_table(team))
        return
    told, told_s = "", 0.0

    def show() -> None:
        nonlocal told, told_s
        line, now = _line(team), time.monotonic()
        if line != told and now - told_s > _LINE_S:
            told, told_s = line, now
            typer.echo(line, err=True)

    yield show


def _table(team: Team) -> Any:
    """Return the programs as a table, a column each, so that it fits a narrow terminal."""
    from rich.table import Table

    table = Table()
    for name in ("", *team.programs):
        table.add_column(name, overflow="fold")
    columns = [_figures(program) for program in team.programs.values()]
    for name in columns[0]:
        table.add_row(name, *(column[name] for column in columns))
    return table


def _figures(program: Program) -> dict[str, str]:
    """Return what the table says of a program."""
    status = program.summary or program.status
    state = status.get("state", "starting")
    if program.code is not None:
        state = f"ended ({program.code})"
    if program.n_starts > 1:
        state += f", start {program.n_starts}"
    return {
        "state": state,
        "pictures": str(status.get("pictures", "")),
        "frames": str(status.get("frames", "")),
        "Msamples/s": _figure(status.get("samples_per_s"), 1e-6, "{:.2f}"),
        "SNR": _figure(status.get("snr_db"), 1, "{:.1f} dB"),
        "offset": _figure(status.get("cfo_hz"), 1, "{:+.0f} Hz"),
        "waiting": str(status.get("queued", "")),
        "lost": ", ".join(f"{n} {cause}" for cause, n in status.get("lost", {}).items()),
    }


def _line(team: Team) -> str:
    """Return the programs as one line."""
    return " | ".join(f"{name}: {_short(program)}" for name, program in team.programs.items())


def _short(program: Program) -> str:
    """Return a few words on a program."""
    from gsc_sdr.cli.report import status_line

    if program.code is not None:
        return "ended"
    return status_line({"state": "starting", **program.status})


def _figure(value: float | None, scale: float, form: str) -> str:
    return "" if value is None else form.format(value * scale)


def _say(team: Team, as_json: bool, error: str) -> None:
    """Print what became of it."""
    import json

    from gsc_sdr.cli.report import summary_lines

    said = {name: program.summary or program.status for name, program in team.programs.items()}
    if as_json:
        about = {"restarted": team.restarted, "error": error, "missing": _n_missing(said)}
        typer.echo(json.dumps(said | about))
        return
    for reason in team.restarted:
        typer.echo(f"started again: {reason}")
    for name, summary in said.items():
        for line in summary_lines(name, {"state": "no report", **summary}):
            typer.echo(line)
    if missing := _n_missing(said):
        typer.echo(f"{missing} of {said['transmit']['pictures']} pictures did not arrive")


def _n_missing(said: dict[str, dict[str, Any]]) -> int:
    """Return how many pictures were sent and never came, not even in part."""
    n_sent, n_got = (said[name].get("pictures", 0) for name in ("transmit", "receive"))
    return max(0, int(n_sent - n_got))
