# SPDX-License-Identifier: MIT
"""The preamble: periodic, of the payload's power, low in peaks, like nothing but itself."""

import numpy as np
import pytest

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.papr import papr_db
from gsc_sdr.phy.preamble import long_training, preamble, short_training, training

CONFIG = OfdmConfig()
WIDE = OfdmConfig(128, 32, tuple(c for c in range(-50, 51) if c % 9), tuple(range(-45, 46, 18)))


@pytest.mark.parametrize("config", [CONFIG, WIDE])
def test_parts_repeat_as_the_receiver_expects(config):
    samples, n, period = preamble(config), config.n_fft, config.n_fft // 4
    assert samples.shape == (config.preamble_length,)
    assert np.allclose(samples[: 5 * n - period], samples[period : 5 * n], atol=1e-6)
    assert np.array_equal(samples[-2 * n : -n], samples[-n:])
    assert np.array_equal(samples[5 * n : 5 * n + 2 * config.n_cp], samples[-2 * config.n_cp :])


@pytest.mark.parametrize("config", [CONFIG, WIDE])
def test_both_parts_have_the_payload_s_power(config):
    share = config.n_active / config.n_fft
    power = np.abs(preamble(config)) ** 2
    assert power[: 5 * config.n_fft].mean() == pytest.approx(share, rel=1e-4)
    assert power[-config.n_fft :].mean() == pytest.approx(share, rel=1e-4)
    assert (np.abs(short_training(config)) ** 2).mean() == pytest.approx(1)


@pytest.mark.parametrize("config", [CONFIG, WIDE])
def test_peaks_are_low(config):
    assert papr_db(preamble(config)) < 5


def test_long_training_resembles_no_shift_of_itself():
    long = long_training(CONFIG)
    grid = np.zeros(64, complex)
    grid[CONFIG.bins] = long
    for shift in range(1, 5):  # carriers: a wrong guess of the offset must not fit
        assert np.abs(np.fft.ifft(grid * np.roll(grid, shift))).max() * 64 < 0.65 * 52


def test_training_blocks_hold_what_they_say():
    samples, known = preamble(CONFIG), training(CONFIG)
    blocks = np.stack([samples[b : b + 64] for b in known.begins])
    carriers = np.fft.fft(blocks, norm="ortho")[:, CONFIG.bins]
    assert np.allclose(carriers, known.sent, atol=1e-5)
