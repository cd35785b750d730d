# SPDX-License-Identifier: MIT
"""The equaliser: exact when still, calibrated when not, and it trusts no burst."""

import numpy as np
import pytest

from gsc_sdr.phy.equalize import Payload, equalize, follow
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.pilots import pilot_values

CONFIG = OfdmConfig()
PILOTS = pilot_values(CONFIG)[CONFIG.n_header :]


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def payload(rng, snr_db, change=1.0, extra=0.0, n=200):
    """Return what was sent [n, 1152] and a payload whose gain changes by ``change``."""
    sent = cn(rng, n, 24, 52)
    sent[:, :, CONFIG.pilot_columns] = PILOTS
    gain = np.exp(2j * np.pi * rng.random((n, 52)))
    noise_var = 10 ** (-snr_db / 10)
    noise = cn(rng, n, 24, 52) * np.sqrt(noise_var + np.asarray(extra))
    received = gain[:, None] * sent * change + noise
    data = sent[:, :, CONFIG.data_columns].reshape(n, -1)
    return data, Payload(received, gain, np.zeros(n), np.full(n, noise_var))


def run(received):
    common, noise_var = follow(received, PILOTS, CONFIG.pilot_columns)
    return equalize(received, common, noise_var, CONFIG.data_columns)


def test_a_still_channel_without_noise_is_undone(rng):
    sent, received = payload(rng, 200, n=3)
    symbols, noise_var = run(received)
    assert np.allclose(symbols, sent, atol=1e-5)
    assert (noise_var > 0).all()
    assert np.isfinite(noise_var).all()


@pytest.mark.parametrize("snr_db", [0, 10, 20, 30])
def test_a_still_channel_costs_less_than_a_tenth_of_a_decibel(rng, snr_db):
    sent, received = payload(rng, snr_db)
    symbols, noise_var = run(received)
    error = (np.abs(symbols - sent) ** 2).mean()
    assert 10 * np.log10(error) == pytest.approx(-snr_db, abs=0.1)
    assert noise_var.mean() == pytest.approx(error, rel=0.05)


def test_a_changing_channel_is_followed(rng):
    angle = np.cumsum(0.15 * rng.normal(size=(200, 24, 1)), axis=1)
    sent, received = payload(rng, 20, np.exp(1j * angle))
    symbols, noise_var = run(received)
    error = (np.abs(symbols - sent) ** 2).mean()
    unguided = (np.abs(np.exp(1j * angle) - 1) ** 2).mean()
    assert error < 0.05 * unguided
    assert noise_var.mean() == pytest.approx(error, rel=0.4)


def test_a_burst_is_marked_where_it_is(rng):
    extra = np.zeros((24, 1))
    extra[10] = 3.0
    _, received = payload(rng, 15, extra=extra)
    noise_var = run(received)[1].reshape(200, 24, 48).mean(axis=(0, 2))
    assert noise_var[10] > 20 * np.delete(noise_var, [9, 10, 11]).mean()


def test_a_noisier_payload_is_marked_as_a_whole(rng):
    _, received = payload(rng, 15, extra=3 * 10**-1.5)
    noise_var = run(received)[1]
    assert noise_var.mean() == pytest.approx(4 * 10**-1.5, rel=0.15)


def test_a_dead_carrier_is_called_so(rng):
    _, received = payload(rng, 20, n=2)
    received.gain[:, CONFIG.data_columns[5]] = 0
    symbols, noise_var = run(received)
    assert np.isfinite(symbols).all()
    assert (noise_var.reshape(2, 24, 48)[:, :, 5] > 1e3).all()


def test_silence_is_no_trouble():
    nothing = Payload(np.zeros((1, 24, 52), complex), np.zeros((1, 52)), np.zeros(1), np.zeros(1))
    symbols, noise_var = run(nothing)
    assert np.isfinite(symbols).all()
    assert np.isfinite(noise_var).all()
