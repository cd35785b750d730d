# SPDX-License-Identifier: MIT
"""A channel that changes its shape is followed; a still one costs next to nothing."""

import numpy as np
import pytest

from gsc_sdr.phy.csi import GainEstimate
from gsc_sdr.phy.moving import follow
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.track import Track

CONFIG = OfdmConfig()
PILOTS = pilot_values(CONFIG)[CONFIG.n_header :]
CARRIERS = np.array(CONFIG.active_carriers)
TIMES = 1.25 * (np.arange(24) + 4.5)  # since the gain was measured


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def run(rng, snr_db, speed, extra=0.0, n=100):
    """Follow two paths that change by ``speed`` a symbol, from their start."""
    steering = np.exp(-2j * np.pi * np.outer([4.0, 5.5], CARRIERS) / 64) / np.sqrt(2)
    first = cn(rng, n, 1, 2)
    later = first * np.cos(speed * TIMES[:, None]) + cn(rng, n, 1, 2) * np.sin(
        speed * TIMES[:, None]
    )
    gain, gains = (first @ steering)[:, 0], later @ steering
    noise = 10 ** (-snr_db / 10)
    sent = cn(rng, n, 24, 52)
    sent[:, :, CONFIG.pilot_columns] = PILOTS
    received = gains * sent + np.sqrt(noise + extra) * cn(rng, n, 24, 52)
    known = GainEstimate(
        gain,
        np.zeros(n),
        np.full(n, noise),
        (np.abs(gain) ** 2).mean(axis=1),
        np.full(n, 1),
    )
    told = np.tile(noise + np.ravel(extra) * np.ones(24), (n, 1))
    still = Track(np.ones((n, 24), complex), np.zeros((n, 24)), told, np.ones(n), np.ones(n))
    return gains, follow(received.astype(np.complex64), known, still, CONFIG)


@pytest.mark.parametrize("snr_db", [0, 10, 30])
def test_a_still_channel_stays_as_it_is(rng, snr_db):
    gains, payload = run(rng, snr_db, 0.0)
    error = (np.abs(payload.gain - gains) ** 2).mean()
    assert error < 0.02 * 10 ** (-snr_db / 10) + 1e-12
    assert payload.noise_var.mean() == pytest.approx(10 ** (-snr_db / 10), rel=0.02)


def test_a_change_of_shape_is_followed_and_its_error_known(rng):
    gains, payload = run(rng, 20, 0.03)
    missed = (np.abs(payload.gain - gains) ** 2).mean()
    assert missed < 0.1 * (np.abs(gains - gains[:, :1]) ** 2).mean()
    assert payload.error.mean() == pytest.approx(missed, rel=0.5)
    assert payload.power.mean() == pytest.approx((np.abs(gains) ** 2).mean(), rel=0.05)


def test_a_burst_that_is_known_is_no_change_of_shape(rng):
    extra = np.zeros((24, 1))
    extra[10] = 3.0
    gains, payload = run(rng, 15, 0.0, extra)
    noise_var = payload.noise_var.mean(axis=0)
    assert noise_var[10] > 10 * np.delete(noise_var, [9, 10, 11]).mean()
    rest = np.delete(np.abs(payload.gain - gains) ** 2, [9, 10, 11], axis=1)
    assert rest.mean() < 0.3 * 10**-1.5


def test_no_frames_are_no_trouble(rng):
    gains, payload = run(rng, 10, 0.0, n=0)
    assert payload.gain.shape == gains.shape == (0, 24, 52)
