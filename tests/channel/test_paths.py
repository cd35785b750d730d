# SPDX-License-Identifier: MIT
"""Paths: Gaussian, inside the Doppler band, with a line of sight that never jumps."""

from itertools import islice

import numpy as np
import pytest
from scipy.special import j0
from scipy.stats import kstest

from gsc_sdr.channel.paths import HOP, cdl_paths, grid_step, tdl_paths
from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.cdl import CdlConfig, cdl_rays
from gsc_sdr.nr.tdl import TdlConfig, tdl_specular

pytestmark = pytest.mark.learn
DOPPLER_HZ, POINTS = 100.0, 32  # grid points in a turn of the fastest path
STEP_S = 1 / (POINTS * DOPPLER_HZ)
SPEED_MPS = DOPPLER_HZ * 299_792_458 / 2.4e9


def gains(family, model, n_hops, seed=0):
    """Return the paths' gains, [n_hops * HOP, n_paths]."""
    about = (model, 100e-9, 2.4e9, SPEED_MPS)
    if family == "tdl":
        hops = tdl_paths(TdlConfig(*about), STEP_S, seed)
    else:
        hops = cdl_paths(cdl_rays(CdlConfig(*about), seed), STEP_S)
    return np.concatenate(list(islice(hops, n_hops)))


@pytest.mark.parametrize("family", ["tdl", "cdl"])
@pytest.mark.parametrize("model", ["A", "B", "C", "D", "E"])
def test_mean_power_is_one(family, model):
    power = np.sum(np.abs(gains(family, model, 40)) ** 2, axis=1)
    assert power.mean() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("family", ["tdl", "cdl"])
def test_the_envelope_of_all_paths_is_a_rayleigh_envelope(family):
    runs = [gains(family, "A", 4, seed).sum(axis=1)[:: 4 * POINTS] for seed in range(12)]
    power = np.abs(np.concatenate(runs)) ** 2  # some 380 points that hardly know each other
    assert kstest(power, "expon").pvalue > 0.01
    assert np.mean(power**2) / np.mean(power) ** 2 == pytest.approx(2.0, abs=0.35)


def test_each_path_turns_with_clarkes_autocorrelation():
    h = gains("tdl", "B", 60)
    lags = np.arange(0, 3 * POINTS, 4)
    power = np.sum(np.abs(h) ** 2)
    seen = [np.sum(h[: len(h) - lag].conj() * h[lag:]) / power for lag in lags]
    assert np.allclose(seen, j0(2 * np.pi * lags / POINTS), atol=0.06)


@pytest.mark.parametrize("family", ["tdl", "cdl"])
@pytest.mark.parametrize("model", ["A", "D"])
def test_the_doppler_spectrum_ends_at_the_doppler_shift(family, model):
    h = gains(family, model, 16)
    window = np.hanning(len(h))[:, None]
    spectrum = np.sum(np.abs(np.fft.fft(h * window, axis=0)) ** 2, axis=1)
    shifts = np.abs(np.fft.fftfreq(len(h), STEP_S))
    for limit, level_db in ((1.1, -33), (1.5, -50)):  # the joints of the delay line widen it
        outside = spectrum[shifts > limit * DOPPLER_HZ].sum() / spectrum.sum()
        assert 10 * np.log10(outside) < level_db


@pytest.mark.parametrize("model", ["D", "E"])
def test_the_line_of_sight_never_jumps(model):
    line = tdl_specular(TdlConfig(model, 100e-9, 2.4e9, SPEED_MPS))
    h = gains("tdl", model, 8, seed=3)[:, 0]
    stopped = h * np.exp(-2j * np.pi * line.doppler_hz * STEP_S * np.arange(len(h)))
    each_hop = stopped.reshape(-1, HOP).mean(axis=1)
    assert np.abs(each_hop) ** 2 == pytest.approx(line.power, rel=0.05)
    assert np.abs(np.angle(each_hop * each_hop[0].conj())).max() < 0.05
    parts = np.abs(stopped.reshape(-1, 128).mean(axis=1)) ** 2  # the joints are as long
    assert parts.min() > 0.6 * line.power


def test_a_line_of_sight_has_another_phase_for_another_seed():
    starts = [np.angle(gains("tdl", "E", 1, seed)[0, 0]) for seed in range(6)]
    assert np.ptp(starts) > 1


def test_rays_turn_exactly_for_ever():
    rays = cdl_rays(CdlConfig("A", 100e-9, 2.4e9, SPEED_MPS), 4)
    late = list(islice(cdl_paths(rays, STEP_S), 200))[-1]
    times = STEP_S * (199 * HOP + np.arange(HOP))
    turned = rays.gains[:, None] * np.exp(2j * np.pi * rays.doppler_hz[:, None] * times)
    expected = np.stack([turned[rays.path == p].sum(axis=0) for p in range(len(rays.delays_s))])
    assert np.allclose(late, expected.T, atol=1e-5)


def test_the_grid_is_fine_enough_or_refused():
    assert grid_step(100.0, 1e6) == 312
    assert grid_step(0.0, 1e6) >= 1 << 30
    with pytest.raises(ConfigError, match="a Doppler shift of 700 Hz is too fast for 20000"):
        grid_step(700.0, 2e4)
