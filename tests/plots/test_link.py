# SPDX-License-Identifier: MIT
"""Curves: means over pictures, sorted by SNR, one line a channel and rate."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.link import quality_over_snr


def row(rate, snr_db, psnr_db):
    """Return one row of the table."""
    return {"channel": "awgn", "rate": rate, "snr_db": snr_db, "psnr_db": psnr_db}


def test_lines_are_means_in_order_of_snr():
    rows = [row("1/48", 10, 24), row("1/48", 0, 20), row("1/48", 10, 26), row("1/96", 0, 19)]
    figure = quality_over_snr(rows, ceiling=26.5)
    high, low, ceiling = figure.axes[0].lines
    assert (list(high.get_xdata()), list(high.get_ydata())) == ([0, 10], [20, 25])
    assert list(low.get_ydata()) == [19]
    assert list(ceiling.get_ydata()) == [26.5, 26.5]
    assert high.get_label() == "awgn, rate 1/48"


def test_rows_without_a_figure_are_left_out():
    rows = [row("1/48", None, 24), row("1/48", 0, None), row("1/48", 5, 22)]
    assert list(quality_over_snr(rows).axes[0].lines[0].get_xdata()) == [5]


def test_an_unknown_measure_is_refused_by_name():
    with pytest.raises(ConfigError, match="lpips"):
        quality_over_snr([row("1/48", 0, 20)], measure="lpips")
