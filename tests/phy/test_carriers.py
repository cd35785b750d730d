# SPDX-License-Identifier: MIT
"""Carriers: those of the transform, at one level, without what the radio added."""

import numpy as np
import pytest

from gsc_sdr.phy.carriers import N_TRAINING, row_times, to_carriers, training_time
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig, demodulate
from gsc_sdr.phy.preamble import training

CONFIG = OfdmConfig()
TIMES = np.arange(CONFIG.frame_length)


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


@pytest.fixture
def frames(rng):
    return build_frames(cn(rng, 3 * CONFIG.capacity), Header(1, 3, 64, 64), CONFIG)


@pytest.mark.parametrize("cfo", [0.0, -0.3, 2.1])
def test_rows_are_training_then_symbols(frames, cfo):
    turned = frames * np.exp(2j * np.pi * cfo * TIMES / 64)
    found = to_carriers(turned, np.full(3, cfo), CONFIG)
    rows = found.rows * found.scale[:, None, None]
    assert np.allclose(rows[:, :N_TRAINING], training(CONFIG).sent, atol=2e-5)
    body = demodulate(frames[:, CONFIG.preamble_length :], CONFIG)[..., CONFIG.bins]
    assert np.allclose(rows[:, N_TRAINING:], body, atol=2e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 7.0, 1e30])
def test_rows_are_of_one_level_whatever_the_receiver_s_gain(frames, scale):
    found = to_carriers(frames * np.float32(scale), np.zeros(3), CONFIG)
    assert 0.5 < np.abs(found.rows).std() < 2
    assert np.allclose(np.log2(found.scale), np.round(np.log2(found.scale)))


@pytest.mark.parametrize("cfo", [0.0, 0.4, -1.7])
def test_a_constant_is_taken_off(frames, cfo):
    turned = frames * np.exp(2j * np.pi * cfo * TIMES / 64)
    plain = to_carriers(turned, np.full(3, cfo), CONFIG)
    with_constant = to_carriers(turned + (0.1 - 0.05j), np.full(3, cfo), CONFIG)
    assert np.abs(with_constant.rows - plain.rows).max() < 0.25  # 1.0 would be left without
    assert (np.abs(with_constant.rows - plain.rows) ** 2).mean() < 1e-3


def test_noise_has_no_constant_to_take_off(rng):
    noise = cn(rng, 50, CONFIG.frame_length)
    rows = to_carriers(noise, np.zeros(50), CONFIG)
    body = demodulate(noise[:, CONFIG.preamble_length :], CONFIG)[..., CONFIG.bins]
    exact = rows.rows[:, N_TRAINING:] * rows.scale[:, None, None]
    assert np.allclose(exact, body, atol=1e-5)


def test_broken_samples_count_as_none(frames):
    broken = frames.copy()
    broken[0, 900:1000] = complex(np.nan, 1)
    broken[1, 900:1000] = complex(1, np.inf)
    broken[2] = np.nan
    found = to_carriers(broken, np.zeros(3), CONFIG)
    assert np.isfinite(found.rows).all()
    assert not found.rows[2].any()
    assert found.scale[2] == 0


def test_times_are_zero_amid_the_header():
    times = row_times(CONFIG)
    assert len(times) == N_TRAINING + CONFIG.n_header + CONFIG.n_payload
    assert np.allclose(np.diff(times)[N_TRAINING:], 1.25)
    assert times[N_TRAINING] < 0 < times[N_TRAINING + CONFIG.n_header]
    assert times[0] < training_time(CONFIG) < times[N_TRAINING - 1]
