# SPDX-License-Identifier: MIT
"""Drift: found exactly, found after several turns, as exact as theory allows."""

import numpy as np
import pytest

from gsc_sdr.phy.drift import Drift, Known, fit_drift, search_cfo

TIMES, CARRIERS = (
    axis.ravel() for axis in np.meshgrid(1.25 * np.arange(-5.0, 30), [-21.0, -7, 7, 21])
)


def known(rng, truth, snr_db, n=300):
    """Return pilots that have drifted by ``truth`` (phase, cfo, sfo)."""
    drift = Drift(*(np.full(n, value) for value in truth))
    noise_var = 10 ** (-snr_db / 10)
    noise = rng.normal(size=(n, len(TIMES), 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
    matched = drift.rotation(TIMES, CARRIERS) + noise
    return Known(matched, np.ones(matched.shape), np.full(n, noise_var), TIMES, CARRIERS)


def none(n):
    return Drift(np.zeros(n), np.zeros(n), np.zeros(n))


def test_fit_is_exact_without_noise(rng):
    found = fit_drift(known(rng, (0.3, 0.004, 4e-5), 200, 2), none(2), n_steps=8)
    assert np.allclose([found.phase, found.cfo], [[0.3] * 2, [0.004] * 2], atol=1e-6)
    assert np.allclose(found.sfo, 4e-5, rtol=1e-3)


@pytest.mark.parametrize("snr_db", [0, 10])
def test_fit_reaches_the_bound(rng, snr_db):
    facts = known(rng, (0.1, 0.001, 0.0), snr_db)
    found = fit_drift(facts, none(300), n_steps=3)
    turn = 2 * np.pi * TIMES
    fisher = 2 * 10 ** (snr_db / 10) * turn.var() * len(turn)
    assert found.cfo.mean() == pytest.approx(0.001, abs=4 / np.sqrt(fisher * 300))
    assert found.cfo.std() < 1.15 / np.sqrt(fisher)


@pytest.mark.parametrize("cfo", [-0.18, -0.05, 0.0, 0.013, 0.18])
def test_search_finds_an_offset_of_several_turns(rng, cfo):
    found = search_cfo(known(rng, (0.0, cfo, 0.0), 3))
    assert np.abs(found.cfo - cfo).max() < 0.006


def test_one_of_many_can_be_picked(rng):
    drift = Drift(np.arange(3.0), np.arange(3.0) + 3, np.arange(3.0) + 6)
    assert drift.pick([2]) == Drift(*(np.array([v]) for v in (2.0, 5.0, 8.0)))
