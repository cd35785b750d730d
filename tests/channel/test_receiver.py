# SPDX-License-Identifier: MIT
"""The receiver: image, direct current, gain steps and rounding as the formulas say."""

import numpy as np
import pytest

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.receiver import Digitiser, iq_gains

RATE, N = 1e6, 100_000


def tone(cycles=0.1):
    return np.exp(2j * np.pi * cycles * np.arange(N)).astype(np.complex64)


def power_at(samples, cycles):
    return abs(np.vdot(tone(cycles), samples) / N) ** 2


@pytest.mark.parametrize(("gain_db", "phase_deg"), [(0.5, 3.0), (-1.0, 0.0), (0.0, -2.0), (6, 30)])
def test_image_rejection_is_the_closed_form(gain_db, phase_deg):
    y = Digitiser(FrontEnd(iq_gain_db=gain_db, iq_phase_deg=phase_deg), RATE, 0).apply(tone())
    g, cosine = 10 ** (gain_db / 20), np.cos(np.deg2rad(phase_deg))
    expected = (1 + 2 * g * cosine + g**2) / (1 - 2 * g * cosine + g**2)
    rejection = power_at(y, 0.1) / power_at(y, -0.1)
    assert 10 * np.log10(rejection) == pytest.approx(10 * np.log10(expected), abs=0.05)
    assert np.mean(np.abs(y) ** 2) == pytest.approx(1.0, abs=1e-4)


def test_the_q_branch_has_the_gain_and_the_angle():
    k1, k2 = iq_gains(2.0, 10.0)
    on_i, on_q = k1 + k2, 1j * (k1 - k2)  # what comes of 1 and of 1j
    g, angle = 10 ** (2 / 20), np.deg2rad(10)
    assert on_q / on_i.real == pytest.approx(1j * g * np.cos(angle))  # I hears nothing of Q
    assert on_i.imag / on_i.real == pytest.approx(-g * np.sin(angle))


@pytest.mark.parametrize("dc_db", [-30.0, 3.0])
def test_direct_current_has_its_power(dc_db):
    y = Digitiser(FrontEnd(dc_db=dc_db), RATE, 0).apply(tone())
    assert abs(y.mean()) ** 2 == pytest.approx(10 ** (dc_db / 10), rel=1e-3)


@pytest.mark.parametrize("step_db", [-3.0, 2.0])
def test_the_gain_steps_by_as_much_as_asked(step_db):
    y = Digitiser(FrontEnd(agc_step_db=step_db, agc_period_s=0.01), RATE, 0).apply(tone())
    levels = np.unique(np.round(20 * np.log10(np.abs(y)), 4))
    assert np.ptp(levels) == pytest.approx(abs(step_db), abs=1e-3)


@pytest.mark.parametrize("bits", [6, 8, 12, 14])
@pytest.mark.parametrize("backoff_db", [6.0, 12.0])
def test_rounding_gives_6_db_a_bit_less_the_backoff(bits, backoff_db):
    receiver = Digitiser(FrontEnd(adc_bits=bits, adc_backoff_db=backoff_db), RATE, 0)
    x = tone(0.1234567)
    error = np.mean(np.abs(receiver.apply(x) - x) ** 2)
    assert -10 * np.log10(error) == pytest.approx(6.02 * bits + 1.76 - backoff_db, abs=0.7)


def test_the_converter_has_its_codes_and_cuts_off_what_is_beyond(rng):
    receiver = Digitiser(FrontEnd(adc_bits=3, adc_backoff_db=0.0), RATE, 0)
    x = (10 * rng.normal(size=(N, 2)) @ [1, 1j]).astype(np.complex64)
    codes = np.round(np.unique(receiver.apply(x).real) / receiver.full_scale * 4, 5)
    assert np.array_equal(codes, np.arange(-4, 4))


def test_full_scale_follows_all_that_arrives():
    receiver = Digitiser(FrontEnd(adc_bits=8, dc_db=0.0, tone_db=3.0103, adc_backoff_db=0), RATE, 0)
    receiver.noise_var = 5.0
    assert receiver.full_scale**2 == pytest.approx(1 + 1 + 2 + 5, rel=1e-4)


@pytest.mark.parametrize("on", [{}, {"dc_db": -10.0}, {"adc_bits": 8}, {"agc_step_db": 1.0}])
def test_what_is_given_is_not_written_to(on):
    x = np.ones(N, np.complex64)
    Digitiser(FrontEnd(agc_period_s=0.01, **on), RATE, 0).apply(x)
    assert np.all(x == 1)
