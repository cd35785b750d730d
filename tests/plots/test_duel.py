# SPDX-License-Identifier: MIT
"""Duels: the best digital codec of the cell, picture by picture, either way of a measure."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.duel import duels


def cell(make_row, figures, name="psnr_db", **more):
    """Return rows of one cell: codec to a figure of each picture."""
    return [
        make_row(codec, f"{index}.png", **{name: value}, **more)
        for codec, values in figures.items()
        for index, value in enumerate(values)
    ]


def test_the_best_digital_codec_is_met_and_bounds_are_not(make_row):
    figures = {
        "gsc": [22.0, 24.0, 26.0],
        "jpeg+ldpc": [10.0, 10.0, 10.0],
        "avif+ldpc": [21.0, 23.1, 24.9],
        "avif+ldpc@20": [30.0, 30.0, 30.0],
        "avif+capacity": [30.0, 30.0, 30.0],
        "uncoded": [29.0, 29.0, 29.0],
    }
    (duel,) = duels(cell(make_row, figures), "psnr_db")
    assert (duel.rival, duel.winner, duel.n_images) == ("avif+ldpc", "gsc", 3)
    assert duel.margin == pytest.approx(1.0)


def test_less_is_more_where_it_is(make_row):
    figures = {"gsc": [0.30, 0.31, 0.29], "avif+ldpc": [0.20, 0.21, 0.20], "jpeg+ldpc": [0.9] * 3}
    (duel,) = duels(cell(make_row, figures, "lpips"), "lpips")
    assert (duel.rival, duel.winner) == ("avif+ldpc", "avif+ldpc")
    assert duel.margin == pytest.approx(-0.29 / 3)


def test_what_the_interval_cannot_tell_apart_has_no_winner(make_row):
    figures = {"gsc": [20.0, 25.0, 22.0], "avif+ldpc": [21.0, 23.0, 22.0]}
    (duel,) = duels(cell(make_row, figures), "psnr_db")
    assert duel.margin > 0
    assert duel.winner == ""


def test_only_pictures_that_all_have_are_compared_and_failures_count(make_row):
    rows = cell(make_row, {"gsc": [22.0, 23.0, 99.0], "avif+ldpc": [12.0, 12.0]}, failed=False)
    rows[-1]["failed"] = True
    (duel,) = duels(rows, "psnr_db")
    assert (duel.n_images, duel.n_failed) == (2, 1)
    assert duel.margin == pytest.approx(10.5)


def test_one_picture_decides_nothing(make_row):
    (duel,) = duels(cell(make_row, {"gsc": [29.0], "avif+ldpc": [12.0]}), "psnr_db")
    assert (duel.margin, duel.winner) == (17.0, "")


def test_another_codec_can_be_ours(make_row):
    figures = {"gsc": [22.0, 23.0], "deepjscc": [20.0, 21.0], "avif+ldpc": [21.0, 22.0]}
    (duel,) = duels(cell(make_row, figures), "psnr_db", "deepjscc")
    assert duel.margin == pytest.approx(-1.0)


@pytest.mark.parametrize("codecs", [["gsc", "uncoded"], ["avif+ldpc"], ["gsc", "avif+capacity"]])
def test_one_side_alone_is_refused(make_row, codecs):
    rows = [make_row(codec) for codec in codecs]
    with pytest.raises(
        ConfigError, match=f"there is: {'.*'.join(sorted(codecs)).replace('+', '.')}"
    ):
        duels(rows, "psnr_db")
