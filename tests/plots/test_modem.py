# SPDX-License-Identifier: MIT
"""Delivery over SNR: each modem's share, ours with its interval."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.modem import delivery_over_snr


def row(snr_db, ours, stock):
    return {
        "snr_db": snr_db,
        "frames_sent": 200,
        "frames_delivered": ours,
        "delivery_95": (0.9, 1.0),
        "stock_sent": 50,
        "stock_delivered": stock,
        "stock_gentle_delivered": 50,
    }


def test_each_line_is_a_share_of_what_was_sent():
    figure = delivery_over_snr([row(0.0, 190, 0), row(10.0, 200, 25)])
    lines = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert lines == [[95, 100], [0, 50], [100, 100]]
    assert list(figure.axes[0].lines[0].get_xdata()) == [0, 10]


def test_nothing_to_draw_is_refused():
    with pytest.raises(ConfigError, match="bench modem"):
        delivery_over_snr([])
