# SPDX-License-Identifier: MIT
"""Tapped delay lines: the standard's profile, Clarke's spectrum, own seeds."""

import numpy as np
import pytest
from scipy.special import j0

from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.tdl import TDL_MODELS, TdlConfig, tdl_taps
from gsc_sdr.units import doppler_hz

pytestmark = pytest.mark.learn

# TR 38.901, tables 7.7.2-1 and 7.7.2-3: normalised delay and power in dB of some taps
TABLE = {
    "A": {0.0: -13.4, 0.3819: 0.0, 0.4025: -2.2, 2.2242: -16.7, 9.6586: -29.7},
    "C": {0.0: -4.4, 0.2099: -1.2, 0.2176: -2.5, 0.2329: -5.2, 0.6366: 0.0, 8.6523: -22.8},
}


def config(model, speed_mps=3.0):
    return TdlConfig(model, 100e-9, 2.4e9, speed_mps)


@pytest.mark.parametrize("model", sorted(TABLE))
def test_power_delay_profile_is_that_of_the_table(model):
    draws = [tdl_taps(config(model, 1000.0), 1000, 1e-3, seed) for seed in range(8)]
    power = np.mean([np.abs(gains) ** 2 for gains, _ in draws], axis=(0, 2))
    delays_s = draws[0][1]
    assert power.sum() == pytest.approx(1.0, rel=0.05)
    assert np.all(np.diff(delays_s) >= 0)
    strongest = 10 * np.log10(power.max())
    for delay, power_db in TABLE[model].items():
        path = np.argmin(np.abs(delays_s - delay * 100e-9))
        assert delays_s[path] == pytest.approx(delay * 100e-9, abs=1e-12)
        assert 10 * np.log10(power[path]) - strongest == pytest.approx(power_db, abs=0.7)


@pytest.mark.parametrize("model", TDL_MODELS)
def test_mean_power_is_one(model):
    power = [
        np.sum(np.abs(tdl_taps(config(model, 1000.0), 300, 1e-3, seed)[0]) ** 2, axis=0).mean()
        for seed in range(12)
    ]
    assert np.mean(power) == pytest.approx(1.0, rel=0.07)


def test_autocorrelation_is_a_bessel_function():
    step_s, lags = 1.0 / (20 * doppler_hz(3.0, 2.4e9)), np.arange(40)
    gains = [tdl_taps(config("A"), 400, step_s, seed)[0] for seed in range(12)]
    unit = np.concatenate(gains)
    unit = unit / np.sqrt(np.mean(np.abs(unit) ** 2, axis=1, keepdims=True))
    seen = [np.mean(unit[:, : 400 - lag].conj() * unit[:, lag:]) for lag in lags]
    assert np.allclose(seen, j0(2 * np.pi * lags / 20), atol=0.08)


def test_a_still_receiver_sees_a_still_channel():
    gains, _ = tdl_taps(config("C", speed_mps=0.0), 50, 0.1, seed=3)
    assert np.allclose(gains, gains[:, :1])


def test_a_seed_is_a_channel_whatever_else_draws():
    from sionna.phy import config as sionna_config

    before = sionna_config.torch_rng("cpu").get_state()
    first, _ = tdl_taps(config("A"), 10, 1e-3, seed=5)
    other, _ = tdl_taps(config("A"), 10, 1e-3, seed=6)
    again, _ = tdl_taps(config("A"), 10, 1e-3, seed=5)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert bool((sionna_config.torch_rng("cpu").get_state() == before).all())


def test_an_unknown_model_is_refused_with_those_that_exist():
    with pytest.raises(ConfigError, match="TDL model is 'F'; choose one of: A, B, C, D, E"):
        config("F")
