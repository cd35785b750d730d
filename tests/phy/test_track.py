# SPDX-License-Identifier: MIT
"""The common factor: still when nothing moves, followed when it does, no burst believed."""

import numpy as np
import pytest

from gsc_sdr.phy.drift import Drift, Known
from gsc_sdr.phy.track import Rows, track

N_ROWS, N_POINTS, N_SURE = 30, 8, 10
TIMES = 1.25 * np.arange(N_ROWS)
ROWS = Rows(np.arange(N_ROWS + 1) * N_POINTS, TIMES, N_SURE)
CARRIERS = np.tile(np.linspace(-26, 26, N_POINTS), N_ROWS)


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def run(rng, snr_db, change=1.0, extra=0.0, n=200):
    """Track factors ``change`` [n or 1, N_ROWS] that drift, in noise with ``extra`` [N_ROWS]."""
    drift = Drift(np.full(n, 0.3), np.full(n, 0.01), np.full(n, 2e-5))
    gain = np.exp(2j * np.pi * rng.random((n, 1, N_POINTS)))
    noise = np.sqrt(10 ** (-snr_db / 10) + np.broadcast_to(extra, N_ROWS))[:, None]
    times = np.repeat(TIMES, N_POINTS)
    turn = drift.rotation(times, CARRIERS).reshape(n, N_ROWS, N_POINTS)
    factor = np.broadcast_to(change, (n, N_ROWS))[..., None]
    received = gain * turn * factor + noise * cn(rng, n, N_ROWS, N_POINTS)
    matched = (received * gain.conj()).reshape(n, -1).astype(np.complex64)
    weight = np.ones(matched.shape, np.float32)
    known = Known(matched, weight, np.full(n, 10 ** (-snr_db / 10)), times, CARRIERS)
    return track(known, drift, ROWS)


@pytest.mark.parametrize("snr_db", [0, 10, 30])
def test_a_still_channel_keeps_one_factor(rng, snr_db):
    found = run(rng, snr_db)
    error = (np.abs(found.common - 1) ** 2).mean()
    assert error < 2 * 10 ** (-snr_db / 10) / (N_ROWS * N_POINTS)
    assert found.noise_var.mean() == pytest.approx(10 ** (-snr_db / 10), rel=0.05)
    assert np.abs(found.spent + 1 - N_SURE / N_ROWS).mean() < 0.1
    assert found.power.mean() == pytest.approx(1, abs=0.02)


def test_a_changing_factor_is_followed_and_its_error_known(rng):
    change = np.exp(1j * np.cumsum(0.15 * rng.normal(size=(200, N_ROWS)), axis=1))
    found = run(rng, 15, change)
    error = (np.abs(found.common - change) ** 2).mean()
    assert error < 0.05 * (np.abs(change - 1) ** 2).mean()
    assert found.error.mean() == pytest.approx(error, rel=0.4)
    assert (found.spent > 1).all()


def test_a_burst_is_marked_where_it_is(rng):
    extra = np.zeros(N_ROWS)
    extra[20] = 3.0
    noise_var = run(rng, 15, extra=extra).noise_var.mean(axis=0)
    assert noise_var[20] > 20 * np.delete(noise_var, [19, 20, 21]).mean()


def test_noisier_late_rows_are_marked_as_a_whole(rng):
    extra = np.where(np.arange(N_ROWS) >= N_SURE, 3 * 10**-1.5, 0)
    noise_var = run(rng, 15, extra=extra).noise_var.mean(axis=0)
    assert noise_var[N_SURE:] == pytest.approx(4 * 10**-1.5, rel=0.2)
    assert noise_var[:N_SURE] == pytest.approx(10**-1.5)


def test_silence_is_no_trouble():
    zeros = np.zeros((1, N_ROWS * N_POINTS))
    known = Known(
        zeros.astype(np.complex64), zeros.astype(np.float32), np.zeros(1), CARRIERS, CARRIERS
    )
    found = track(known, Drift(*np.zeros((3, 1))), ROWS)
    assert all(np.isfinite(values).all() for values in found)
