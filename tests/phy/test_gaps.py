# SPDX-License-Identifier: MIT
"""Gaps: every lost sample is counted, none is invented, however long the stream."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.gaps import GapFinder, Shortfall


@pytest.mark.parametrize("rate", [1e6, 30.72e6])
def test_lost_samples_are_counted_exactly(rng, rate):
    finder, place, late = GapFinder(rate), 0, 0
    lost = rng.integers(0, 5000, 300) * rng.integers(0, 2, 300)
    finder.note(0, 1_700_000_000, 0.25)  # seconds since 1970, as a computer's clock has them
    for n in lost:
        place += int(rng.integers(1, 10**6))
        late += int(n)
        whole, rest = divmod(place + late + rate / 4, rate)
        assert finder.note(place, 1_700_000_000 + int(whole), rest / rate) == n
    assert finder.counts["lost_samples"] == lost.sum()
    assert finder.counts["overflow"] == np.count_nonzero(lost)


def test_rounded_time_stamps_lose_nothing():
    finder = GapFinder(30.72e6)
    for place in range(0, 10**9, 12_345_678):
        whole, rest = divmod(place, 30_720_000)
        assert finder.note(place, whole, round(rest / 30.72e6, 9)) == 0
    assert not finder.counts["overflow"]


def test_a_clock_that_goes_back_is_no_gap():
    finder = GapFinder(1e6)
    finder.note(0, 100, 0.0)
    assert finder.note(10, 0, 0.0) == 0
    assert finder.note(20, 0, 0.00001) == 0
    assert dict(+finder.counts) == {"clock_steps": 1}


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ConfigError, match="rate above 0"):
        GapFinder(rate)


@pytest.mark.parametrize("ppm", [-50.0, 0.0, 50.0])
def test_clocks_that_differ_and_buffers_are_no_shortfall(rng, ppm):
    shortfall, rate = Shortfall(2e6), 2e6 * (1 + ppm / 1e6)
    for second in np.cumsum(rng.random(2000)):
        held = int(rng.integers(0, 100_000))  # 50 ms in buffers
        assert shortfall.note(int(second * rate) + 10**6 - held, 77.0 + second) == 0


def test_a_tenth_of_the_samples_lost_shows_within_two_seconds():
    shortfall = Shortfall(1e6)
    missing = [shortfall.note(int(0.9e6 * t), t) for t in (0.0, 0.5, 2.0, 10.0)]
    assert missing == [0, 0, 200_000, 1_000_000]
