# SPDX-License-Identifier: MIT
"""Tapped delay lines: the standard's profile, Clarke's spectrum, own seeds."""

import numpy as np
import pytest
from scipy.special import j0

from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.tdl import TDL_MODELS, TdlConfig, tdl_diffuse, tdl_specular, tdl_taps
from gsc_sdr.units import doppler_hz

pytestmark = pytest.mark.learn


def config(model, speed_mps=3.0):
    return TdlConfig(model, 100e-9, 2.4e9, speed_mps)


@pytest.mark.parametrize("model", TDL_MODELS)
def test_power_delay_profile_is_that_of_the_table(model, table):
    draws = [tdl_taps(config(model, 1000.0), 1000, 1e-3, seed) for seed in range(8)]
    power = np.mean([np.abs(gains) ** 2 for gains, _ in draws], axis=(0, 2))
    delays_s = draws[0][1]
    assert np.all(np.diff(delays_s) >= 0)
    found = {}
    for delay_s, share in zip(delays_s, power, strict=True):
        near = min(table(model), key=lambda delay: abs(delay * 100e-9 - delay_s))
        assert delay_s == pytest.approx(near * 100e-9, abs=0.002 * 100e-9)
        found[near] = found.get(near, 0.0) + share
    assert found == pytest.approx(table(model), rel=0.12)


@pytest.mark.parametrize("model", TDL_MODELS)
def test_the_line_of_sight_is_that_of_the_table(model, table):
    specular = tdl_specular(config(model))
    diffuse = np.mean(
        [
            np.mean(np.abs(tdl_diffuse(config(model, 1000.0), 500, 1e-3, seed)[0]) ** 2, axis=1)
            for seed in range(8)
        ],
        axis=0,
    )
    expected = {"D": 10**-0.02, "E": 10**-0.003}  # -0.2 and -0.03 dB of all that the table has
    if model in expected:
        rest = {"D": 10**-1.35, "E": 10**-2.203}[model]  # of the same delay
        share = expected[model] / (expected[model] + rest) * table(model)[0.0]
        assert specular.power == pytest.approx(share, rel=1e-3)
    else:
        assert specular.power == 0
    assert specular.doppler_hz == pytest.approx(0.7 * doppler_hz(3.0, 2.4e9))
    assert specular.power + diffuse.sum() == pytest.approx(1.0, rel=0.04)


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
