# SPDX-License-Identifier: MIT
"""The verbs ``bench bler`` and ``bench mcs``: what the digital transport needs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gsc_sdr.experiments.mcs import Cell

__all__ = ["bler", "mcs"]

Place: TypeAlias = tuple[str, int]  # channel and symbols of a picture


def bler(
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the curves here.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the blocks.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, max=1_000_000)] = 0,
) -> None:
    """Measure block errors of the LDPC over AWGN, beside Sionna's tutorial.

    The tutorial's own printed figures are the reference; Sionna's whole chain runs
    beside ours too, on fewer blocks. Gaps are ours less theirs: below 0 is better.
    """
    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.experiments.bler import CASES, Effort, bler_rows, gaps_db

    for path in filter(None, (as_json, plot)):
        path.touch()  # a place that cannot be written to is told now, not at the end
    effort = Effort.quick() if quick else Effort()
    steps, total = bler_rows(CASES, effort, seed), sum(len(case.tutorial) for case in CASES)
    console = Console(stderr=True)
    rows = list(track(steps, "decoding", total=total, console=console, transient=True))
    gaps = gaps_db(rows)
    _show_curves(rows, gaps)
    if as_json:
        import json

        from gsc_sdr.recording.commit import git_commit

        about = {"effort": asdict(effort), "seed": seed, "commit": git_commit()}
        found = {"rows": rows, "gaps": gaps, "settings": about}
        as_json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if plot:
        from gsc_sdr.plots.bler import block_errors
        from gsc_sdr.plots.figure import save

        save(block_errors(rows), plot)


def _show_curves(rows: list[dict[str, Any]], gaps: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title="gsc-sdr bench bler", title_justify="left")
    for heading in ("code", "Eb/N0 dB", "BLER", "blocks", "tutorial", "Sionna here", "blocks"):
        table.add_column(heading, justify="right")
    for row in rows:
        theirs = (_figure(row["tutorial_bler"], ".2e"), _figure(row["sionna_bler"], ".2e"))
        cells = (f"{row['ebno_db']:g}", f"{row['bler']:.2e}", str(row["blocks"]), *theirs)
        table.add_row(row["case"], *cells, str(row["sionna_blocks"]))
    console.print(table)
    table = Table("code", "at BLER", "ours dB", "to tutorial dB", "to Sionna here dB")
    for gap in gaps:
        to = (_figure(gap[key], "+.2f") for key in ("gap_to_tutorial_db", "gap_to_sionna_db"))
        table.add_row(gap["case"], f"{gap['target']:g}", _figure(gap["ours_db"], ".2f"), *to)
    console.print(table)


def _figure(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def mcs(
    channel: Annotated[str, typer.Option("--channel", help="List: awgn,tdl-c")] = "awgn,tdl-c",
    symbols: Annotated[
        str, typer.Option("--symbols", help="Symbols of a picture, a list.")
    ] = "2048,512,24576",
    as_json: Annotated[
        Path | None,
        typer.Option("--json", help="Keep the table here; what is in it is not measured again."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A tenth of the blocks, a coarser grid.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Measure all of it anew.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0, max=1_000_000)] = 0,
) -> None:
    """Find the lowest mean SNR at which 1 % of code blocks fail, for each scheme.

    Pictures of random bytes are sent as frames through a simulated channel and
    received as any picture is, without GNU Radio; a lost frame is a hole, a lost
    picture failed blocks. What is done is kept at once: a run that was ended goes on
    where it was. The figures do not depend on the number of workers.
    """
    table = {} if as_json is None else _kept(as_json)
    cells = {(cell.channel, cell.n_symbols): cell for cell in _cells(channel, symbols, quick, seed)}
    for place, cell in cells.items():
        if again or not _is_of(table.get(place, {}), cell):
            table[place] = asdict(cell) | {"rows": []}
    for place, rows in _measured(cells, table, workers):
        table[place]["rows"] = sorted(table[place]["rows"] + rows, key=lambda row: row["index"])
        if as_json:
            _keep(as_json, table)
    for place in cells:
        _show_thresholds(table[place])


def _measured(
    cells: dict[Place, Cell], table: dict[Place, dict[str, Any]], workers: int
) -> Iterator[tuple[Place, list[dict[str, Any]]]]:
    """Measure in processes what the table lacks; yield the rows of a part when it is done."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import Progress

    from gsc_sdr.experiments.mcs import measure_part, parts

    console = Console(stderr=True)
    with (
        ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool,
        Progress(console=console, transient=True) as progress,
    ):
        jobs = {}
        for place, cell in cells.items():
            found = {row["mcs"] for row in table[place]["rows"]}
            wanted = [part for part in parts() if not found.intersection(part)]
            jobs.update({pool.submit(measure_part, cell, part): place for part in wanted})
        for job in progress.track(as_completed(jobs), total=len(jobs), description="sending"):
            yield jobs[job], job.result()


