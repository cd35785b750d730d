# SPDX-License-Identifier: MIT
"""Strips: every picture in its row and column, on a page that grows with them."""

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.plots.strips import Strip, Tile, strips


def strip(label, levels):
    """Return a strip of plain grey pictures of 40 x 60 pixels."""
    tiles = [Tile(np.full((40, 60, 3), level, np.uint8), f"{level}") for level in levels]
    return Strip(label, tuple(tiles))


def test_each_picture_stands_in_its_row_and_column():
    figure = strips([strip("gsc", [10, 20]), strip("avif", [30, 40])], ["0 dB", "5 dB"], "title")
    shown = {axes.images[0].get_array()[0, 0, 0]: axes.get_position() for axes in figure.axes}
    assert shown[10].y0 == shown[20].y0 > shown[30].y0 == shown[40].y0
    assert shown[10].x0 == shown[30].x0 < shown[20].x0 == shown[40].x0
    wide, high = (
        shown[10].width * figure.get_figwidth(),
        shown[10].height * figure.get_figheight(),
    )
    assert wide / high == pytest.approx(60 / 40)
    texts = [text.get_text() for text in figure.texts]
    assert {"gsc", "avif", "0 dB", "5 dB", "10", "40", "title"} <= set(texts)
    assert min(text.get_fontsize() for text in figure.texts) >= 8


@pytest.mark.parametrize(
    ("rows", "heads"), [([], ["0 dB"]), ([strip("a", [1, 2])], ["0 dB"]), ([strip("a", [])], [])]
)
def test_rows_that_do_not_fit_the_heads_are_refused(rows, heads):
    with pytest.raises(ShapeError, match="a tile for each head"):
        strips(rows, heads)
