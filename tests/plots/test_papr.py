# SPDX-License-Identifier: MIT
"""Peaks: a line for each curve, on a logarithmic axis that has no zero."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.papr import peak_shares


def test_a_line_ends_where_nothing_is_above_it():
    levels = np.array([0.0, 5.0, 10.0])
    figure = peak_shares(levels, {"QPSK": np.array([1.0, 0.1, 0.0])})
    (line,) = figure.axes[0].lines
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([0, 5], [1.0, 0.1])
    assert line.get_label() == "QPSK"
    assert figure.axes[0].get_yscale() == "log"


def test_nothing_to_draw_is_refused():
    with pytest.raises(ConfigError, match="at least one"):
        peak_shares(np.zeros(1), {})
