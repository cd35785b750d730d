# SPDX-License-Identifier: MIT
"""Events: one in each period, at an instant that is any with the same chance."""

import numpy as np
import pytest
from scipy.stats import kstest

from gsc_sdr.channel.instants import Periods, erase, step_gain

N = 400_000


def silenced(periods, first=0, n=N):
    samples = np.ones(n, np.complex64)
    erase(samples, first, periods.numbers)
    return samples == 0


def test_each_period_is_silent_once_and_for_as_long_as_asked():
    silent = silenced(Periods(1e-3, 2e-4, 1e6, key=1)).reshape(-1, 1000)
    assert np.all(silent.sum(axis=1) == 200)
    assert np.all(np.abs(np.diff(silent.astype(int), axis=1)).sum(axis=1) <= 2)  # in one piece


def test_instants_are_spread_evenly_and_belong_to_the_key():
    first, again, other = (silenced(Periods(1e-3, 1e-6, 1e6, key)) for key in (1, 1, 2))
    begins = np.flatnonzero(first) % 1000
    assert kstest(begins / 1000, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(begins[1:], begins[:-1])[0, 1]) < 0.15
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_erasure_of_a_whole_period_never_ends():
    assert silenced(Periods(1e-3, 1e-3, 1e6, key=3)).all()


def test_the_gain_steps_once_a_period_between_two_values():
    samples = np.ones(N, np.complex64)
    step_gain(samples, 0, Periods(1e-3, 0.0, 1e6, key=4).numbers, 0.5)
    assert set(np.unique(samples.real)) == {0.5, 1.0}
    changes = np.flatnonzero(np.diff(samples.real)) + 1
    assert len(np.unique(changes // 1000)) == len(changes)
    assert len(changes) >= 0.99 * N / 1000  # a change at a period's first sample may hide
    assert samples.real.mean() == pytest.approx(0.75, abs=0.02)


@pytest.mark.parametrize(
    "apply", [lambda s, p, n: erase(s, p, n), lambda s, p, n: step_gain(s, p, n, 2)]
)
def test_any_place_of_a_long_stream_can_be_asked(apply):
    numbers, far = Periods(1e-3, 3e-4, 1e6, key=5).numbers, 10**15 + 7
    whole = np.ones(5000, np.complex64)
    apply(whole, far, numbers)
    parts = [np.ones(n, np.complex64) for n in (1, 0, 2499, 2500)]
    for place, part in zip((0, 1, 1, 2500), parts, strict=True):
        apply(part, far + place, numbers)
    assert np.array_equal(np.concatenate(parts), whole)
    assert len(np.unique(whole)) == 2
