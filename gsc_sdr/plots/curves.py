# SPDX-License-Identifier: MIT
"""Panels of curves with confidence bands: what quality over SNR and over CBR share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import log2
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gsc_sdr.config.rate import RATES
from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.beside import draw_published, published_entries, published_note
from gsc_sdr.plots.legend import codec_entries, failed_note, pictures_note, uneven_note
from gsc_sdr.plots.means import curve, per_image, with_figures
from gsc_sdr.plots.published import Published
from gsc_sdr.plots.rows import Row, found, split
from gsc_sdr.plots.sheet import SMALL, SNR_LABEL, finish, sheet
from gsc_sdr.plots.style import look, measure

__all__ = ["OVER_CBR", "OVER_SNR", "Plan", "draw_curves"]

_MOST_COLUMNS = 4
_OURS = "gsc"
_FEW = 5  # pictures
_HEIGHTS = {1: 3.2, 2: 2.5, 3: 2.1}  # inches of a panel, by the panels side by side
_SHARES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)  # ticks of a measure that ends at one
_ALONE: dict[str, Any] = {"color": "#0f2d68", "linewidth": 0.8, "linestyle": (0, (1, 3))}


@dataclass(frozen=True)
class Plan:
    """What stands where.

    Attributes
    ----------
    x, column : str
        Keys of rows: along an axis, and from panel to panel.
    x_label, title : str
        Words.
    column_form : str
        How a panel is headed, with ``{}`` for its value.
    """

    x: str
    column: str
    x_label: str
    title: str
    column_form: str

    def at(self, where: str) -> Plan:
        """Return the plan for a place, which its title then names: channel and picture size."""
        return replace(self, title=f"{self.title}, {where}") if where else self


OVER_SNR = Plan("snr_db", "rate", SNR_LABEL, "Quality over SNR", "rate {}")
OVER_CBR = Plan("rate", "snr_db", "CBR: symbols a source value", "Quality over rate", "SNR {} dB")


def draw_curves(
    rows: Sequence[Row],
    measures: Sequence[str],
    plan: Plan,
    published: bool = False,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw a panel for each measure and each value of a key, a line for each codec.

    MS-SSIM stands on an axis of decibels, -10 log10(1 - MS-SSIM), that is labelled
    with MS-SSIM itself: near one, where pictures are good, it would all be one line.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size.
    measures : sequence of str
        Keys of rows.
    plan : Plan
        What stands where.
    published : bool
        Whether to draw published curves where they were taken the same way.
    notes : sequence of str
        Sentences that the caption ends with.

    Raises
    ------
    ConfigError
        If no row has one of the measures, or there are too many panels.
    """
    rows = [row for row in rows if row["snr_db"] is not None]
    kept = with_figures(rows, measures)
    columns = split(rows, plan.column)
    if len(columns) > _MOST_COLUMNS:
        raise ConfigError(
            f"there are {len(columns)} values of {plan.column} and a page holds {_MOST_COLUMNS}: "
            f"choose among {', '.join(map(_words, columns))}"
        )
    is_row = len(columns) == 1
    n_rows, n_columns = (1, len(measures)) if is_row else (len(measures), len(columns))
    figure, axes = sheet(
        n_rows,
        n_columns,
        _HEIGHTS.get(n_columns, 1.75),
        sharex=True,
        sharey=False if is_row else "row",
    )
    drawn: list[Published] = []
    cells = [(name, value) for name in measures for value in columns]
    for index, (one, (name, value)) in enumerate(zip(axes, cells, strict=True)):
        here = [row for row in kept[name] if row[plan.column] == value]
        if published:
            drawn += draw_published(one, here, name, plan.x, value)
        _draw_panel(one, here, name, plan.x)
        if index < n_columns and not is_row:
            one.set_title(plan.column_form.format(_words(value)), fontsize=SMALL + 0.5)
        if is_row or index % n_columns == 0:
            one.set_ylabel(measure(name).label)
    _set_ticks(axes, found(rows, plan.x), plan.x, n_columns)
    heads = [plan.column_form.format(_words(value)) for value in columns if is_row]
    said = [*_notes(rows, measures), published_note(drawn) if published else "", *notes]
    entries = codec_entries(found(rows, "codec")) + _alone_entry(rows, measures)
    entries += published_entries(drawn)
    return finish(figure, ", ".join([plan.title, *heads]), entries, said, plan.x_label)


