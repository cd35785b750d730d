# SPDX-License-Identifier: MIT
"""The simulated channel: noise of the power that was asked for, exact offset."""

import numpy as np
import pytest

from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.profile import profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.errors import ConfigError, ShapeError

RATE = 1e6


def test_ideal_is_ideal_whatever_the_snr(rng):
    x = (rng.normal(size=(500, 2)) @ [1, 1j]).astype(np.complex64)
    assert np.array_equal(SimulatedChannel(profile("ideal"), RATE, snr_db=0.0).apply(x), x)


@pytest.mark.parametrize("snr_db", [-3.0, 0.0, 20.0])
def test_noise_has_the_power_of_the_snr_in_both_dimensions(snr_db):
    noise = SimulatedChannel(profile("awgn"), RATE, snr_db, seed=1).apply(np.zeros(100_000))
    n0 = 10 ** (-snr_db / 10)
    assert np.mean(np.abs(noise) ** 2) == pytest.approx(n0, rel=0.02)
    assert np.var(noise.real) == pytest.approx(n0 / 2, rel=0.03)
    assert abs(np.mean(noise**2)) < 0.02 * n0
    assert abs(np.mean(noise[1:] * noise[:-1].conj())) < 0.02 * n0


def test_without_an_snr_there_is_no_noise():
    assert np.array_equal(SimulatedChannel(profile("awgn"), RATE).apply(np.ones(9)), np.ones(9))


@pytest.mark.parametrize("cfo_hz", [-0.4 * RATE / 64, 1234.5, RATE / 2])
def test_offset_turns_the_stream_exactly_and_for_ever(cfo_hz):
    channel = SimulatedChannel(profile("ideal"), RATE, cfo_hz=cfo_hz)
    for _ in range(9):
        channel.apply(np.zeros(100_003))
    n = 900_027 + np.arange(1000)
    expected = np.exp(2j * np.pi * cfo_hz / RATE * n)
    assert np.allclose(channel.apply(np.ones(1000)), expected, atol=1e-5)


def test_cuts_leave_no_trace(rng):
    x = (rng.normal(size=(70_000, 2)) @ [1, 1j]).astype(np.complex64)
    first, second = (
        SimulatedChannel(profile("rayleigh"), RATE, 3.0, -777.0, seed=2) for _ in range(2)
    )
    pieces = np.split(x, [0, 1, 8, 8, 4096, 50_001])
    got = np.concatenate([second.apply(piece) for piece in pieces])
    assert np.allclose(first.apply(x), got, atol=1e-5)


def test_offset_follows_fading_of_the_same_seed():
    channel = SimulatedChannel(profile("rayleigh"), RATE, cfo_hz=1000.0, seed=3)
    faded = Fading(profile("rayleigh"), RATE, seed=3).apply(np.ones(60_000))
    turned = faded * np.exp(2j * np.pi * 1e-3 * np.arange(60_000))
    assert np.allclose(channel.apply(np.ones(60_000)), turned, atol=1e-5)


def test_a_seed_gives_its_noise_again():
    runs = [
        SimulatedChannel(profile("awgn"), RATE, 0.0, seed=s).apply(np.zeros(99)) for s in (4, 4, 5)
    ]
    assert np.array_equal(runs[0], runs[1])
    assert not np.allclose(runs[0], runs[2])


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"snr_db": np.nan}, "snr_db is nan"),
        ({"cfo_hz": np.nan}, "cfo_hz is nan; give at most 500000 either way"),
        ({"cfo_hz": 6e5}, "cfo_hz is 600000.0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_figures_that_mean_nothing_are_refused(setting, says):
    with pytest.raises(ConfigError, match=says):
        SimulatedChannel(profile("awgn"), RATE, **setting)


def test_a_batch_is_refused():
    with pytest.raises(ShapeError, match="pass one stream"):
        SimulatedChannel(profile("awgn"), RATE).apply(np.zeros((2, 3)))
