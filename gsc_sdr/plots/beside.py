# SPDX-License-Identifier: MIT
"""Published curves as thin grey lines without marks: beside what was measured, not in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import log2
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gsc_sdr.plots.published import Published, published_for
from gsc_sdr.plots.rows import Row

__all__ = ["draw_published", "published_entries", "published_note"]

_LINES = {  # name: grey, dashes
    "SwinJSCC": ("#555555", (0, (7, 3))),
    "WITT": ("#8c8c8c", (0, (3, 1.5))),
    "DeepJSCC": ("#555555", (0, (1, 2.2))),
    "BPG+LDPC": ("#8c8c8c", (0, (7, 2, 1.5, 2))),
    "BPG+capacity": ("#555555", (0, (3, 2, 1, 2))),
    "NTSCC without z": ("#8c8c8c", (0, (11, 4))),
    "NTC+LDPC": ("#8c8c8c", (0, (1, 1.2))),
}
_TRAINED_FOR_IT = "trained for MS-SSIM"
_OTHER = ("#8c8c8c", (0, (5, 5)))


def draw_published(
    axes: Axes, rows: Sequence[Row], name: str, over: str, value: Any
) -> list[Published]:
    """Draw what others published for a panel, where it was taken as the rows were.

    Parameters
    ----------
    axes : Axes
        The panel.
    rows : sequence of Row
        What is drawn in it.
    name : str
        The measure.
    over : str
        The key along the axis, ``snr_db`` or ``rate``.
    value : str or float
        The rate, or the SNR in dB, of the panel.

    Returns
    -------
    list of Published
        What was drawn.
    """
    drawn = []
    for one in published_for(rows, name):
        if over == "snr_db":
            points = [(snr, y) for cbr, snr, y in one.points if _is_near(cbr, Fraction(value))]
        else:
            points = [(log2(cbr), y) for cbr, snr, y in one.points if _is_near(snr, value)]
        if len(points) > 1:
            xs, ys = zip(*sorted(points), strict=True)
            axes.plot(xs, ys, zorder=1.5, **_line(one.name))
            drawn.append(one)
    return drawn


def published_entries(drawn: Iterable[Published]) -> list[Line2D]:
    """Return legend entries, one a system, each marked as published."""
    names = {one.name for one in drawn}
    known = [name for name in _LINES if name in names]
    return [
        Line2D([], [], label=f"{name}, published", **_line(name))
        for name in known + sorted(names - set(known))
    ]


def published_note(drawn: Sequence[Published]) -> str:
    """Return a sentence on what the curves are and how their figures were had."""
    if not drawn:
        return "No published curve was taken as these rows were (Kodak, full size, AWGN)."
    read_off = sorted({one.name for one in drawn if not one.exact})
    how = f"; read off plots: {', '.join(read_off)}" if read_off else ""
    note = f"Published: Kodak at full size, as their authors measured it{how}."
    if any(_TRAINED_FOR_IT in one.source for one in drawn):
        note += " Networks whose MS-SSIM is read off were trained for it."
    return note


def _line(name: str) -> dict[str, Any]:
    colour, dashes = _LINES.get(name, _OTHER)
    return {"color": colour, "linestyle": dashes, "linewidth": 0.9}


def _is_near(one: float, other: Any) -> bool:
    return abs(one - float(other)) < 1e-6
