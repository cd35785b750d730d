# SPDX-License-Identifier: MIT
"""Fading: theory's power and correlation, and no trace of how it was cut."""

import numpy as np
import pytest
from scipy.special import j0

from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.tdl import TdlConfig, tdl_taps

RATE = 1e6
FAST = ChannelProfile("fast", "tdl-c", delay_spread_s=300e-9, speed_mps=100.0)  # 800 Hz
STILL = ChannelProfile("still", "tdl-c", delay_spread_s=300e-9, speed_mps=0.0)
BLUR = ChannelProfile("blur", "cdl-c", speed_mps=800.0)  # 6.4 kHz: a grid point every 4 samples
needs_torch = pytest.mark.learn


def tone(n, cycles=0.0):
    return np.exp(2j * np.pi * cycles * np.arange(n)).astype(np.complex64)


def test_no_fading_changes_nothing(rng):
    x = rng.normal(size=(100, 2)) @ [1, 1j]
    fading = Fading(profile("awgn"), RATE)
    assert np.array_equal(fading.apply(x), x.astype(np.complex64))
    assert fading.delay == 0


def test_a_rayleigh_gain_holds_for_its_block_and_then_changes():
    block = round(0.05 * RATE)
    gains = Fading(profile("rayleigh"), RATE, seed=1).apply(tone(3 * block)).reshape(3, block)
    assert np.array_equal(gains, np.repeat(gains[:, :1], block, axis=1))
    assert len(np.unique(gains[:, 0])) == 3


def test_rayleigh_gains_are_complex_gaussian_of_unit_power():
    fading = Fading(ChannelProfile("quick", "rayleigh", block_s=1e-3), 1e3, seed=2)
    gains = fading.apply(tone(4000))
    assert np.mean(np.abs(gains) ** 2) == pytest.approx(1.0, abs=0.06)
    assert np.mean(np.abs(gains) ** 4) == pytest.approx(2.0, abs=0.35)
    assert abs(gains.mean()) < 0.06
    assert abs(np.mean(gains[1:] * gains[:-1].conj())) < 0.06


@needs_torch
@pytest.mark.parametrize("cycles", [0.0, 0.11, -0.4])
def test_a_still_tdl_has_the_response_of_its_paths(cycles):
    fading = Fading(STILL, RATE, seed=3)
    gains, delays_s = tdl_taps(TdlConfig("C", 300e-9, 2.4e9, 0.0), 1, 1.0, seed=3)
    late = delays_s * RATE + fading.delay
    expected = np.sum(gains[:, 0] * np.exp(-2j * np.pi * cycles * late))
    got = fading.apply(tone(200, cycles))[100:] * tone(200, -cycles)[100:]
    assert np.allclose(got, expected, atol=0.02)


@pytest.mark.parametrize("k_db", [-10.0, 0.0, 6.0])
def test_rician_gains_have_their_k_factor_and_unit_power(k_db):
    fading = Fading(ChannelProfile("quick", "rician", block_s=1e-3, k_db=k_db), 1e3, seed=2)
    gains, k = fading.apply(tone(20_000)), 10 ** (k_db / 10)
    power = np.abs(gains) ** 2
    assert power.mean() == pytest.approx(1.0, abs=0.02)
    assert abs(gains.mean()) ** 2 == pytest.approx(k / (1 + k), abs=0.02)
    assert power.var() == pytest.approx((1 + 2 * k) / (1 + k) ** 2, rel=0.08)


@needs_torch
@pytest.mark.parametrize("channel", [FAST, BLUR], ids=lambda p: p.name)
def test_mean_power_is_one_across_the_occupied_band(channel):
    for cycles in (0.0, 0.4):
        gains = Fading(channel, RATE, seed=4).apply(tone(400_000, cycles))
        assert np.mean(np.abs(gains) ** 2) == pytest.approx(1.0, abs=0.12)


