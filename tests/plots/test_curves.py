# SPDX-License-Identifier: MIT
"""Curves: lines are means, bands are their intervals, nothing published has a mark."""

import math

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.curves import OVER_CBR, OVER_SNR, draw_curves
from gsc_sdr.plots.means import curve
from gsc_sdr.plots.rows import Choice, choose
from gsc_sdr.plots.style import look


def draw_over(what, rows, measures, **rest):
    """Return curves over SNR or over the rate."""
    return draw_curves(rows, measures, {"snr": OVER_SNR, "cbr": OVER_CBR}[what], **rest)


def line_of(axes, codec):
    """Return the line that is drawn as a codec is."""
    style = look(codec).line()
    drawn = [
        line
        for line in axes.lines
        if (line.get_color(), line.get_marker()) == (style["color"], style["marker"])
        and line.get_markerfacecolor() == style["markerfacecolor"]
    ]
    (line,) = drawn
    return line


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def notes(figure):
    return " ".join(" ".join(text.get_text() for text in figure.texts).split())


def test_a_panel_for_each_measure_and_rate(sweep_rows):
    rows = choose(sweep_rows, Choice(rates=("1/192", "1/48")))
    figure = draw_over("snr", rows, ("psnr_db", "lpips"))
    assert [axes.get_title() for axes in figure.axes] == ["rate 1/192", "rate 1/48", "", ""]
    own = choose(rows, Choice(codecs=("gsc",), rates=("1/48",)))
    points = curve(own, "psnr_db", "snr_db")
    line = line_of(figure.axes[1], "gsc")
    assert list(line.get_xdata()) == [point.x for point in points]
    assert list(line.get_ydata()) == [point.mean for point in points]
    assert "Es/N0 of a subcarrier" in notes(figure)
    assert labels(figure)[:3] == ["gsc", "deepjscc", "uncoded"]


def test_the_band_is_the_interval(make_row):
    rows = [make_row(image=name, psnr_db=value) for name, value in (("a", 20.0), ("b", 22.0))]
    figure = draw_over("snr", [*rows, *({**row, "snr_db": 5.0} for row in rows)], ("psnr_db",))
    (band,) = figure.axes[0].collections
    edges = {float(y) for _, y in band.get_paths()[0].vertices}
    point = curve(rows, "psnr_db", "snr_db")[0]
    assert (min(edges), max(edges)) == pytest.approx((point.low, point.high))


def test_rates_stand_on_a_logarithmic_axis_by_name(sweep_rows):
    figure = draw_over("cbr", choose(sweep_rows, Choice(snrs_db=(10.0,))), ("psnr_db", "ms_ssim"))
    line = line_of(figure.axes[0], "gsc")
    assert list(line.get_xdata()) == [-math.log2(n) for n in (384, 192, 96, 48)]
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert ticks == ["1/384", "1/192", "1/96", "1/48"]
    assert "SNR 10 dB" in notes(figure)


def test_intervals_from_two_pictures_do_not_set_the_axis(make_row):
    rows = [
        make_row(image=f"{index}", snr_db=snr_db, psnr_db=20.0 + 4 * index, psnr_vae_db=None)
        for index in range(2)
        for snr_db in (0.0, 10.0)
    ]
    low, high = draw_over("snr", rows, ("psnr_db",)).axes[0].get_ylim()
    assert 20 < low < 22 < high < 24


def test_pictures_that_one_codec_lacks_are_told_of(make_row):
    rows = [make_row(image="a"), make_row(image="b"), make_row("uncoded", "a")]
    assert "Beware: at 1 of 1 points" in notes(draw_over("snr", rows, ("psnr_db",)))
    assert "Beware" not in notes(draw_over("snr", rows[::2], ("psnr_db",)))


