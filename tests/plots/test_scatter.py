# SPDX-License-Identifier: MIT
"""Scatter: a mark for each codec and rate, larger for higher rates, better up and right."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.means import per_image
from gsc_sdr.plots.rows import Choice, choose
from gsc_sdr.plots.scatter import scatter


def marks(axes, marker):
    """Return (x, y, size) of each mark of one shape."""
    return [
        (line.get_xdata()[0], line.get_ydata()[0], line.get_markersize())
        for line in axes.lines
        if line.get_marker() == marker
    ]


def test_marks_are_means_and_grow_with_the_rate(sweep_rows):
    rows = choose(sweep_rows, Choice(snrs_db=(10.0,)))
    (axes,) = scatter(rows).axes
    own = marks(axes, "o")
    cell = choose(rows, Choice(codecs=("gsc",), rates=("1/48",)))
    for index, name in enumerate(("psnr_db", "lpips")):
        assert own[-1][index] == pytest.approx(sum(per_image(cell, name).values()) / 3)
    sizes = [size for _, _, size in own]
    assert sizes == sorted(set(sizes))
    low, high = axes.get_ylim()
    assert low > high  # less LPIPS is up


def test_failures_do_not_press_the_rest_into_a_corner(sweep_rows):
    rows = choose(sweep_rows, Choice(snrs_db=(-5.0, 0.0)))
    figure = scatter(rows)
    assert figure.axes[0].get_xlim()[0] > 14  # mid-grey has 12
    assert "may lie off the panel" in " ".join(text.get_text() for text in figure.texts).replace(
        "\n", " "
    )


def test_rows_without_one_of_the_measures_and_too_many_snrs_are_refused(sweep_rows, make_row):
    with pytest.raises(ConfigError, match="no row has lpips"):
        scatter([make_row(lpips=None)])
    apart = [make_row(lpips=None), make_row(snr_db=0.0, psnr_db=None)]
    with pytest.raises(ConfigError, match="there are 0 SNRs with psnr_db and lpips"):
        scatter(apart)
    with pytest.raises(ConfigError, match=r"6 SNRs .* choose among -5, 0, 5"):
        scatter(sweep_rows)
