# SPDX-License-Identifier: MIT
"""Units: powers and decibels are inverse; figures that mean nothing are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError
from gsc_sdr.units import db_to_power, doppler_hz, noise_var, power_to_db


def test_three_decibels_are_half_the_power():
    assert db_to_power(-3.0) == pytest.approx(0.501187)
    assert power_to_db(0.5) == pytest.approx(-3.0103)


def test_no_power_is_minus_infinity_decibels():
    assert power_to_db(0.0) == -math.inf


@given(st.floats(-200, 200))
def test_decibels_survive_the_round_trip(value_db):
    assert power_to_db(db_to_power(value_db)) == pytest.approx(value_db, abs=1e-9)


@pytest.mark.parametrize("power", [-1.0, math.nan])
def test_a_negative_power_is_refused(power):
    with pytest.raises(ConfigError, match="0 or more"):
        power_to_db(power)


@pytest.mark.parametrize(
    ("snr_db", "expected"), [(None, 0.0), (0.0, 1.0), (10.0, 0.1), (-3, 1.995)]
)
def test_noise_variance_is_the_inverse_of_snr(snr_db, expected):
    assert noise_var(snr_db) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("snr_db", [math.nan, math.inf, -math.inf, 1e9])
def test_an_snr_that_is_no_figure_is_refused(snr_db):
    with pytest.raises(ConfigError, match=f"snr_db is {snr_db}"):
        noise_var(snr_db)


def test_doppler_of_a_train_is_that_of_the_formula():
    assert doppler_hz(100.0, 3e9) == pytest.approx(100 / 0.0999308, rel=1e-5)
