# SPDX-License-Identifier: MIT
"""The equaliser divides by the gain, and says what noise that leaves."""

import numpy as np
import pytest

from gsc_sdr.phy.equalize import Payload, equalize
from gsc_sdr.phy.ofdm import OfdmConfig

CONFIG = OfdmConfig()


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def payload(rng, snr_db, n=50):
    """Return what was sent [n, 1152], and the payload that arrived."""
    sent = cn(rng, n, 24, 52)
    gain = np.exp(2j * np.pi * rng.random((n, 24, 52))).astype(np.complex64)
    noise_var = 10 ** (-snr_db / 10)
    received = (gain * sent + cn(rng, n, 24, 52) * np.sqrt(noise_var)).astype(np.complex64)
    data = sent[:, :, CONFIG.data_columns].reshape(n, -1)
    noise = np.full((n, 24), noise_var)
    return data, Payload(received, gain, np.zeros((n, 24)), noise, np.ones(n))


@pytest.mark.parametrize("snr_db", [0, 20, 200])
def test_what_was_sent_comes_out_in_the_noise_that_is_told(rng, snr_db):
    sent, received = payload(rng, snr_db)
    symbols, noise_var = equalize(received, CONFIG.data_columns)
    error = (np.abs(symbols - sent) ** 2).mean()
    assert error == pytest.approx(10 ** (-snr_db / 10), rel=0.03, abs=1e-11)
    assert noise_var.mean() == pytest.approx(max(10 ** (-snr_db / 10), 1e-9))


def test_what_the_gain_lacks_in_truth_is_noise_too(rng):
    _, received = payload(rng, 20, n=1)
    received.error[0, 7] = 0.5
    noise_var = equalize(received, CONFIG.data_columns)[1].reshape(24, 48).mean(axis=1)
    assert noise_var[7] == pytest.approx(0.51)
    assert np.delete(noise_var, 7) == pytest.approx(0.01)


def test_a_dead_carrier_is_called_so(rng):
    _, received = payload(rng, 20, n=2)
    received.gain[:, :, CONFIG.data_columns[5]] = 0
    symbols, noise_var = equalize(received, CONFIG.data_columns)
    assert np.isfinite(symbols).all()
    assert (noise_var.reshape(2, 24, 48)[:, :, 5] > 1e3).all()


@pytest.mark.parametrize("n", [0, 1])
def test_silence_is_no_trouble(n):
    nothing = np.zeros((n, 24, 52), np.complex64)
    quiet = Payload(nothing, nothing, np.zeros((n, 24)), np.zeros((n, 24)), np.zeros(n))
    symbols, noise_var = equalize(quiet, CONFIG.data_columns)
    assert symbols.shape == noise_var.shape == (n, 1152)
    assert np.isfinite(symbols).all()
    assert np.isfinite(noise_var).all()