def test_failed_pictures_are_counted_and_marked(make_row):
    rows = [
        make_row("avif+ldpc", f"{i}", snr_db=snr, failed=snr < 0 and i < 2)
        for i in range(3)
        for snr in (-5.0, 5.0)
    ]
    figure = draw_over("snr", rows, ("psnr_db",))
    assert "counted as mid-grey: avif+ldpc 2 of 6." in notes(figure)
    discs = [line for line in figure.axes[0].lines if line.get_markersize() == 8.5]
    assert [list(disc.get_xdata()) for disc in discs] == [[-5.0]]
    assert "No picture failed." in notes(draw_over("snr", [make_row()], ("psnr_db",)))


def test_published_curves_stand_beside_at_their_own_rate_without_marks(make_row):
    rows = [make_row("gsc", "kodim01.png", "1/16", snr_db, size="full") for snr_db in (1.0, 10.0)]
    figure = draw_over("snr", rows, ("psnr_db",), published=True)
    assert {"SwinJSCC, published", "WITT, published", "BPG+LDPC, published"} <= set(labels(figure))
    thin = [line for line in figure.axes[0].lines if line.get_linewidth() == 0.9]
    assert len(thin) == 5
    for line in thin:
        assert line.get_marker() == "None"
        assert line.get_linestyle() == "--"
        assert len({line.get_color()[i : i + 2] for i in (1, 3, 5)}) == 1  # grey
    swin = next(line for line in thin if 33.17 in line.get_ydata())
    assert list(swin.get_xdata()) == [1, 4, 7, 10, 13]
    assert "read off plots: BPG+LDPC" in notes(figure)
    figure = draw_over(
        "cbr", [row for row in rows if row["snr_db"] == 10], ("psnr_db",), published=True
    )
    assert "NTC+LDPC, published" in labels(figure)


def test_networks_trained_for_a_measure_are_said_to_be(make_row):
    rows = [make_row("gsc", "kodim01.png", "1/16", snr_db, size="full") for snr_db in (1.0, 10.0)]
    assert "were trained for it" in notes(draw_over("snr", rows, ("ms_ssim",), published=True))
    assert "were trained for it" not in notes(draw_over("snr", rows, ("psnr_db",), published=True))


def test_the_autoencoder_alone_is_that_of_our_codec(make_row):
    rows = [make_row(psnr_vae_db=28.0), make_row("uncoded", psnr_vae_db=20.0)]
    figure = draw_over("snr", rows, ("psnr_db",))
    dotted = [line for line in figure.axes[0].lines if line.get_linewidth() == 0.8]
    assert [line.get_ydata() for line in dotted] == [[28.0, 28.0]]
    assert "gsc's autoencoder alone" not in labels(draw_over("snr", rows[1:], ("psnr_db",)))


def test_nothing_published_is_put_beside_crops(make_row):
    figure = draw_over("snr", [make_row(rate="1/16")], ("psnr_db",), published=True)
    assert labels(figure) == ["gsc", "gsc's autoencoder alone"]
    assert "No published curve" in notes(figure)


def test_ms_ssim_stands_in_decibels_under_its_own_name(make_row):
    figure = draw_over(
        "snr", [make_row(ms_ssim=0.9), make_row(snr_db=0.0, ms_ssim=0.5)], ("ms_ssim",)
    )
    scale = figure.axes[0].yaxis.get_transform()
    assert scale.transform([0.9, 0.99]) == pytest.approx([10, 20])
    assert scale.inverted().transform([10]) == pytest.approx([0.9])
    assert np.isfinite(scale.transform([1.0, 1.2])).all()


def test_too_many_panels_and_unknown_measures_are_refused(sweep_rows, make_row):
    with pytest.raises(ConfigError, match="no row has clip; there is: "):
        draw_over("snr", sweep_rows, ("clip",))
    with pytest.raises(ConfigError, match=r"6 values of snr_db .* holds 4: choose among -5, 0, 5"):
        draw_over("cbr", sweep_rows, ("psnr_db",))
