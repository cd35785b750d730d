# SPDX-License-Identifier: MIT
"""Capacity: Shannon's bits, spent on the best picture that they hold."""

import numpy as np
import pytest

from gsc_sdr.baselines.capacity import at_capacity, capacity_bits
from gsc_sdr.errors import ConfigError
from gsc_sdr.picture import open_picture


@pytest.fixture(scope="module")
def image():
    """Return a cut of the picture that ships."""
    return np.ascontiguousarray(open_picture("demo")[:80, :96])


@pytest.mark.parametrize(("snr_db", "bits"), [(0, 1000), (10, 3459), (20, 6658), (-300, 0)])
def test_bits_are_those_of_the_formula(snr_db, bits):
    assert capacity_bits(1000, snr_db) == bits


def test_picture_takes_no_more_than_capacity_and_improves_with_snr(image):
    errors = []
    for snr_db in (10.0, 30.0):
        shown, facts = at_capacity(image, "webp", "1/16", snr_db)
        n_bytes = capacity_bits(6 * 5 * 48, snr_db) // 8
        assert facts["n_payload_bytes"] == n_bytes
        assert 0 < facts["bits"] <= 8 * n_bytes
        assert facts["failed"] is False
        errors.append(np.mean((shown.astype(float) - image) ** 2))
    assert errors[1] < errors[0]


def test_too_small_a_budget_is_grey_and_says_so(image):
    shown, facts = at_capacity(image, "webp", "1/384", -20.0)
    assert (shown == 128).all()
    assert facts["failed"] is True
    assert facts["why"] == "budget of 0 bytes is too small for webp"


@pytest.mark.parametrize("snr_db", [float("nan"), float("inf")])
def test_snr_that_is_no_number_is_refused(snr_db):
    with pytest.raises(ConfigError, match=r"snr_db is (nan|inf)"):
        capacity_bits(100, snr_db)
