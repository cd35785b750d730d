# SPDX-License-Identifier: MIT
"""Figures of a signal: exact on what can be worked out by hand."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.phy.papr import back_off, clip, evm_db, papr_ccdf, papr_db


def test_a_pulse_has_the_ratio_of_its_length():
    assert papr_db(np.eye(1, 100, dtype=np.complex64)) == pytest.approx(20)


def test_evm_is_error_over_signal():
    sent = np.full(1000, 2j)
    assert evm_db(sent + 0.2, sent) == pytest.approx(-20)


def test_figures_stay_finite():
    silence = np.zeros(4, np.complex64)
    assert np.isfinite([papr_db(silence), evm_db(silence, silence)]).all()


def test_nothing_to_measure_is_refused():
    with pytest.raises(ShapeError, match="empty"):
        papr_db(np.zeros(0, complex))
    with pytest.raises(ShapeError, match=r"\(3,\) and sent \(4,\)"):
        evm_db(np.zeros(3, complex), np.zeros(4, complex))


def test_gaussian_samples_peak_as_often_as_the_formula_says(rng):
    samples = rng.normal(size=(20_000, 64, 2)) @ [1, 1j]
    levels_db = np.array([4.0, 6.0, 8.0, 10.0])
    share = 1 - (1 - np.exp(-(10 ** (levels_db / 10)))) ** 64
    deviation = np.sqrt(share * (1 - share) / len(samples))
    assert (np.abs(papr_ccdf(samples, levels_db) - share) < 4 * deviation + 0.004).all()


def test_a_constant_peaks_at_its_mean():
    assert papr_ccdf(np.full((5, 8), 3j), [-0.1, 0.1]).tolist() == [1.0, 0.0]


def test_shares_need_rows_of_samples():
    for samples in (np.zeros(8, complex), np.zeros((0, 8), complex)):
        with pytest.raises(ShapeError, match="not empty"):
            papr_ccdf(samples, [0.0])


def test_clipping_keeps_phases_and_what_is_low_enough(rng):
    samples = (rng.normal(size=(1000, 2)) @ [1, 1j]).astype(np.complex64)
    clipped = clip(samples, 3.0)
    low = np.abs(samples) ** 2 <= 10**0.3
    assert clipped.dtype == samples.dtype
    assert np.array_equal(clipped[low], samples[low])
    assert np.abs(clipped[~low]) ** 2 == pytest.approx(10**0.3, rel=1e-5)
    assert np.angle(clipped) == pytest.approx(np.angle(samples), abs=1e-5)
    assert (clip(np.zeros(3, np.complex64), 0.0) == 0).all()


def test_what_was_clipped_fits_below_full_scale_with_that_back_off(rng):
    samples = (rng.normal(size=(1000, 2)) @ [1, 1j]).astype(np.complex64)
    scaled = back_off(clip(samples, 6.0), 6.0)
    assert scaled.dtype == samples.dtype
    assert np.abs(scaled).max() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("wrong", [-1.0, 61.0, float("nan")])
def test_a_back_off_out_of_range_is_refused(wrong):
    with pytest.raises(ConfigError, match="0 to 60 dB"):
        back_off(np.ones(1, complex), wrong)
