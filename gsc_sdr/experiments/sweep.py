# SPDX-License-Identifier: MIT
"""A sweep: every codec at every point, as rows in a file that can always be gone on with.

A row depends on its own point and the sweep's settings, and on nothing else: not on
what else is measured, the order, the number of processes, or whether Ray carries the
work. Only the times in ``TIMES`` differ from one run to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gsc_sdr
from gsc_sdr.errors import ConfigError, GscError
from gsc_sdr.experiments.plan import SweepPlan
from gsc_sdr.experiments.pools import Pool, in_this_process
from gsc_sdr.experiments.rows import RowsFile, row_key
from gsc_sdr.experiments.workers import Outcome, Problem, digest

__all__ = ["Progress", "Sweep", "run_sweep"]

_MOST_CRASHES = 5  # of a codec; its other points will not do better

Row = dict[str, Any]


@dataclass
class Progress:
    """How far a sweep is.

    Attributes
    ----------
    n_rows, n_done, n_before : int
        Rows of the grid, those in the file, and those that were there at the start.
    problems : list of Problem
        What has no row, and why; each said once.
    """

    n_rows: int
    n_done: int
    n_before: int
    problems: list[Problem]


@dataclass(frozen=True)
class Sweep:
    """What a sweep left.

    Attributes
    ----------
    rows : list of dict
        The rows of the plan, in its order; rows of other plans in the file are not here.
    problems : list of Problem
        What has no row, and why.
    """

    rows: list[Row]
    problems: list[Problem]


def run_sweep(
    plan: SweepPlan,
    out: Path,
    pool: Pool = in_this_process,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Sweep:
    """Measure what a file of rows has not yet of a plan, and add it there.

    Parameters
    ----------
    plan : SweepPlan
        What is wanted.
    out : Path
        The file of rows; one that exists is gone on with.
    pool : Pool
        Where the work is done.
    on_progress : (Progress) -> None
        Called after each chunk.

    Returns
    -------
    Sweep
        Rows of what could be measured, and why the rest could not.

    Raises
    ------
    ConfigError
        If the file has rows of another version or of other settings, or takes no more.
    GscError
        If no row came of it, a worker process died, or points crashed.
    """
    with RowsFile(out) as file:
        _check_same(file.rows, plan, out)
        wanted = _Wanted(plan)
        done = {row_key(row) for row in file.rows}
        n_before = len(done & wanted.keys.keys())
        progress = Progress(plan.n_rows, n_before, n_before, [])
        made_by = {name: value for row in file.rows for name, value in _made_by(row).items()}
        on_progress(progress)
        for outcome in pool(plan.bench, plan.chunks(done, wanted.is_open)):
            _check_made_by(outcome, made_by, out)
            file.append(outcome.rows)
            progress.n_done += len(outcome.rows)
            _note(progress, outcome, wanted)
            on_progress(progress)
        file.sort(wanted.place)
        rows = [row for row in file.rows if row_key(row) in wanted.keys]
    _raise_crashes(progress.problems)
    if not rows:
        raise GscError(
            "no row could be measured: " + "; ".join(p.message for p in progress.problems)
        )
    return Sweep(rows, progress.problems)


class _Wanted:
    """The keys of a plan in its order, and the codecs that were given up."""

    def __init__(self, plan: SweepPlan) -> None:
        self.given_up: set[str] = set()
        keys = (
            plan.key(codec, image, rate, channel.name, snr_db)
            for image, _ in plan.pictures
            for codec in plan.codecs
            for rate in plan.rates
            for channel in plan.channels
            for snr_db in plan.snrs_db
        )
        self.keys = {key: index for index, key in enumerate(keys)}

    def is_open(self, codec: str) -> bool:
        """Tell whether a codec is worth another try."""
        return codec not in self.given_up

    def place(self, row: Row) -> tuple[Any, ...]:
        """Return what sorts a row: the plan's order, then rows of other plans."""
        key = row_key(row)
        return (self.keys.get(key, len(self.keys)), *key)


def _note(progress: Progress, outcome: Outcome, wanted: _Wanted) -> None:
    """Keep the problems of an outcome that are new; give up codecs that do not work."""
    for problem in outcome.problems:
        if problem in progress.problems:
            continue
        progress.problems.append(problem)
        same = [(p.kind, p.codec) for p in progress.problems].count(("crash", problem.codec))
        if problem.kind == "absent" or same >= _MOST_CRASHES:
            wanted.given_up.add(problem.codec)


def _raise_crashes(problems: Sequence[Problem]) -> None:
    crashes = [problem.message for problem in problems if problem.kind == "crash"]
    if crashes:
        raise GscError(
            f"points crashed: {len(crashes)} (a codec is given up after {_MOST_CRASHES}); all "
            f"other rows are in the file. First: {crashes[0]}"
        )


def _check_same(rows: Sequence[Row], plan: SweepPlan, out: Path) -> None:
    """Refuse to go on with rows that were made otherwise."""
    bench = plan.bench
    same = {
        "version": gsc_sdr.__version__,
        "seed": bench.seed,
        "size": bench.size,
        "prompt_sent": bench.prompt,
    }
    channels = {channel.name: digest(channel) for channel in plan.channels}
    pictures = dict(plan.pictures)
    known = {row["image"] for row in rows} & pictures.keys()
    pixels = {name: digest(bench.open(pictures[name])) for name in sorted(known)}
    for row in rows:
        is_bound = row.get("through") == "none"
        wanted = same | ({} if is_bound else {"through": bench.through})
        if row["image"] in pixels:
            wanted["image_digest"] = pixels[row["image"]]
        if row["channel"] in channels:
            wanted["channel_digest"] = channels[row["channel"]]
        for name, value in wanted.items():
            if row.get(name) != value:
                raise ConfigError(
                    f"{out} has a row of {row['codec']}, {row['image']}, {row['channel']} with "
                    f"{name} {row.get(name)!r}, and this sweep has {value!r}: choose another "
                    "--out, or the settings of that file"
                )


def _made_by(row: Row) -> dict[str, Any]:
    """Return what only a worker knows and what must not change within a file."""
    return {f"{row['codec']}: models": row.get("models"), "absent metrics": row.get("absent")}


def _check_made_by(outcome: Outcome, made_by: dict[str, Any], out: Path) -> None:
    """Refuse to mix rows that different models or metrics made."""
    for row in outcome.rows:
        for name, value in _made_by(row).items():
            before = made_by.setdefault(name, value)
            if value != before:
                raise ConfigError(
                    f"{out} has rows with {name} {before}, and this sweep has {value}: choose "
                    "another --out, or the models and --weights of that file"
                )
