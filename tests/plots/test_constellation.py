# SPDX-License-Identifier: MIT
"""Constellations: every symbol is drawn or counted; nothing hostile stops them."""

import io

import numpy as np
import pytest

from gsc_sdr.plots.constellation import constellation


def test_each_symbol_is_drawn_where_it_lies():
    figure = constellation({"sent": np.array([1 + 2j, 1 + 2j, -1], np.complex64)})
    (mesh,) = figure.axes[0].collections
    counts = np.expm1(np.nan_to_num(mesh.get_array()))
    assert counts.sum() == pytest.approx(3)
    row, column = np.unravel_index(counts.argmax(), counts.shape)
    assert row > column > counts.shape[1] / 2  # quadrature 2 is above in-phase 1


def test_what_lies_outside_is_counted():
    cloud = np.array([0, 5, 1j * np.inf, np.nan], np.complex64)
    assert figure_title(cloud) == "received: 2 symbols, 1 outside"


@pytest.mark.parametrize("cloud", [[], [np.nan], [0]], ids=["none", "nan", "one"])
def test_sparse_clouds_are_drawn(cloud):
    figure = constellation({"received": np.array(cloud, np.complex64)}, "EVM")
    figure.savefig(io.BytesIO())


def figure_title(cloud):
    """Return the title that a cloud gets."""
    return constellation({"received": cloud}).axes[0].get_title()
