# SPDX-License-Identifier: MIT
"""The verb ``bench baselines``: where the neural link wins and where it loses."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gsc_sdr.cli.sweep import make_pool, numbers, run_with_progress, said, words

__all__ = ["baselines"]

_CODECS = "gsc,jpeg+ldpc,j2k+ldpc,webp+ldpc,avif+ldpc,heic+ldpc,jxl+ldpc"
_RATES = "1/384,1/192,1/96"
_SNRS = "0,5,10,20"
_CHANNEL = "awgn"
_NAMES = {"psnr_db": ("PSNR dB", "{:.2f}"), "ms_ssim": ("MS-SSIM", "{:.3f}")}
_NAMES |= {"lpips": ("LPIPS", "{:.3f}")}


def baselines(
    as_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="A folder of pictures; else the demo picture.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option("--rows", help="Rows of a sweep; then nothing is sent.")
    ] = None,
    codecs: Annotated[str | None, typer.Option("--codecs", help=f"List: {_CODECS}")] = None,
    rates: Annotated[str | None, typer.Option("--rates", help=f"List: {_RATES}")] = None,
    snr_db: Annotated[str | None, typer.Option("--snr-db", help=f"List: {_SNRS}")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help=f"List: {_CHANNEL}")] = None,
    crop: Annotated[int, typer.Option("--crop", min=0, help="Centre crop; 0: whole.")] = 256,
    through: Annotated[str, typer.Option("--through", help="arrays or gnuradio.")] = "arrays",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of noise and fading.")] = 0,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes; as many as processors.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Folder of the metrics' weights.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Keep the rows here; gone on with if it exists.")
    ] = None,
) -> None:
    """Compare the neural link with the best digital baseline, cell by cell.

    A cell is one channel, rate and SNR: the same pictures, count of complex symbols,
    frames, noise and fading for all. The baseline is, for each metric, the image codec
    with 5G LDPC and QAM that is best by it there. With --rows, from a sweep that was
    made; the lists then choose among its rows. Else the sweep is made now.
    """
    asked = {"codecs": codecs, "rates": rates, "snr_db": snr_db, "channel": channel}
    if as_json:
        as_json.touch()  # a place that cannot be written to is told now, not at the end
    notes: list[str] = []
    if rows is not None:
        found = _chosen(rows, asked)
    else:
        bench = {"crop": crop, "through": through, "seed": seed, "weights": weights}
        found, notes = _measured(asked, bench, (images, out, jobs))
    from gsc_sdr.experiments.compare import compare_cells, mean_rows

    means = mean_rows(found)
    cells = compare_cells(means)
    _show(cells, notes)
    if as_json:
        _write(as_json, {"rows": means, "cells": cells, "notes": notes})


def _chosen(path: Path, asked: dict[str, str | None]) -> list[dict[str, Any]]:
    """Read rows, and keep those of the lists that were given."""
    from gsc_sdr.errors import ConfigError
    from gsc_sdr.experiments.rows import read_rows

    found = read_rows(path)
    for name, key in (("codecs", "codec"), ("rates", "rate"), ("channel", "channel")):
        text = asked[name]
        if text is not None:
            found = [row for row in found if row[key] in words(text)]
    snrs = asked["snr_db"]
    if snrs is not None:
        found = [row for row in found if row["snr_db"] in numbers(snrs)]
    if not found:
        raise ConfigError(f"--rows {path} has no row of what was asked for: sweep it first")
    return found


def _measured(
    asked: dict[str, str | None], bench: dict[str, Any], work: Any
) -> tuple[list[dict[str, Any]], list[str]]:
    """Make the sweep; return its rows, and why there are not more."""
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.cli.through import runner
    from gsc_sdr.experiments.plan import Bench, SweepPlan, find_pictures

    images, out, jobs = work
    weights = bench.pop("weights")
    plan = SweepPlan(
        codecs=words(asked["codecs"] or _CODECS),
        rates=words(asked["rates"] or _RATES),
        snrs_db=numbers(asked["snr_db"] or _SNRS),
        channels=tuple(profile(name) for name in words(asked["channel"] or _CHANNEL)),
        pictures=find_pictures(images) if images else (("demo", Path("demo")),),
        bench=Bench(
            **bench, run=runner(bench["through"]), weights=str(weights) if weights else None
        ),
    )
    with _place(out) as path:
        done = run_with_progress(plan, path, make_pool(jobs, None))
    return done.rows, [said(problem) for problem in done.problems]


@contextlib.contextmanager
def _place(out: Path | None) -> Iterator[Path]:
    """Yield the file for the rows: the user's, or one that goes away."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="gsc-sdr-") as folder:
        yield Path(folder) / "rows.jsonl"


def _show(cells: list[dict[str, Any]], notes: list[str]) -> None:
    """Print who wins each cell, and how often."""
    from rich.console import Console
    from rich.table import Table

    title = "gsc-sdr bench baselines: gsc, best digital baseline, winner"
    table = Table(title=title, title_justify="left")
    for heading in ("channel", "rate", "SNR dB", "of"):
        table.add_column(heading, justify="right")
    for heading, _ in _NAMES.values():
        table.add_column(f"{heading}: gsc", justify="right")
        table.add_column("best digital", justify="right")
        table.add_column("wins")
    for cell in cells:
        about = (cell["channel"], cell["rate"], f"{cell['snr_db']:g}", str(cell["n_images"]))
        duels = (_duel(cell[metric], text) for metric, (_, text) in _NAMES.items())
        table.add_row(*about, *(text for duel in duels for text in duel))
    wide = Console()
    wide.width = max(wide.width, 150)
    wide.print(table)
    for metric, (heading, _) in _NAMES.items():
        winners = [cell[metric]["winner"] for cell in cells]
        judged = [winner for winner in winners if winner is not None]
        absent = "" if judged else " (absent: give --weights)"
        typer.echo(f"{heading}: gsc wins {judged.count('gsc')} of {len(judged)} cells{absent}")
    typer.echo("SNR is Es/N0 per complex symbol on an active subcarrier.")
    for note in notes:
        typer.echo(note)


def _duel(duel: dict[str, Any], text: str) -> tuple[str, str, str]:
    """Return one metric's three entries of the table."""
    ours = "-" if duel["ours"] is None else text.format(duel["ours"])
    if duel["winner"] is None:
        return ours, "-", "-"
    return ours, f"{text.format(duel['best_value'])} {duel['best']}", duel["winner"]


def _write(path: Path, content: dict[str, Any]) -> None:
    import json

    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
