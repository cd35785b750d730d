# SPDX-License-Identifier: MIT
"""Clustered delay lines: the standard's profile, Sionna's own course of time, own seeds."""

import numpy as np
import pytest
from scipy.stats import kstest

from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.cdl import CDL_MODELS, CdlConfig, cdl_rays
from gsc_sdr.units import doppler_hz

pytestmark = pytest.mark.learn
SPREAD_S, CARRIER_HZ, SPEED_MPS = 100e-9, 2.4e9, 3.0


def config(model):
    return CdlConfig(model, SPREAD_S, CARRIER_HZ, SPEED_MPS)


def powers(rays):
    return np.bincount(rays.path, np.abs(rays.gains) ** 2)


@pytest.mark.parametrize("model", CDL_MODELS)
def test_power_delay_profile_is_that_of_the_table(model, table):
    rays = cdl_rays(config(model), seed=1)
    found = {}
    for delay_s, power in zip(rays.delays_s, powers(rays), strict=True):
        near = min(table(model), key=lambda delay: abs(delay * SPREAD_S - delay_s))
        assert delay_s == pytest.approx(near * SPREAD_S, abs=0.011 * SPREAD_S)
        found[near] = found.get(near, 0.0) + power
    assert found == pytest.approx(table(model), rel=1e-3)


@pytest.mark.parametrize("model", CDL_MODELS)
def test_mean_power_is_one_and_rays_are_in_order(model):
    rays = cdl_rays(config(model), seed=2)
    assert np.sum(np.abs(rays.gains) ** 2) == pytest.approx(1.0, abs=1e-5)
    assert np.all(np.diff(rays.delays_s) >= 0)
    assert np.all(np.diff(rays.path) >= 0)
    assert set(rays.path) == set(range(len(rays.delays_s)))


@pytest.mark.parametrize("model", CDL_MODELS)
def test_no_ray_turns_faster_than_the_receiver_moves(model):
    fastest = doppler_hz(SPEED_MPS, CARRIER_HZ)
    shifts = np.concatenate([cdl_rays(config(model), seed).doppler_hz for seed in range(8)])
    assert np.abs(shifts).max() <= fastest
    assert np.abs(shifts).max() > 0.8 * fastest


@pytest.mark.parametrize("model", ["A", "D"])
def test_time_passes_as_it_does_in_sionnas_own_gains(model):
    """Sionna's time series and our rays have the same autocorrelation over all headings."""
    import torch
    from sionna.phy import config as sionna_config
    from sionna.phy.channel.tr38901 import CDL, Antenna

    n, n_lags, step_s = 500, 40, 2e-3
    headings = 2 * np.pi * (np.arange(n) + 0.5) / n
    level = np.stack([np.cos(headings), np.sin(headings), np.zeros(n)], axis=1) * SPEED_MPS
    antenna = Antenna("single", "V", "omni", CARRIER_HZ, precision="single", device="cpu")
    velocity = torch.tensor(level, dtype=torch.float32)
    theirs = CDL(
        model, SPREAD_S, CARRIER_HZ, antenna, antenna,
        ut_velocity=velocity, precision="single", device="cpu",
    )  # fmt: skip
    sionna_config.seed = 5
    gains = theirs(n, n_lags, 1 / step_s)[0][:, 0, 0, 0, 0].numpy()  # [n, paths, lags]
    expected = np.sum(np.mean(gains[..., :1].conj() * gains, axis=0), axis=0)
    lags = np.arange(n_lags)
    seen = np.zeros(n_lags, np.complex128)
    for seed in range(n):
        rays = cdl_rays(config(model), seed)
        turned = np.exp(2j * np.pi * step_s * rays.doppler_hz[:, None] * lags)
        seen += np.sum(np.abs(rays.gains[:, None]) ** 2 * turned, axis=0) / n
    assert np.allclose(seen, expected, atol=0.12)
    assert abs(seen[20]) < 0.7  # it does turn


def test_phases_are_any_with_the_same_chance():
    phases = np.concatenate([np.angle(cdl_rays(config("C"), seed).gains) for seed in range(4)])
    assert kstest(phases / (2 * np.pi) + 0.5, "uniform").pvalue > 0.01


def test_a_seed_is_a_channel_whatever_else_draws():
    from sionna.phy import config as sionna_config

    before = sionna_config.torch_rng("cpu").get_state()
    first, other, again = (cdl_rays(config("B"), seed) for seed in (5, 6, 5))
    assert np.array_equal(first.gains, again.gains)
    assert np.array_equal(first.doppler_hz, again.doppler_hz)
    assert not np.allclose(first.doppler_hz, other.doppler_hz)
    assert bool((sionna_config.torch_rng("cpu").get_state() == before).all())


def test_an_unknown_model_is_refused_with_those_that_exist():
    with pytest.raises(ConfigError, match="CDL model is 'F'; choose one of: A, B, C, D, E"):
        config("F")
