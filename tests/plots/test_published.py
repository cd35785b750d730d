# SPDX-License-Identifier: MIT
"""Published curves: as their sources print them, beside rows of the same pictures only."""

import pytest

from gsc_sdr.plots.published import published_curves, published_for


def points(name, measure, channel="awgn"):
    """Return every point of a system, by (CBR, SNR)."""
    return {
        (cbr, snr_db): figure
        for curve in published_curves()
        if (curve.name, curve.measure, curve.channel) == (name, measure, channel)
        for cbr, snr_db, figure in curve.points
    }


def test_figures_are_those_of_the_sources():
    assert points("SwinJSCC", "psnr_db")[1 / 16, 10.0] == 33.17
    assert points("SwinJSCC", "psnr_db")[1 / 48, 1.0] == 26.43
    assert points("SwinJSCC", "ms_ssim")[1 / 8, 13.0] == 0.9898
    assert points("BPG+LDPC", "psnr_db")[1 / 16, 13.0] == 35.48
    assert points("WITT", "psnr_db")[1 / 8, 10.0] == 37.15
    assert points("WITT", "psnr_db", "rayleigh of every symbol")[1 / 16, 1.0] == 28.31


def test_ms_ssim_in_decibels_becomes_a_share():
    assert points("WITT", "ms_ssim")[1 / 16, 10.0] == pytest.approx(1 - 10**-1.932)
    assert not any(curve.measure == "ms_ssim_db" for curve in published_curves())


def test_each_curve_says_where_it_comes_from_and_whether_it_is_exact():
    for curve in published_curves():
        assert len(curve.source) > 20
        assert curve.exact != ("read off" in curve.source)
        assert len(curve.points) > 2


def test_figures_grow_with_rate_and_snr():
    for curve in published_curves():
        by_place = {(cbr, snr): figure for cbr, snr, figure in curve.points}
        for (cbr, snr), figure in by_place.items():
            above = [
                v
                for (c, s), v in by_place.items()
                if (c >= cbr and s > snr) or (c > cbr and s >= snr)
            ]
            assert all(value > figure for value in above), (curve.name, cbr, snr)


@pytest.mark.parametrize(
    "other",
    [{"size": "256"}, {"channel": "tdl-c"}, {"image": "photo.png"}, {"image": "kodim1.png"}],
)
def test_rows_of_other_pictures_sizes_or_channels_have_none(make_row, other):
    kodak = {"size": "full", "image": "kodak/kodim07.png"}
    assert any(published_for([make_row(**kodak)], "psnr_db"))
    assert not any(published_for([make_row(**kodak), make_row(**kodak | other)], "psnr_db"))
    assert not any(published_for([make_row(**kodak)], "lpips"))