@needs_torch
def test_echoes_of_a_pulse_are_those_of_the_table():
    """TR 38.901, table 7.7.2-4 less 0.3 dB, for its powers add up to 1.08; two pairs are too near
    to tell apart.
    """
    rate, apart = 20e6, 400  # 50 ns a sample, and a pulse every 20 us
    slow = ChannelProfile("slow", "tdl-d", delay_spread_s=1e-6, speed_mps=1000.0)  # 8 kHz
    fading = Fading(slow, rate, seed=1)
    pulses = np.zeros((10_000, apart), np.complex64)
    pulses[:, 0] = 1
    echoes = fading.apply(pulses.ravel()).reshape(pulses.shape)[1:]
    power = np.mean(np.abs(echoes) ** 2, axis=0)
    assert power.sum() == pytest.approx(1.0, abs=0.05)
    for delay, power_db in {1.384: -17.0, 1.79: -18.6, 7.937: -23.9, 9.424: -25.1}.items():
        place = round(delay * 1e-6 * rate) + fading.delay
        near = power[place - 4 : place + 5].sum()
        assert 10 * np.log10(near) == pytest.approx(power_db, abs=1.0)
    silence = power[round(5e-6 * rate) + fading.delay : round(7e-6 * rate) + fading.delay]
    assert silence.sum() < 1e-4  # the table has no path there


@needs_torch
def test_gain_turns_with_clarkes_autocorrelation():
    runs = [Fading(FAST, RATE, seed).apply(tone(400_000))[100::50] for seed in (1, 2)]
    doppler_cycles = 100.0 * 2.4e9 / 299_792_458 * 50 / RATE  # cycles between two points
    lags = np.arange(0, 40, 3)
    for_lag = [np.mean([np.mean(g[: len(g) - k].conj() * g[k:]) for g in runs]) for k in lags]
    seen = np.array(for_lag) / np.mean(np.abs(runs) ** 2)
    assert np.allclose(seen, j0(2 * np.pi * doppler_cycles * lags), atol=0.15)


@needs_torch
def test_gain_is_continuous_across_grid_points_and_draws():
    gains = Fading(FAST, RATE, seed=5).apply(tone(200_000))[100:]
    fastest = 2 * np.pi * 801 / RATE  # radians a sample of the fastest path
    assert np.abs(np.diff(gains)).max() < 4 * fastest


@needs_torch
@pytest.mark.parametrize(
    "channel",
    [*map(profile, ("rayleigh", "rician", "tdl-a", "tdl-e", "cdl-a", "cdl-d")), FAST, STILL, BLUR],
    ids=lambda p: p.name,
)
def test_cuts_leave_no_trace(rng, channel):
    x = (rng.normal(size=(120_000, 2)) @ [1, 1j]).astype(np.complex64)
    cuts = np.sort(rng.integers(0, len(x), 40))
    pieces = np.split(x, np.concatenate([[0, 1, 2, 2], cuts]))
    whole, cut = Fading(channel, RATE, seed=6), Fading(channel, RATE, seed=6)
    expected = whole.apply(x)
    got = np.concatenate([cut.apply(piece) for piece in pieces])
    assert got.dtype == np.complex64
    assert np.array_equal(got, expected)


@needs_torch
def test_two_channels_do_not_disturb_each_other():
    alone = Fading(FAST, RATE, seed=7).apply(tone(50_000))
    first, second = Fading(FAST, RATE, seed=7), Fading(FAST, RATE, seed=8)
    pairs = [(first.apply(part), second.apply(part)) for part in np.split(tone(50_000), 10)]
    assert np.allclose(np.concatenate([a for a, _ in pairs]), alone, atol=1e-5)
    assert not np.allclose(np.concatenate([b for _, b in pairs]), alone, atol=0.1)


@needs_torch
def test_more_than_the_limits_is_refused():
    with pytest.raises(ConfigError, match="too fast for 10000 samples/s: lower speed_mps"):
        Fading(FAST, 1e4)
    with pytest.raises(ConfigError, match="at most 1024 taps fit: lower delay_spread_s"):
        Fading(STILL, 1e9)


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ConfigError, match=f"sample_rate is {rate}"):
        Fading(profile("awgn"), rate)


@pytest.mark.parametrize("seed", [-1, 1 << 63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ConfigError, match=f"seed is {seed}; give 0 to"):
        Fading(profile("awgn"), RATE, seed=seed)


@pytest.mark.parametrize("name", ["awgn", "rayleigh"])
def test_a_batch_is_refused(name):
    with pytest.raises(ShapeError, match=r"samples is \(2, 3\); expected \[n\]"):
        Fading(profile(name), RATE).apply(np.zeros((2, 3)))