def _draw_panel(axes: Axes, rows: Sequence[Row], name: str, x: str) -> None:
    """Draw every codec's means in one panel, and what the autoencoder alone reaches."""
    if name == "ms_ssim":
        axes.set_yscale("function", functions=(_to_db, _from_db))
        axes.set_yticks(_SHARES, [f"{share:g}" for share in _SHARES])
    for own in split(rows, "codec").values():
        _draw_codec(axes, own, name, x)
    ours = [row for row in rows if row["codec"] == _OURS] if name == "psnr_db" else []
    alone = per_image(ours, "psnr_vae_db")
    if alone:
        axes.axhline(float(np.mean(list(alone.values()))), zorder=1.4, **_ALONE)


def _draw_codec(axes: Axes, rows: Sequence[Row], name: str, x: str) -> None:
    """Draw one codec's means and their band; a disc lies under means with failures."""
    points = curve(rows, name, x)
    where = [_place(x, point.x) for point in points]
    means = [point.mean for point in points]
    drawn = look(rows[0]["codec"])
    low, high = [point.low for point in points], [point.high for point in points]
    axes.plot(where, means, zorder=40 - min(drawn.rank, 30), **drawn.line())  # ours on top
    limits = axes.dataLim.frozen()
    axes.fill_between(where, low, high, color=drawn.colour, alpha=0.13, linewidth=0, zorder=2)
    if max(point.n_images for point in points) < _FEW:
        axes.dataLim.set(limits)  # intervals from so few would press all else into one line
    grey = [index for index, point in enumerate(points) if point.n_failed]
    axes.plot(
        [where[index] for index in grey],
        [means[index] for index in grey],
        linestyle="",
        marker="o",
        markersize=8.5,
        markerfacecolor="#c4c4c4",
        markeredgewidth=0,
        zorder=1.9,
    )


def _place(x: str, value: Any) -> float:
    """Return where a value stands on the axis of a key: rates by their logarithm."""
    return log2(Fraction(value)) if x == "rate" else float(value)


def _to_db(share: Any) -> Any:
    return -10 * np.log10(1 - np.minimum(share, 0.9999))


def _from_db(level: Any) -> Any:
    return 1 - 10 ** (-np.asarray(level) / 10)


def _set_ticks(axes: Sequence[Axes], values: Sequence[Any], x: str, n_columns: int) -> None:
    """Set the ticks to rates by name, or to SNRs where something was measured."""
    if x == "rate":
        edges = [edge for one in axes for edge in one.get_xlim()]
        names = [rate.name for rate in RATES]
        seen = [n for n in names if min(edges) <= _place(x, n) <= max(edges)]
        tight = len(seen) * 0.45 > 6.3 / n_columns
        for one in axes:
            one.set_xticks([_place(x, name) for name in seen], seen)
            one.tick_params(axis="x", rotation=60 if tight else 0)
        return
    step = -(-len(values) // (24 // n_columns))
    for one in axes:
        one.set_xticks(values[::step])


def _words(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _alone_entry(rows: Sequence[Row], measures: Sequence[str]) -> list[Line2D]:
    """Return the legend entry of the autoencoder alone, where it is drawn."""
    ours = [row for row in rows if row["codec"] == _OURS and "psnr_db" in measures]
    is_drawn = any(row.get("psnr_vae_db") is not None for row in ours)
    return [Line2D([], [], label="gsc's autoencoder alone", **_ALONE)] if is_drawn else []


def _notes(rows: Sequence[Row], measures: Sequence[str]) -> list[str]:
    """Return the caption."""
    notes = [
        f"Lines: means over {pictures_note(rows)}; bands: 95 % confidence intervals of the means.",
        uneven_note(rows),
        failed_note(rows),
    ]
    if any(row.get("failed") for row in rows):
        notes.append("A grey disc lies under a mean with such pictures in it.")
    if "ms_ssim" in measures:
        notes.append("MS-SSIM stands on an axis of -10 log10(1 - x).")
    for name in measures:
        n_without = sum(row.get(name) is None for row in rows)
        if n_without:
            notes.append(f"{n_without} of {len(rows)} rows have no {measure(name).short}.")
    return notes
