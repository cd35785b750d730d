# SPDX-License-Identifier: MIT
"""CSI: dB and degrees of the gains, in order of frequency; zeros stay finite."""

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.plots.csi import csi


def last_lines(figure):
    """Return the bold lines: subcarriers, level in dB, phase in degrees."""
    magnitude, phase = (axes.lines[-1] for axes in figure.axes)
    return magnitude.get_xdata(), magnitude.get_ydata(), phase.get_ydata()


def test_the_last_frame_is_drawn_in_db_and_degrees():
    gains = np.array([[1, 1, 1, 1], [10, 0.1, 1j, -1]], np.complex64)
    where, level, phase = last_lines(csi(gains))
    assert where.tolist() == [-2, -1, 1, 2]
    assert np.allclose(level, [20, -20, 0, 0], atol=1e-4)
    assert np.allclose(phase, [0, 0, 90, 180], atol=1e-4)


def test_subcarriers_are_put_in_order():
    gains = np.array([1, 10], np.complex64)
    where, level, _ = last_lines(csi(gains, np.array([3, -5])))
    assert where.tolist() == [-5, 3]
    assert np.allclose(level, [20, 0], atol=1e-4)


def test_a_dead_subcarrier_is_drawn_at_the_floor():
    level = last_lines(csi(np.zeros((3, 52), np.complex64)))[1]
    assert np.allclose(level, -60, atol=1e-4)


def test_many_frames_are_thinned_and_the_last_is_kept():
    gains = np.linspace(1, 2, 500)[:, None] * np.ones((1, 52), np.complex64)
    figure = csi(gains)
    assert len(figure.axes[0].lines) <= 41
    assert np.allclose(last_lines(figure)[1], 20 * np.log10(2), atol=1e-4)


@pytest.mark.parametrize("shape", [(0, 52), (2, 2, 52), (0,)])
def test_gains_without_a_frame_are_refused(shape):
    with pytest.raises(ShapeError, match="at least one frame"):
        csi(np.zeros(shape, np.complex64))
