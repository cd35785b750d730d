# SPDX-License-Identifier: MIT
"""Acquisition: exact time and offset without noise, near the bound with it."""

import numpy as np
import pytest

from gsc_sdr.phy.acquire import acquire
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.template import search_reach

CONFIG = OfdmConfig()
N_WINDOW = 2 * search_reach(CONFIG) + CONFIG.preamble_length + CONFIG.n_fft


def window(rng, start, cfo, snr_db, paths=None):
    """Return a window with one preamble over several paths (delay: amplitude)."""
    samples = np.zeros(N_WINDOW, complex)
    for delay, amplitude in (paths or {0: 1}).items():
        samples[start + delay : start + delay + 480] += amplitude * preamble(CONFIG)
    samples *= np.exp(2j * np.pi * cfo * np.arange(N_WINDOW) / 64)
    noise = rng.normal(size=(N_WINDOW, 2)) @ [1, 1j] / np.sqrt(2)
    return samples + noise * 10 ** (-snr_db / 20)


@pytest.mark.parametrize("cfo", [-2.0, -1.2, 0.0, 0.37, 1.9])
@pytest.mark.parametrize("start", [4, 100, 639])
def test_time_and_offset_are_exact_without_noise(rng, cfo, start):
    found = acquire(window(rng, start, cfo, 200), cfo + 0.1, CONFIG)
    assert found.start == start - 4
    assert found.cfo == pytest.approx(cfo, abs=2e-3)
    assert found.score > 0.95


@pytest.mark.parametrize("cfo", [-2.1, 2.1])
def test_an_offset_turned_around_by_noise_is_put_right(rng, cfo):
    found = acquire(window(rng, 290, cfo, 0), cfo - np.copysign(4, cfo), CONFIG)
    assert found.cfo == pytest.approx(cfo, abs=0.03)


def test_offset_and_time_at_zero_db(rng):
    found = [acquire(window(rng, 150, 0.25, 0), 0.3, CONFIG) for _ in range(100)]
    assert {f.start for f in found} == {146}
    cfo = np.array([f.cfo for f in found]) - 0.25
    assert abs(cfo.mean()) < 0.002
    assert cfo.std() < 0.007


def test_the_first_strong_path_counts(rng):
    found = acquire(window(rng, 100, 0.0, 20, {0: 0.6, 9: 0.8}), 0.0, CONFIG)
    assert found.start == 96


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1.0, 1e9])
def test_noise_is_no_preamble(rng, scale):
    for _ in range(20):
        noise = scale * (rng.normal(size=(N_WINDOW, 2)) @ [1, 1j])
        assert acquire(noise, 1.5, CONFIG) is None


@pytest.mark.parametrize("coarse", [-0.6, 0.7])
def test_a_suspicion_that_errs_does_not_turn_the_offset(rng, coarse):
    start = 300
    found = acquire(window(rng, start, 0.0, 15.0), coarse, CONFIG)
    assert abs(found.cfo) < 0.01
    assert abs(found.start - (start - 4)) <= 1
