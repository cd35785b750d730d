# SPDX-License-Identifier: MIT
"""Block errors: a line a code and source, on a logarithmic axis that has no zero."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.bler import block_errors


def row(ebno_db, bler, tutorial, sionna=None):
    keys = ("case", "ebno_db", "bler", "tutorial_bler", "sionna_bler")
    return dict(zip(keys, ("n=128", ebno_db, bler, tutorial, sionna), strict=True))


def test_each_source_is_a_line_that_leaves_out_what_it_has_not():
    rows = [row(1.0, 0.5, 0.49), row(2.0, 0.1, 0.11, 0.1), row(3.0, 0.0, 0.01)]
    (axes,) = block_errors(rows).axes
    ours, tutorial, sionna = (line for line in axes.lines if len(line.get_xdata()))
    assert (list(ours.get_xdata()), list(ours.get_ydata())) == ([1.0, 2.0], [0.5, 0.1])
    assert list(tutorial.get_xdata()) == [1.0, 2.0, 3.0]
    assert list(sionna.get_xdata()) == [2.0]
    assert (ours.get_label(), axes.get_yscale()) == ("n=128", "log")


def test_nothing_to_draw_is_refused():
    with pytest.raises(ConfigError, match="measure at lower"):
        block_errors([row(9.0, 0.0, None)])
