# SPDX-License-Identifier: MIT
"""The link's measures: exact on made-up symbols, blind to one gain, honest at the edges."""

import math

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.metrics.link import energy_j, snr_post_db


def noise(rng, n):
    return rng.normal(size=(n, 2)) @ [1, 1j] * np.sqrt(0.5)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 10.0, 30.0])
@pytest.mark.parametrize("gain", [1.0, 0.5 - 2j])
def test_snr_is_that_of_the_noise_whatever_the_gain(rng, snr_db, gain):
    sent = noise(rng, 20_000)
    received = gain * (sent + noise(rng, len(sent)) * 10 ** (-snr_db / 20))
    assert snr_post_db(received, sent) == pytest.approx(snr_db, abs=0.15)  # 5 sigma at -5 dB


def test_snr_is_exact_for_an_error_at_right_angles():
    sent = np.array([1, 1, 1, 1], np.complex64)
    error = 0.1 * np.array([1, -1, 1j, -1j])  # has no part along what was sent
    assert snr_post_db(sent + error, sent) == pytest.approx(20, abs=1e-5)


def test_only_a_gain_is_no_noise_and_only_noise_has_no_signal():
    sent = np.array([1, -1, 1, -1], np.complex128)
    assert snr_post_db(0.5j * sent, sent) == math.inf
    assert snr_post_db(np.ones(4), sent) == -math.inf


@pytest.mark.parametrize("received", [np.zeros(3), np.zeros(0)])
def test_symbols_that_do_not_pair_are_refused(received):
    with pytest.raises(ShapeError, match="same shape"):
        snr_post_db(received, np.zeros(len(received) and 4, complex))


def test_energy_is_power_times_time():
    assert energy_j(30.0, 2.0) == pytest.approx(2.0)
    assert energy_j(0.0, 1.0) == pytest.approx(1e-3)
