# SPDX-License-Identifier: MIT
"""Means: over pictures, with an interval that holds the truth as often as it says."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.means import curve, per_image, student, with_figures


def test_rows_of_one_picture_count_as_one(make_row):
    rows = [make_row(image="a", psnr_db=20.0), make_row(image="a", psnr_db=22.0, seed=1)]
    rows += [make_row(image="b", psnr_db=25.0), make_row(image="c", psnr_db=None)]
    assert per_image(rows, "psnr_db") == {"a": 21.0, "b": 25.0}
    (point,) = curve(rows, "psnr_db", "snr_db")
    assert (point.mean, point.n_images, point.x) == (23.0, 2, 10.0)
    assert point.high - point.mean == pytest.approx(12.706 * 2, rel=1e-3)  # t of one degree


def test_failed_pictures_are_in_the_mean_and_counted(make_row):
    rows = [make_row(image="a", psnr_db=12.0, failed=True), make_row(image="b", psnr_db=24.0)]
    (point,) = curve(rows, "psnr_db", "snr_db")
    assert (point.mean, point.n_failed) == (18.0, 1)


def test_the_interval_holds_the_truth_in_95_of_100(rng):
    held = 0
    for values in rng.normal(3.0, 2.0, (4000, 8)):
        mean, half = student(values)
        held += abs(mean - 3.0) <= half
    assert held / 4000 == pytest.approx(0.95, abs=0.012)  # 3.5 sigma of 4000 trials


def test_one_picture_has_no_interval():
    assert student([7.0]) == (7.0, 0.0)
    assert np.isfinite(student([1.0, 1.0])).all()


def test_a_measure_no_row_has_is_refused_by_those_there_are(make_row):
    rows = [make_row(lpips=None), make_row(snr_db=5.0, lpips=None)]
    assert len(with_figures(rows, ["psnr_db"])["psnr_db"]) == 2
    with pytest.raises(ConfigError, match=r"no row has lpips; there is: .*ms_ssim.*psnr_db"):
        with_figures(rows, ["psnr_db", "lpips"])
