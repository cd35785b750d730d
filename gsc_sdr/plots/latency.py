# SPDX-License-Identifier: MIT
"""How long each stage takes: the median as a bar, the slow ones as marks behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.legend import in_order, pictures_note
from gsc_sdr.plots.rows import Row, split
from gsc_sdr.plots.sheet import INK, SMALL, finish, sheet
from gsc_sdr.plots.style import is_bound, look

__all__ = ["latency_of_rows", "latency_of_stages", "read_stages"]

_STAGES = {"encode_s": "encode", "air_s": "air: channel and receiver", "decode_s": "decode"}
_QUANTILES = ("p50_s", "p95_s", "p99_s")
_BAR = "#8393b5"
_UNIT = "ms a picture"


def latency_of_rows(rows: Sequence[Row], where: str = "") -> Figure:
    """Draw p50, p95 and p99 of each stage in a sweep, a bar for each codec.

    Parameters
    ----------
    rows : sequence of Row
        Of one picture size.
    where : str
        Goes into the title.

    Raises
    ------
    ConfigError
        If no row has the time of any stage.
    """
    rows = [row for row in rows if not is_bound(row["codec"])]
    timed = {name: [row for row in rows if row.get(name) is not None] for name in _STAGES}
    stages = {name: split(own, "codec") for name, own in timed.items() if own}
    if not stages:
        raise ConfigError(f"no row has {' or '.join(_STAGES)}; sweep with codecs that use the air")
    names = in_order(set().union(*stages.values()))
    figure, axes = sheet(1, len(stages), 0.6 + 0.24 * len(names), sharey=True)
    for one, (stage, by_codec) in zip(axes, stages.items(), strict=True):
        times = [[row[stage] for row in by_codec.get(name, [])] or [0.0] for name in names]
        bars = [np.quantile(own, (0.5, 0.95, 0.99)) for own in times]
        _draw_bars(one, bars, [look(name).colour for name in names])
        one.set_title(_STAGES[stage], fontsize=SMALL + 0.5)
    axes[0].set_yticks(range(len(names)), [look(name).label for name in names])
    axes[0].invert_yaxis()
    title = f"Latency by stage, {where}" if where else "Latency by stage"
    notes = [f"Over {pictures_note(rows)} at every rate, SNR and channel of the rows."]
    return finish(figure, title, _entries(), notes, _UNIT)


def latency_of_stages(stages: Sequence[Mapping[str, Any]], where: str = "") -> Figure:
    """Draw what ``gsc-sdr bench latency`` measured, a panel for each picture size.

    Parameters
    ----------
    stages : sequence of mappings
        Each with ``stage``, ``size``, ``p50_s``, ``p95_s`` and ``p99_s``.
    where : str
        Goes into the title.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if not stages:
        raise ConfigError("there are no stages to draw; run `gsc-sdr bench latency --json FILE`")
    sizes = list(dict.fromkeys(entry["size"] for entry in stages))
    names = list(dict.fromkeys(entry["stage"] for entry in stages))
    figure, axes = sheet(1, len(sizes), 0.6 + 0.24 * len(names), sharey=True)
    for one, size in zip(axes, sizes, strict=True):
        here = {entry["stage"]: entry for entry in stages if entry["size"] == size}
        bars = [np.array([here.get(name, {}).get(q, 0.0) for q in _QUANTILES]) for name in names]
        _draw_bars(one, bars, [_BAR] * len(names))
        one.set_title(f"{size} x {size} pixels" if str(size).isdigit() else str(size), fontsize=8.5)
    axes[0].set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes[0].invert_yaxis()
    title = f"Latency by stage, {where}" if where else "Latency by stage"
    return finish(figure, title, _entries(), (), _UNIT)


def read_stages(path: Path) -> list[dict[str, Any]]:
    """Read the stages in a JSON file of ``gsc-sdr bench latency``.

    Raises
    ------
    ConfigError
        If the file holds none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist: name a file of bench latency") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON: give a file of `gsc-sdr bench latency`") from error
    lists = content.values() if isinstance(content, dict) else [content]
    for entries in lists:
        if isinstance(entries, list) and entries and all(map(_is_stage, entries)):
            return [dict(entry) for entry in entries]
    raise ConfigError(
        f"{path} has no list of stage, size, {', '.join(_QUANTILES)}: "
        "give a file of `gsc-sdr bench latency`"
    )


def _is_stage(entry: Any) -> bool:
    return isinstance(entry, dict) and {"stage", "size", *_QUANTILES} <= entry.keys()


def _draw_bars(axes: Axes, bars: Sequence[Any], colours: Sequence[str]) -> None:
    """Draw medians as bars; a line leads to the slowest, with a tick and a diamond on it."""
    for y, (found, colour) in enumerate(zip(bars, colours, strict=True)):
        half, most, nearly_all = 1000 * found
        axes.barh(y, half, height=0.62, color=colour, zorder=2)
        axes.plot([half, nearly_all], [y, y], color=INK, linewidth=0.8, zorder=3)
        axes.plot([most], [y], color=INK, marker="|", markersize=7, zorder=3)
        axes.plot([nearly_all], [y], color=INK, marker="D", markersize=3, zorder=3)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(left=0)


def _entries() -> list[Any]:
    return [
        Patch(facecolor=_BAR, label="p50"),
        Line2D([], [], color=INK, linewidth=0.8, marker="|", markersize=7, label="p95"),
        Line2D([], [], color=INK, linewidth=0.8, marker="D", markersize=3, label="p99"),
    ]
