# SPDX-License-Identifier: MIT
"""Pictures as they arrive: a row for each codec, a column for each SNR."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.plots.sheet import INK, SMALL, WIDTH

__all__ = ["Strip", "Tile", "strips"]

_LEAST_DPI, _MOST_DPI = 200, 300  # between them, pixel for pixel
_LEFT, _GAP, _FOOT = 0.22, 0.05, 0.19  # inches: codec names, between pictures, below one
_HEAD, _LINE, _COLUMNS = 0.46, 0.145, 122


@dataclass(frozen=True)
class Tile:
    """One picture as the user sees it.

    Attributes
    ----------
    image : [height, width, 3], uint8
        sRGB.
    caption : str
        Its figures: ``"23.1 dB"``.
    """

    image: NDArray[np.uint8]
    caption: str = ""


@dataclass(frozen=True)
class Strip:
    """What one codec makes of a picture, from column to column.

    Attributes
    ----------
    label : str
        Names the codec.
    tiles : tuple of Tile
        One a column.
    """

    label: str
    tiles: tuple[Tile, ...]


def strips(
    rows: Sequence[Strip], heads: Sequence[str], title: str = "", notes: Sequence[str] = ()
) -> Figure:
    """Draw strips of pictures below each other.

    Parameters
    ----------
    rows : sequence of Strip
        All with a tile for each head; pictures of one size.
    heads : sequence of str
        Over the columns: ``"5 dB"``.
    title : str
        One line over all.
    notes : sequence of str
        Sentences of the caption.

    Raises
    ------
    ShapeError
        If there is no picture, or a row has more or fewer tiles than there are heads.
    """
    counts = [len(row.tiles) for row in rows]
    if not heads or not rows or set(counts) != {len(heads)}:
        raise ShapeError(
            f"there are {len(heads)} heads and strips of {counts} tiles; pass a tile for each head"
        )
    height, width = rows[0].tiles[0].image.shape[:2]
    tile_w = (WIDTH - _LEFT - _GAP * len(heads)) / len(heads)
    tile_h = tile_w * height / width
    lines = textwrap.wrap(" ".join(notes), _COLUMNS)
    page = _HEAD + len(rows) * (tile_h + _FOOT) + _LINE * len(lines) + 0.08
    dpi = min(max(width / tile_w, _LEAST_DPI), _MOST_DPI)
    figure = Figure((WIDTH, page), dpi=dpi, facecolor="white")

    def write(x: float, y: float, text: str, **style: object) -> None:
        """Write text at inches from the upper left corner."""
        plain = {"fontsize": SMALL, "color": INK, "ha": "center", "va": "center"}
        figure.text(x / WIDTH, 1 - y / page, text, **plain | style)  # type: ignore[arg-type]

    write(WIDTH / 2, 0.13, title, fontsize=9.5, weight="bold")
    for column, head in enumerate(heads):
        write(_LEFT + column * (tile_w + _GAP) + tile_w / 2, 0.36, head, fontsize=SMALL + 0.5)
    for index, row in enumerate(rows):
        top = _HEAD + index * (tile_h + _FOOT)
        write(_LEFT / 2, top + tile_h / 2, row.label, fontsize=SMALL + 0.5, rotation=90)
        for column, tile in enumerate(row.tiles):
            left = _LEFT + column * (tile_w + _GAP)
            place = (left / WIDTH, 1 - (top + tile_h) / page, tile_w / WIDTH, tile_h / page)
            axes = figure.add_axes(place)
            axes.imshow(tile.image, interpolation="antialiased", aspect="auto")
            axes.set_axis_off()
            write(left + tile_w / 2, top + tile_h + 0.08, tile.caption)
    low = page - 0.05
    write(0.05, low, "\n".join(lines), ha="left", va="bottom", color="#444444", linespacing=1.25)
    return figure
