# SPDX-License-Identifier: MIT
"""Side by side: every pixel is in the file, with title and figures."""

import io

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.plots.pictures import Panel, side_by_side


def rendered(figure):
    """Return a figure's pixels [height, width, 3]."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=figure.dpi)
    return np.asarray(Image.open(stream).convert("RGB"))


def holds(canvas, image):
    """Return whether ``image`` stands somewhere in ``canvas``, pixel for pixel."""
    height, width = image.shape[:2]
    starts = np.argwhere((canvas == image[0, 0]).all(axis=-1))
    return any(
        np.array_equal(canvas[y : y + height, x : x + width], image)
        for y, x in starts
        if y + height <= len(canvas) and x + width <= canvas.shape[1]
    )


@pytest.mark.parametrize("shape", [(256, 256), (301, 417)])
def test_pixels_are_kept(rng, shape):
    images = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for _ in range(3)]
    canvas = rendered(side_by_side([Panel(image, "t", "c") for image in images], "headline"))
    assert all(holds(canvas, image) for image in images)


def test_small_pictures_are_enlarged_by_a_whole_factor(rng):
    image = rng.integers(0, 256, (40, 64, 3), dtype=np.uint8)
    canvas = rendered(side_by_side([Panel(image, "tiny")] * 2))
    assert holds(canvas, image.repeat(4, axis=0).repeat(4, axis=1))


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2048, 1), (2048, 2048)])
def test_odd_sizes_give_a_picture_of_bounded_size(shape):
    canvas = rendered(side_by_side([Panel(np.zeros((*shape, 3), np.uint8), "odd")] * 3))
    assert max(canvas.shape) <= 3 * 768 + 64


def test_title_and_figures_are_in_the_picture():
    panel = Panel(np.zeros((64, 64, 3), np.uint8), "received", "24.1 dB\nprompt ok")
    figure = side_by_side([panel], "awgn 10 dB")
    assert {text.get_text() for text in figure.texts} == {
        "awgn 10 dB",
        "received",
        "24.1 dB\nprompt ok",
    }
