# SPDX-License-Identifier: MIT
"""Percentiles: times that were measured, by their rank; none of nothing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError
from gsc_sdr.metrics.latency import percentiles


def test_ranks_are_exact():
    found = percentiles([time / 1000 for time in range(1000, 0, -1)])
    assert (found.n, found.p50_s, found.p95_s, found.p99_s) == (1000, 0.5, 0.95, 0.99)
    assert found.max_s == 1.0
    assert not found.p99_is_max


@pytest.mark.parametrize("n", [1, 2, 20, 99])
def test_of_few_times_p99_is_the_maximum_and_says_so(n):
    found = percentiles(range(1, n + 1))
    assert found.p99_s == found.max_s == n
    assert found.p99_is_max
    assert found.n == n


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300))
def test_each_is_a_time_that_enough_do_not_exceed(times):
    found = percentiles(times)
    for share, value in ((0.5, found.p50_s), (0.95, found.p95_s), (0.99, found.p99_s)):
        assert value in times
        assert sum(time <= value for time in times) >= share * len(times)
        assert sum(time < value for time in times) < share * len(times)


@pytest.mark.parametrize("times", [[], [0.1, math.nan], [math.inf], [-0.1]])
def test_what_has_no_percentiles_is_refused(times):
    with pytest.raises(ConfigError, match="at least one, finite"):
        percentiles(times)