def _one_thread() -> None:
    """Keep a worker to one core."""
    import torch

    torch.set_num_threads(1)


def _cells(channel: str, symbols: str, quick: bool, seed: int) -> list[Cell]:
    """Return what is to be measured, in order."""
    from gsc_sdr.errors import ConfigError
    from gsc_sdr.experiments.mcs import Cell

    try:
        sizes = [int(part) for part in symbols.split(",") if part.strip()]
    except ValueError as error:
        raise ConfigError(f"--symbols is {symbols!r}; give whole numbers: 512,2048") from error
    names = [part.strip() for part in channel.split(",") if part.strip()]
    if not sizes or not names or not all(64 <= size <= 589_248 for size in sizes):
        raise ConfigError(
            f"--channel is {channel!r} and --symbols {symbols!r}; give names of channels, and "
            "numbers from 64 to 589248"
        )
    return [Cell.usual(name, size, quick, seed) for name in names for size in sizes]


def _kept(path: Path) -> dict[Place, dict[str, Any]]:
    """Return what an earlier run measured."""
    import json

    from gsc_sdr.errors import ConfigError

    if not path.exists():
        return {}
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return {(str(cell["channel"]), int(cell["n_symbols"])): dict(cell) for cell in cells}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no table of thresholds: give another --json") from error


def _is_of(kept: dict[str, Any], cell: Cell) -> bool:
    """Return whether kept figures were measured just so."""
    return all(kept.get(key) == value for key, value in asdict(cell).items())


def _keep(path: Path, table: dict[Place, dict[str, Any]]) -> None:
    """Write the table, whole or not at all."""
    import json

    from gsc_sdr.experiments.mcs import TARGET_BLER
    from gsc_sdr.recording.commit import git_commit

    about = {"target_bler": TARGET_BLER, "commit": git_commit()}
    part = path.with_name(f".{path.name}.part")
    part.write_text(
        json.dumps(about | {"cells": list(table.values())}, indent=1) + "\n", encoding="utf-8"
    )
    part.replace(path)


def _show_thresholds(cell: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"gsc-sdr bench mcs: {cell['channel']}, {cell['n_symbols']} symbols"
    table = Table(title=title, title_justify="left")
    for heading in ("scheme", "bits a symbol", "needs dB", "blocks there", "failed", "pictures"):
        table.add_column(heading, justify="right")
    for row in cell["rows"]:
        points = [one for one in row["points"] if one["snr_db"] == row["threshold_db"]]
        at = max(points, key=lambda one: int(one["blocks"]), default=None)
        counts = ("-",) * 3 if at is None else (at["blocks"], at["blocks_failed"], at["pictures"])
        needs = "-" if row["threshold_db"] is None else f"{row['threshold_db']:g}"
        table.add_row(row["mcs"], f"{row['efficiency']:.2f}", needs, *map(str, counts))
    Console().print(table)
