# SPDX-License-Identifier: MIT
"""A page's width of panels with one legend above them and one caption below.

Nothing is smaller than 8 points at the width of a printed page, and legend and
caption stand outside the panels, so that they never cover data.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["INK", "SMALL", "SNR_LABEL", "WIDTH", "finish", "sheet"]

WIDTH = 7.16  # inches: a page of two columns
SMALL = 8.0  # points
SNR_LABEL = "SNR in dB: Es/N0 of a subcarrier"
_DPI = 200
_LINE = 0.145  # inches from line to line of small print
_COLUMNS = 122  # letters of small print across the page
INK, _GRID = "#222222", "#dddddd"


def sheet(n_rows: int, n_columns: int, height: float, **shared: Any) -> tuple[Figure, list[Axes]]:
    """Return a figure as wide as a page, and its panels row by row.

    Parameters
    ----------
    n_rows, n_columns : int
        Panels.
    height : float, inches
        Of a row of panels.
    shared : bool or str
        ``sharex``, ``sharey`` as matplotlib has them.
    """
    figure = Figure((WIDTH, n_rows * height), dpi=_DPI, layout="constrained", facecolor="white")
    axes = figure.subplots(n_rows, n_columns, squeeze=False, **shared).ravel().tolist()
    for one in axes:
        one.grid(color=_GRID, linewidth=0.5)
        one.set_axisbelow(True)
        one.tick_params(labelsize=SMALL, length=2.5, width=0.6, colors=INK)
        for text in (one.title, one.xaxis.label, one.yaxis.label):
            text.set(fontsize=SMALL + 0.5, color=INK)
        for side, spine in one.spines.items():
            spine.set(visible=side in ("left", "bottom"), linewidth=0.6, color=INK)
    return figure, axes


def finish(
    figure: Figure,
    title: str,
    entries: Sequence[Artist],
    notes: Iterable[str] = (),
    x_label: str = "",
) -> Figure:
    """Add title and legend above the panels, and notes below; the page grows by them.

    Parameters
    ----------
    figure : Figure
        From :func:`sheet`.
    title : str
        One line.
    entries : sequence of Artist
        Of the legend, each with a label.
    notes : iterable of str
        Sentences.
    x_label : str
        Of all panels' horizontal axis.
    """
    lines = textwrap.wrap(" ".join(note for note in notes if note), _COLUMNS)
    n_columns = _legend_columns([str(entry.get_label()) for entry in entries])
    n_legend = -(-len(entries) // n_columns) if entries else 0
    small = _LINE * len(lines) + 0.06
    foot, head = small + (0.2 if x_label else 0), 0.26 + 0.152 * n_legend
    height = figure.get_figheight() + foot + head
    figure.set_figheight(height)
    engine: Any = figure.get_layout_engine()
    engine.set(rect=(0, foot / height, 1, 1 - (foot + head) / height))
    if x_label:
        low, size = (small + 0.06) / height, SMALL + 0.5
        named = figure.text(0.5, low, x_label, fontsize=size, color=INK, ha="center")
        named.set_in_layout(False)
    top = 1 - 0.14 / height
    figure.text(0.5, top, title, fontsize=9.5, weight="bold", ha="center", va="center", color=INK)
    if entries:
        placed = figure.legend(
            handles=list(entries),
            loc="upper center",
            bbox_to_anchor=(0.5, 1 - 0.23 / height),
            ncols=n_columns,
            fontsize=SMALL,
            frameon=False,
            borderaxespad=0,
            borderpad=0.1,
            handlelength=3.4,
            columnspacing=1.4,
            labelspacing=0.35,
        )
        placed.set_in_layout(False)
    figure.text(
        0.01,
        0.04 / height,
        "\n".join(lines),
        fontsize=SMALL,
        va="bottom",
        color="#444444",
        linespacing=1.25,
    ).set_in_layout(False)
    return figure


def _legend_columns(labels: Sequence[str]) -> int:
    """Return how many entries stand side by side: as few lines as the page's width allows."""

    def lines(n_columns: int) -> int:
        return -(-len(labels) // n_columns)

    fitting = [n for n in range(1, len(labels) + 1) if _legend_width(labels, n) < WIDTH - 0.2]
    fewest = lines(max(fitting, default=1))
    return min((n for n in fitting if lines(n) == fewest), default=1)


def _legend_width(labels: Sequence[str], n_columns: int) -> float:
    """Return inches of a legend that is filled column by column, as matplotlib does."""
    short, n_longer = divmod(len(labels), n_columns)
    width, at = 0.0, 0
    for column in range(n_columns):
        end = at + short + (column < n_longer)
        width += 0.068 * max(map(len, labels[at:end]), default=0) + 0.62
        at = end
    return width
