# SPDX-License-Identifier: MIT
"""Pictures side by side, pixel for pixel, with their figures under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gsc_sdr.plots.figure import DPI

__all__ = ["Panel", "side_by_side"]

_MOST, _LEAST = 768, 256  # pixels of a picture's longer side, as shown
_CELL = 280  # pixels of width that a caption needs
_MARGIN, _HEAD, _FOOT = 16, 56, 62  # pixels


@dataclass(frozen=True)
class Panel:
    """One of the pictures.

    Attributes
    ----------
    image : [height, width, 3], uint8
        The picture, sRGB.
    title : str
        What it is: ``"received"``.
    caption : str
        Its figures; a line break starts a second line.
    """

    image: NDArray[np.uint8]
    title: str
    caption: str = ""


def side_by_side(pictures: Sequence[Panel], headline: str = "") -> Figure:
    """Show pictures of one size beside each other.

    Pictures up to 768 pixels keep their pixels; small ones are enlarged by a
    whole factor, larger ones reduced.

    Parameters
    ----------
    pictures : sequence of Panel
        From left to right.
    headline : str
        One line over all of them.
    """
    height, width = pictures[0].image.shape[:2]
    longer = max(height, width)
    scale = _MOST / longer if longer > _MOST else max(1, _LEAST // longer)
    shown_w, shown_h = max(1, round(width * scale)), max(1, round(height * scale))
    cell = max(shown_w, _CELL)
    canvas_w = _MARGIN + len(pictures) * (cell + _MARGIN)
    canvas_h = _HEAD + shown_h + _FOOT
    figure = Figure(figsize=(canvas_w / DPI, canvas_h / DPI), dpi=DPI, facecolor="white")
    figure.text(_MARGIN / canvas_w, 1 - 20 / canvas_h, headline, fontsize=9, va="center")
    for column, picture in enumerate(pictures):
        left = _MARGIN + column * (cell + _MARGIN) + (cell - shown_w) // 2
        place = (left / canvas_w, _FOOT / canvas_h, shown_w / canvas_w, shown_h / canvas_h)
        axes = figure.add_axes(place)
        axes.imshow(picture.image, interpolation="nearest" if scale >= 1 else "antialiased")
        axes.set_aspect("auto")
        axes.set_axis_off()
        middle = (left + shown_w / 2) / canvas_w
        title_at, caption_at = 1 - (_HEAD - 12) / canvas_h, (_FOOT - 8) / canvas_h
        figure.text(
            middle, title_at, picture.title, fontsize=11, weight="bold", ha="center", va="center"
        )
        figure.text(
            middle, caption_at, picture.caption, fontsize=9, ha="center", va="top", linespacing=1.4
        )
    return figure
