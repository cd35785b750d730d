# SPDX-License-Identifier: MIT
"""The demo picture: drawn by code, and the one that ships is that drawing."""

from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.plots.demo import draw_harbour

SHIPPED = files("gsc_sdr") / "data" / "demo.png"


@pytest.fixture(scope="module")
def harbour():
    """Return the drawing of seed 0."""
    return draw_harbour()


def test_the_shipped_picture_is_this_drawing(harbour):
    with SHIPPED.open("rb") as stream:
        shipped = np.asarray(Image.open(stream))
    assert shipped.shape == harbour.shape
    # Pillow's and numpy's versions round differently: a level here and there.
    assert np.abs(shipped.astype(int) - harbour).mean() < 1


def test_the_picture_has_light_dark_and_detail(harbour):
    assert harbour.dtype == np.uint8
    assert np.percentile(harbour, 2) < 60 < 180 < np.percentile(harbour, 98)
    assert np.abs(np.diff(harbour.astype(int), axis=1)).mean() > 3


def test_the_shipped_prompt_is_one_short_line():
    prompt = (files("gsc_sdr") / "data" / "demo.txt").read_text(encoding="utf-8")
    assert prompt == prompt.strip()
    assert 20 < len(prompt.encode()) <= 200
