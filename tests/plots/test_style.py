# SPDX-License-Identifier: MIT
"""Looks: a codec's own in every figure, told apart in colour, in grey and by marks."""

from itertools import pairwise

import pytest
from matplotlib.colors import to_rgb

from gsc_sdr.plots.style import is_bound, is_digital, look, measure

CODECS = (
    "gsc",
    "deepjscc",
    "uncoded",
    *(f"{s}+ldpc" for s in ("avif", "heic", "jxl", "jpeg", "webp", "j2k")),
)


def lightness(colour):
    """Return CIE L*."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 116 * (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]) ** (1 / 3) - 16


def test_every_codec_is_told_from_every_other_in_grey_and_by_marker_and_dashes():
    levels = sorted(lightness(look(codec).colour) for codec in CODECS)
    assert min(b - a for a, b in pairwise(levels)) > 5
    assert levels[-1] < 75  # on white
    assert len({look(codec).marker for codec in CODECS}) == len(CODECS)
    assert len({str(look(codec).dashes) for codec in CODECS}) == len(CODECS)
    assert lightness(look("gsc").colour) == pytest.approx(levels[0])


def test_variants_of_a_codec_share_its_colour_and_differ_in_all_else():
    adapted, bound, fixed = map(look, ("avif+ldpc", "avif+capacity", "avif+ldpc@10:tdl-c"))
    assert adapted.colour == bound.colour == fixed.colour
    assert len({str(one.dashes) for one in (adapted, bound, fixed)}) == 3
    assert len({one.line()["markerfacecolor"] for one in (adapted, bound, fixed)}) == 3
    assert fixed.label == "avif+ldpc made for 10 dB on tdl-c"
    assert bound.label == "avif at capacity (bound)"


def test_a_codec_that_is_not_known_has_a_grey_of_its_own():
    mine = look("mine")
    assert len(set(to_rgb(mine.colour))) == 1
    assert mine == look("mine")
    assert mine.rank > look("j2k+ldpc").rank


@pytest.mark.parametrize(
    ("codec", "digital", "bound"),
    [("gsc", 0, 0), ("avif+ldpc", 1, 0), ("avif+ldpc@10", 1, 0), ("avif+capacity", 0, 1)],
)
def test_what_sends_bits_and_what_is_a_bound(codec, digital, bound):
    assert (is_digital(codec), is_bound(codec)) == (digital, bound)


def test_a_measure_that_is_not_known_goes_by_its_key():
    assert measure("lpips").is_better_low
    assert measure("sharpness").label == "sharpness"
