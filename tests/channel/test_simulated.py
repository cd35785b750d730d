# SPDX-License-Identifier: MIT
"""The simulated channel: noise of the power that was asked for, exact offset."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.profile import ChannelProfile, profile, profile_names
from gsc_sdr.channel.simulated import SimulatedChannel, channel_by_name
from gsc_sdr.errors import ConfigError, ShapeError

RATE = 1e6
ALL = FrontEnd(
    cfo_hz=1e3, sfo_ppm=-133.3, linewidth_hz=10.0, iq_gain_db=0.5, iq_phase_deg=3.0, dc_db=-30.0,
    clip_db=6.0, adc_bits=16, agc_step_db=3.0, agc_period_s=3e-3, tone_db=-10.0, tone_hz=5e3,
    erasure_s=1e-3, erasure_period_s=4e-3,
)  # fmt: skip


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


@pytest.mark.learn
@pytest.mark.parametrize("front_end", [FrontEnd(), ALL], ids=["none", "all"])
@pytest.mark.parametrize("name", ["awgn", "rayleigh", "rician", "tdl-c", "tdl-e", "cdl-a"])
def test_cuts_leave_no_trace(rng, name, front_end):
    channel = replace(profile(name), front_end=front_end, block_s=0.003, speed_mps=50.0)
    x = (rng.normal(size=(150_000, 2)) @ [1, 1j]).astype(np.complex64)
    first, second = (SimulatedChannel(channel, RATE, 3.0, -777.0, seed=2) for _ in range(2))
    cuts = np.sort(np.concatenate([[0, 1, 8, 8, 4096], rng.integers(0, len(x), 100)]))
    got = np.concatenate([second.apply(piece) for piece in np.split(x, cuts)])
    assert np.array_equal(first.apply(x), got)


def test_parts_stand_in_the_order_of_the_drawing():
    """Each figure is set so that another order would show."""
    front_end = FrontEnd(
        clip_db=-6.0206, iq_gain_db=3.0, dc_db=-20.0, adc_bits=12, tone_db=0.0, tone_hz=0.0,
        erasure_s=0.01, erasure_period_s=0.01,
    )  # fmt: skip
    channel = SimulatedChannel(ChannelProfile("all", front_end=front_end), RATE, 20.0, seed=1)
    heard = channel.apply(np.full(200_000, 3.0))
    i, q = heard.real - heard.real.mean(), heard.imag
    assert heard.real.mean() == pytest.approx(0.1, abs=1e-3)  # tone and signal are erased, DC not
    assert q.std() / i.std() == pytest.approx(10 ** (3 / 20), rel=0.02)  # noise passes the mixer
    assert np.mean(np.abs(i + 1j * q) ** 2) == pytest.approx(0.01, rel=0.02)
    assert len(np.unique(heard.real)) < 1000  # of 2e5 draws: the converter comes last
    clipped = SimulatedChannel(ChannelProfile("c", front_end=FrontEnd(clip_db=-6.0206)), RATE)
    assert np.allclose(clipped.apply(np.full(9, 3.0)), 0.5, atol=1e-5)


def test_the_offset_is_beside_that_of_the_profile():
    channel = SimulatedChannel(
        ChannelProfile("late", front_end=FrontEnd(cfo_hz=700.0)), RATE, cfo_hz=300.0
    )
    turned = np.exp(2j * np.pi * 1e-3 * np.arange(3000))
    assert np.allclose(channel.apply(np.ones(3000)), turned, atol=1e-5)
    with pytest.raises(ConfigError, match=r"cfo_hz is 500700\.0; give at most 500000 either way"):
        channel.set_cfo_hz(5e5)


def test_a_clock_offset_comes_out_in_the_count_and_the_delay():
    channel = SimulatedChannel(ChannelProfile("fast", front_end=FrontEnd(sfo_ppm=1000.0)), RATE)
    pulse = np.zeros(100_000)
    pulse[50_000] = 1
    heard = channel.apply(pulse)
    assert len(heard) == pytest.approx(100_000 / 1.001, abs=1)
    assert np.argmax(np.abs(heard)) == pytest.approx((50_000 + channel.delay) / 1.001, abs=1)


@pytest.mark.learn
@pytest.mark.parametrize("rate", [2e4, 6e7])
@pytest.mark.parametrize("name", profile_names())
def test_every_profile_runs_at_any_rate(name, rate):
    slow_tone = replace(profile(name).front_end, tone_hz=5e3, cfo_hz=100.0)
    channel = replace(profile(name), front_end=slow_tone)
    heard = SimulatedChannel(channel, rate, 10.0, seed=1).apply(np.ones(20_000))
    assert np.all(np.isfinite(heard))
    assert len(heard) == pytest.approx(20_000, abs=2)
    assert 0.005 < np.mean(np.abs(heard) ** 2) < 20


@pytest.mark.learn
def test_memory_stays_where_it_is():
    channel = SimulatedChannel(replace(profile("tdl-c"), front_end=ALL, speed_mps=300.0), RATE, 3.0)
    x = np.ones(50_000, np.complex64)
    for _ in range(20):
        channel.apply(x)
    tracemalloc.start()
    for _ in range(3):
        channel.apply(x)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(60):
        channel.apply(x)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000  # some hops of taps; it drew 200


def test_a_name_is_enough():
    by_name = channel_by_name("usrp", RATE, 10.0, 5.0, 3)
    same = SimulatedChannel(profile("usrp"), RATE, 10.0, 5.0, 3)
    assert np.array_equal(by_name.apply(np.ones(999)), same.apply(np.ones(999)))
    with pytest.raises(ConfigError, match="channel is 'cable'; choose one of"):
        channel_by_name("cable", RATE)


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
