# SPDX-License-Identifier: MIT
"""The oscillator: exact for months, a Wiener phase of the width that was asked for."""

from fractions import Fraction

import numpy as np
import pytest

from gsc_sdr.channel.oscillator import Oscillator, phase_step, unit_circle
from gsc_sdr.errors import ConfigError

RATE = 1e6


def oscillator(cfo_hz=0.0, linewidth_hz=0.0, seed=0, rate=RATE):
    return Oscillator(rate, cfo_hz, linewidth_hz, np.random.default_rng(seed))


def ones(n):
    return np.ones(n, np.complex64)


def test_the_circle_is_one_everywhere(rng):
    phases = rng.integers(0, 1 << 64, 2000, np.uint64)
    got = np.array([unit_circle(phase) for phase in phases])
    assert np.abs(got - np.exp(2j * np.pi * (phases / 2.0**64))).max() < 1e-11


def test_nothing_to_turn_costs_nothing():
    samples = ones(9)
    assert oscillator().apply(samples) is samples


@pytest.mark.parametrize("cfo_hz", [-6250.0, 0.1, 123456.789])
def test_after_months_the_phase_is_still_that_of_the_frequency(cfo_hz):
    n, rate = 60_000_000 * 86_400 * 90, 60e6  # samples of 90 days
    turned = int(phase_step(cfo_hz / rate)) * n % (1 << 64)
    exact = Fraction(cfo_hz) / Fraction(rate) * n % 1
    off = abs(Fraction(turned, 1 << 64) - exact)
    assert min(off, 1 - off) < 1e-4  # turns


def test_a_new_offset_goes_on_from_the_phase():
    turning = oscillator(1000.0)
    before = turning.apply(ones(1234))
    turning.set_cfo_hz(-250.0)
    after = turning.apply(ones(10))
    step = np.angle(after[0] * before[-1].conj())
    assert step == pytest.approx(2 * np.pi * 1e-3, abs=1e-5)
    assert np.angle(after[1:] * after[:-1].conj()) == pytest.approx(-2 * np.pi * 2.5e-4, abs=1e-5)


@pytest.mark.parametrize("linewidth_hz", [10.0, 1000.0])
def test_the_phase_walks_with_a_variance_of_2_pi_linewidth_t(linewidth_hz):
    phase = np.unwrap(np.angle(oscillator(0.0, linewidth_hz, 1).apply(ones(400_000))))
    for lag in (1, 10, 100):
        grown = np.var(phase[lag:] - phase[:-lag])
        assert grown == pytest.approx(2 * np.pi * linewidth_hz * lag / RATE, rel=0.06)


def test_the_line_is_a_lorentzian_of_the_linewidth():
    y = oscillator(0.0, 2000.0, 2).apply(ones(2_000_000)).astype(np.complex128)
    for lag in (50, 200):  # autocorrelation of a Lorentzian: exp(-pi linewidth |t|)
        seen = np.vdot(y[:-lag], y[lag:]) / (len(y) - lag)
        assert abs(seen - np.exp(-np.pi * 2000.0 * lag / RATE)) < 0.05


def test_phase_noise_neither_adds_nor_takes_power():
    y = oscillator(777.0, 5000.0, 3).apply(ones(10_000))
    assert np.allclose(np.abs(y), 1.0, atol=1e-6)


@pytest.mark.parametrize("linewidth_hz", [-1.0, np.nan, 10_001.0])
def test_a_linewidth_beyond_the_rate_is_refused(linewidth_hz):
    with pytest.raises(ConfigError, match=r"at 1e\+06 samples/s give 0 to 10000"):
        oscillator(0.0, linewidth_hz)
