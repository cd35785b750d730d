# SPDX-License-Identifier: MIT
"""Peaks: random data peaks as the formula says, an order of its own peaks higher."""

import numpy as np
import pytest

from gsc_sdr.experiments.papr import LEVELS_DB, clip_costs, papr_curves


@pytest.fixture
def smooth(rng):
    """Return symbols of which neighbours agree, as a codec's do."""
    parts = rng.normal(size=(8000, 2)) @ [1, 1j]
    moved = np.convolve(parts, np.ones(16) / 4, mode="same")
    return (moved / np.sqrt((np.abs(moved) ** 2).mean())).astype(np.complex64)


def level(share, at=1e-2):
    """Return the level that a share of the symbols exceeds; inf where it is off the scale."""
    return LEVELS_DB[(share <= at).argmax()] if (share <= at).any() else np.inf


def test_qpsk_peaks_as_its_formula(smooth):
    curves = papr_curves([smooth])
    # Between the samples that the formula counts there are higher ones: half a decibel.
    assert 0 < level(curves["QPSK"]) - level(curves["Gaussian"]) < 1.0


def test_scrambling_brings_latents_close_to_random_data(smooth):
    curves = papr_curves([smooth])
    assert level(curves["latents in order"]) > level(curves["QPSK"]) + 3
    assert level(curves["latents, scrambled"]) < level(curves["QPSK"]) + 1


def test_every_curve_falls_from_one(smooth):
    for share in papr_curves([smooth]).values():
        assert share[0] == pytest.approx(1.0, abs=1e-6)
        assert (np.diff(share) <= 1e-12).all()


def test_a_lower_clipping_level_costs_more_error(smooth):
    rows = clip_costs([smooth], (3.0, 6.0, 9.0, 30.0))
    errors = [row["evm_db"] for row in rows]
    assert errors == sorted(errors, reverse=True)
    assert rows[-1]["clipped_share"] == 0
    assert rows[-1]["evm_db"] < -100
    assert -25 < errors[0] < -10
    assert rows[0]["papr_db"] < rows[1]["papr_db"] < rows[2]["papr_db"]


def test_more_pictures_than_one_transmission_holds(smooth):
    pictures = [np.roll(smooth, shift) for shift in range(80)]  # 560 frames together
    assert papr_curves(pictures)["QPSK"].shape == LEVELS_DB.shape
    assert clip_costs(pictures, (6.0,))[0]["evm_db"] < -20
