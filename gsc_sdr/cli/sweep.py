# SPDX-License-Identifier: MIT
"""The verb ``bench sweep``: every codec at every rate, SNR and channel, as rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gsc_sdr.experiments.plan import SweepPlan
    from gsc_sdr.experiments.pools import Pool
    from gsc_sdr.experiments.sweep import Progress, Sweep
    from gsc_sdr.experiments.workers import Problem

__all__ = ["make_pool", "numbers", "run_with_progress", "said", "sweep", "words"]

_COLUMNS = (
    ("codec", "codec", "{}"),
    ("channel", "channel", "{}"),
    ("rate", "rate", "{}"),
    ("snr_db", "SNR dB", "{:g}"),
    ("psnr_db", "PSNR dB", "{:.2f}"),
    ("ms_ssim", "MS-SSIM", "{:.4f}"),
    ("lpips", "LPIPS", "{:.4f}"),
    ("failed", "failed", "{}"),
    ("n_images", "of", "{}"),
)
_KINDS = {"absent": "absent", "impossible": "left out", "crash": "crashed"}
_STOPPED = 130  # what a shell calls Ctrl-C


def sweep(
    images: Annotated[Path, typer.Option("--images", help="A folder of pictures.")],
    out: Annotated[Path, typer.Option("--out", help="File of rows; gone on with if it exists.")],
    codecs: Annotated[str, typer.Option("--codecs", help="List: gsc,avif+ldpc,...")] = "gsc",
    rates: Annotated[str, typer.Option("--rates", help="List: 1/384,1/96")] = "1/384,1/192,1/96",
    snr_db: Annotated[str, typer.Option("--snr-db", help="List: --snr-db=-5,0,10")] = "0,5,10,20",
    channels: Annotated[str, typer.Option("--channels", help="Profiles or .toml files.")] = "awgn",
    crop: Annotated[int, typer.Option("--crop", min=0, help="Centre crop; 0: whole.")] = 256,
    through: Annotated[str, typer.Option("--through", help="arrays or gnuradio.")] = "arrays",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of noise and fading.")] = 0,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Processes; as many as processors.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Folder of the metrics' weights.")
    ] = None,
    measures: Annotated[
        str, typer.Option("--measures", help="List: psnr_db,ms_ssim,lpips; all if not given.")
    ] = "",
    prompt: Annotated[str, typer.Option("--prompt", help="Goes with each picture.")] = "a photo",
    ray: Annotated[
        str | None, typer.Option("--ray", help="Address of a Ray cluster, or local.")
    ] = None,
    vae: Annotated[str | None, typer.Option("--vae", help="Another autoencoder.")] = None,
    jscc: Annotated[str | None, typer.Option("--jscc", help="Another codec.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "cpu",
) -> None:
    """Send pictures by each codec at each rate, SNR and channel; write one row each.

    Rows are JSON lines. A sweep that was stopped, however it was, is gone on with by
    the same command; more codecs, rates, SNRs, channels and pictures may be added. A
    row is the same whatever else is measured beside it, but for its times. SNR is
    Es/N0 per complex symbol on an active subcarrier. Each picture has its own noise
    and fading at each channel and SNR, the same for all codecs and rates. A picture
    that a codec cannot show counts as mid-grey.
    """
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.cli.through import runner
    from gsc_sdr.engine.by_name import CodecOptions
    from gsc_sdr.experiments.plan import Bench, SweepPlan, find_pictures

    bench = Bench(
        seed=seed,
        crop=crop,
        prompt=prompt,
        through=through,
        run=runner(through),
        weights=str(weights) if weights else None,
        options=CodecOptions(vae, jscc, device),
        measures=words(measures),
    )
    plan = SweepPlan(
        codecs=words(codecs),
        rates=words(rates),
        snrs_db=numbers(snr_db),
        channels=tuple(profile(name) for name in words(channels)),
        pictures=find_pictures(images),
        bench=bench,
    )
    done = run_with_progress(plan, out, make_pool(jobs, ray))
    _show(done, out)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list that has commas between them."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def numbers(text: str, option: str = "--snr-db") -> tuple[float, ...]:
    """Return the numbers of a list; ConfigError names the option that has none."""
    import math

    from gsc_sdr.errors import ConfigError

    try:
        values = tuple(float(word) for word in words(text))
    except ValueError as error:
        raise ConfigError(f"{option} is {text!r}; give numbers: 0,10,20") from error
    if not values or not all(math.isfinite(value) for value in values):
        raise ConfigError(f"{option} is {text!r}; give finite numbers: 0,10,20")
    return values


def make_pool(jobs: int | None, ray: str | None) -> Pool:
    """Return where the work is done: on a Ray cluster, or in processes of this machine."""
    import os

    if ray is not None:
        from gsc_sdr.experiments.cluster import on_ray

        return on_ray(ray, jobs or 2)
    from gsc_sdr.experiments.pools import in_processes

    return in_processes(jobs or len(os.sched_getaffinity(0)))


def run_with_progress(plan: SweepPlan, out: Path, pool: Pool) -> Sweep:
    """Run a sweep with a bar on stderr; what has no row is said there, once."""
    from gsc_sdr.experiments.sweep import run_sweep

    try:
        with _bar() as on_progress:
            return run_sweep(plan, out, pool, on_progress)
    except KeyboardInterrupt:
        typer.echo(f"stopped; {out} is whole: the same command goes on from there", err=True)
        raise typer.Exit(_STOPPED) from None


def said(problem: Problem) -> str:
    """Return in one line why something has no row."""
    return f"{problem.codec}: {_KINDS[problem.kind]}: {problem.message}"


@contextlib.contextmanager
def _bar() -> Iterator[Any]:
    """Yield a function that shows how far a sweep is."""
    from rich import progress as rich
    from rich.console import Console

    columns = (
        *(rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn()),
        *(rich.TextColumn("{task.fields[speed]}"), rich.TimeElapsedColumn()),
        *(rich.TextColumn("left"), rich.TimeRemainingColumn(elapsed_when_finished=False)),
    )
    console = Console(stderr=True)
    with rich.Progress(*columns, console=console, transient=True, speed_estimate_period=600) as bar:
        task = bar.add_task("rows", total=None, speed="")
        told: list[Any] = []

        def show(now: Progress) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            speed = (now.n_done - now.n_before) / elapsed if elapsed else 0.0
            bar.update(task, total=now.n_rows, completed=now.n_done, speed=f"{speed:.2f}/s")
            for problem in now.problems[len(told) :]:
                told.append(problem)
                console.print(said(problem), markup=False, soft_wrap=True)

        yield show


def _show(done: Sweep, out: Path) -> None:
    """Print means, one line a point."""
    from rich.console import Console
    from rich.table import Table

    from gsc_sdr.experiments.summary import summarise_points

    table = Table(title="gsc-sdr bench sweep: means over pictures", title_justify="left")
    for _, heading, _ in _COLUMNS:
        table.add_column(heading, justify="right")
    for row in summarise_points(done.rows, ("psnr_db", "ms_ssim", "lpips")):
        cells = ("-" if row[key] is None else text.format(row[key]) for key, _, text in _COLUMNS)
        table.add_row(*cells)
    wide = Console()
    wide.width = max(wide.width, 100)
    wide.print(table)
    typer.echo("SNR is Es/N0 per complex symbol on an active subcarrier.")
    for problem in done.problems:
        typer.echo(said(problem))
    typer.echo(f"{len(done.rows)} rows in {out}")
