# SPDX-License-Identifier: MIT
"""Block errors over Eb/N0: ours, the tutorial's, and Sionna's beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.figure import COLOURS, panels

__all__ = ["block_errors"]

_STYLES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("bler", "here", {"marker": "o", "linestyle": "-"}),
    ("tutorial_bler", "Sionna's tutorial", {"marker": "s", "linestyle": ":", "fillstyle": "none"}),
    ("sionna_bler", "Sionna's chain, same run", {"marker": "x", "linestyle": "--"}),
)


def block_errors(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the rows of ``gsc-sdr bench bler``: a colour a code, a stroke a source.

    Parameters
    ----------
    rows : sequence of mappings
        Each with ``case``, ``ebno_db``, ``bler``, ``tutorial_bler`` and ``sionna_bler``;
        points without a figure, or without an error, are left out.

    Raises
    ------
    ConfigError
        If there is nothing to draw.
    """
    if not any(row["bler"] for row in rows):
        raise ConfigError("no row has a block error to draw; measure at lower Eb/N0")
    figure, (axes,) = panels(860, 520)
    for index, name in enumerate(dict.fromkeys(row["case"] for row in rows)):
        of_case = [row for row in rows if row["case"] == name]
        colour = COLOURS[index % len(COLOURS)]
        for key, _, style in _STYLES:
            points = [(row["ebno_db"], row[key]) for row in of_case if row[key]]
            if points:
                label = name if key == "bler" else None
                ebno_db, bler = zip(*points, strict=True)
                axes.plot(ebno_db, bler, color=colour, label=label, **style)
    axes.set_yscale("log")
    axes.set_xlabel("Eb/N0 in dB")
    axes.set_ylabel("block error rate")
    _explain(axes)
    return figure


def _explain(axes: Axes) -> None:
    """Name codes and sources in two legends beside the curves."""
    codes = axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.add_artist(codes)
    strokes = [axes.plot([], [], color="#333333", **style)[0] for _, _, style in _STYLES]
    names = [name for _, name, _ in _STYLES]
    axes.legend(strokes, names, frameon=False, fontsize=8, loc="lower left")
