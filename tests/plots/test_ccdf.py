# SPDX-License-Identifier: MIT
"""Shares: steps that are what counting gives, at every level."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.ccdf import outage, peaks


def step(line, x):
    """Return the value of steps that change right of each point, at ``x``."""
    xs, ys = line.get_data()
    return ys[np.searchsorted(xs, x, side="left")]


@pytest.mark.parametrize(("name", "is_above"), [("psnr_db", False), ("lpips", True)])
def test_outage_counts_the_pictures_that_are_worse(make_row, rng, name, is_above):
    values = rng.normal(20, 3, 30)
    rows = [make_row(image=f"{i}", **{name: value}) for i, value in enumerate(values)]
    (line,) = outage(rows, name).axes[0].lines
    for x in rng.uniform(values.min(), values.max(), 50):
        worse = (values > x) if is_above else (values < x)
        assert step(line, x) == pytest.approx(100 * worse.mean())
    assert line.get_drawstyle() == "steps-pre"


def test_peaks_end_where_one_in_all_is_above(make_row, rng):
    values = np.sort(rng.gumbel(9, 0.3, 40))
    rows = [make_row(image=f"{i}", papr_db=value) for i, value in enumerate(values)]
    (axes,) = peaks(rows).axes
    (line,) = axes.lines
    assert axes.get_yscale() == "log"
    assert line.get_ydata()[-1] == 1 / 40
    assert step(line, (values[19] + values[20]) / 2) == pytest.approx(0.5)


def test_outage_is_of_one_rate_and_few_snrs(sweep_rows, make_row):
    with pytest.raises(ConfigError, match=r"4 rates and 6 SNRs .* choose with --rate"):
        outage(sweep_rows)
    with pytest.raises(ConfigError, match="no row has papr_db"):
        peaks([make_row(papr_db=None)])
