# SPDX-License-Identifier: MIT
"""An interval begins when something moves, lasts as long as it should, and tells what was done."""

import time

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.radio.interval import Interval

pytestmark = pytest.mark.radio


def watched(interval, deadline_s=30.0):
    """Ask until the interval is over; fail at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not interval.is_over():
        assert time.monotonic() < deadline, "the interval does not end"
    return interval


def test_speed_is_what_was_done_over_the_time_it_took():
    began = time.perf_counter()

    def counts():
        elapsed = time.perf_counter() - began
        return 1000.0 * elapsed, 10.0 * elapsed

    speed = watched(Interval(counts, 0.3)).speed(frame_length=50)
    assert speed.sps == pytest.approx(1000, rel=0.05)
    assert speed.n_sent == pytest.approx(6, abs=2)
    assert speed.n_delivered == pytest.approx(3, abs=1)
    assert 0 < speed.cpu_s < 0.01  # this loop is busy: about a millisecond a sample


def test_it_does_not_begin_before_something_moves():
    asked = []

    def counts():
        asked.append(None)
        return (1.0, 1.0) if len(asked) > 1000 else (0.0, 0.0)

    interval = Interval(counts, 0.01)
    interval.began -= 100.0  # warm for long
    watched(interval)
    assert len(asked) > 1001
    assert interval.speed(1).sps == 0.0
