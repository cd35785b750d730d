# SPDX-License-Identifier: MIT
"""The sample clock: tones move by the offset and stay clean, nothing drifts, no cut shows."""

import numpy as np
import pytest

from gsc_sdr.channel.clock import Clock

EDGE = 26 / 64  # of the sample rate: the outermost carrier


def tone(cycles, n):
    return np.exp(2j * np.pi * cycles * np.arange(n)).astype(np.complex64)


def sinad_db(samples, cycles):
    """Return the power of a tone in samples [n] over that of all else, in dB."""
    shape = np.exp(2j * np.pi * cycles * np.arange(len(samples)))
    gain = np.vdot(shape, samples) / len(samples)
    rest = np.mean(np.abs(samples - gain * shape) ** 2)
    return 10 * np.log10(abs(gain) ** 2 / rest)


@pytest.mark.parametrize("sfo_ppm", [-1000.0, -40.0, 2.5, 40.0, 1000.0])
@pytest.mark.parametrize("cycles", [-EDGE, -0.2, 0.01, 0.3, EDGE])
def test_a_tone_moves_by_the_offset_and_stays_clean(sfo_ppm, cycles):
    heard = Clock(sfo_ppm).apply(tone(cycles, 60_000))[64:]
    assert sinad_db(heard, cycles * (1 + 1e-6 * sfo_ppm)) > 75


@pytest.mark.parametrize("cycles", [0.0, 0.2, EDGE])
def test_the_band_is_flat(cycles):
    heard = Clock(1000.0).apply(tone(cycles, 20_000))[64:]
    assert np.sqrt(np.mean(np.abs(heard) ** 2)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("sfo_ppm", [-1000.0, -0.01, 37.5, 1000.0])
def test_the_count_is_that_of_exact_arithmetic(sfo_ppm):
    clock, n, step = Clock(sfo_ppm), 0, round((1 + 1e-6 * sfo_ppm) * 2**60)
    n_out = 0
    for length in (1, 0, 7, 1_000_000, 999_983, 3, 1_000_000):
        n_out += len(clock.apply(np.zeros(length, np.complex64)))
        n += length
        assert n_out == (n * 2**60 - 1) // step + 1  # all m with m * step before sample n


def test_an_impulse_comes_out_after_the_delay():
    clock = Clock(1e-3)
    pulse = np.zeros(100, np.complex64)
    pulse[20] = 1j
    heard = clock.apply(pulse)
    assert np.argmax(np.abs(heard)) == 20 + clock.delay
    assert heard[20 + clock.delay] == pytest.approx(1j, abs=1e-4)


@pytest.mark.parametrize("sfo_ppm", [-800.0, 0.3, 40.0])
def test_cuts_leave_no_trace(rng, sfo_ppm):
    x = (rng.normal(size=(50_000, 2)) @ [1, 1j]).astype(np.complex64)
    cuts = np.sort(np.concatenate([[0, 1, 2, 2, 3, 40], rng.integers(0, len(x), 60)]))
    whole, pieces = Clock(sfo_ppm), Clock(sfo_ppm)
    got = np.concatenate([pieces.apply(piece) for piece in np.split(x, cuts)])
    assert np.array_equal(got, whole.apply(x))


def test_without_an_offset_samples_are_as_they_were():
    samples = tone(0.1, 50)
    clock = Clock(0.0)
    assert clock.apply(samples) is samples
    assert clock.delay == 0
