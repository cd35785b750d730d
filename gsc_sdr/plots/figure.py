# SPDX-License-Identifier: MIT
"""How every figure of this package looks, and how it reaches the disk."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["COLOURS", "DPI", "panels", "save", "save_both"]

DPI = 100  # pixels an inch: sizes in pixels are sizes in inches times this
COLOURS = ("#1f5f8b", "#c8553d", "#3d8361", "#8a5a9e", "#b98b2b", "#555b6e")


def panels(
    width: int, height: int, n_columns: int = 1, n_rows: int = 1
) -> tuple[Figure, list[Axes]]:
    """Return a figure of ``width`` x ``height`` pixels and its axes, row by row.

    No global state: nothing here goes through pyplot, so that figures can be
    drawn in any thread and need no screen.
    """
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, layout="constrained")
    axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel().tolist()
    for one in axes:
        one.grid(color="#dddddd", linewidth=0.6)
        one.set_axisbelow(True)
        for side in ("top", "right"):
            one.spines[side].set_visible(False)
    return figure, axes


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG or SVG, whole or not at all; equal figures give equal bytes.

    Parameters
    ----------
    figure : Figure
        At its own resolution, where it goes into a PNG.
    path : Path
        A name that ends in ``.svg`` makes an SVG, any other a PNG.
    """
    part = path.with_name(f".{path.name}.part")
    form = "svg" if path.suffix.lower() == ".svg" else "png"
    # A date, or ids drawn at random, would make each file differ from the last.
    said = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    try:
        with rc_context({"svg.hashsalt": "gsc-sdr", "svg.fonttype": "path"}):
            figure.savefig(part, format=form, metadata=said)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def save_both(figure: Figure, stem: Path) -> list[Path]:
    """Write a figure as PNG and as SVG under one stem, in a folder that is made if need be."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.with_name(f"{stem.name}.{form}") for form in ("png", "svg")]
    for path in paths:
        save(figure, path)
    return paths
