# SPDX-License-Identifier: MIT
"""Groups: by places alone, in order, each out within its wait."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.capture_groups import CaptureGroups
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import Capture

OFDM = OfdmConfig()
LENGTH, DELAY = OFDM.frame_length, 10_000


def capture(start):
    return Capture(np.zeros(1, np.complex64), start, 0.0)


def starts(settled):
    """Return the starts of each group; an index of idle air as it is."""
    return [item if isinstance(item, int) else [c.start for c in item] for item in settled]


def test_a_frame_alone_is_out_after_two_lengths_and_the_delay():
    groups = CaptureGroups(OFDM, 64, DELAY)
    due = 1000 + 2 * LENGTH + DELAY
    assert groups.take([capture(1000)], due - 1) == []
    assert groups.is_open
    assert starts(groups.take([], due)) == [[1000]]


def test_a_group_spans_thirty_two_lengths():
    groups = CaptureGroups(OFDM, 64, DELAY)
    places = [i * LENGTH for i in range(80)]
    found = starts(groups.take([capture(p) for p in places], places[-1] + DELAY))
    assert found == [places[:33], places[33:66]]


def test_idle_air_is_told_again_and_again_after_every_frame():
    groups = CaptureGroups(OFDM, 10, DELAY)
    idle = 10 * LENGTH
    assert groups.next_idle == idle
    assert starts(groups.take([capture(500)], idle)) == [[500]]
    assert groups.is_open  # until the air is idle
    assert groups.next_idle == 500 + idle
    assert groups.take([], 500 + idle) == [500 + idle - DELAY]
    assert not groups.is_open
    assert groups.take([], 500 + 2 * idle) == [500 + 2 * idle - DELAY]


def test_the_end_gives_out_all_and_the_air_is_idle_up_to_it():
    groups = CaptureGroups(OFDM, 10, DELAY)
    groups.take([capture(500)], 4000)
    assert starts(groups.end([capture(3540)], 7000)) == [[500, 3540], 7000]
    assert not groups.is_open
    assert groups.next_idle == 7000 + 10 * LENGTH
    assert groups.end([], 7001) == [7001]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(0, 40_000), min_size=1, max_size=60),
    st.lists(st.integers(1, 60_000), max_size=40),
)
def test_groups_do_not_depend_on_when_captures_are_taken(gaps, cuts):
    places = np.cumsum(gaps)
    end = int(places[-1]) + 100_000

    def run(times):
        groups, found, done = CaptureGroups(OFDM, 2**30, DELAY), [], 0
        for time in times:
            ready = int(np.searchsorted(places + DELAY, time))  # no later than the delay
            found += groups.take([capture(int(p)) for p in places[done:ready]], int(time))
            done = max(done, ready)
        return starts(found + groups.end([capture(int(p)) for p in places[done:]], end))

    assert run(np.minimum(np.cumsum([0, *cuts]), end)) == run([end])


def test_too_short_a_wait_is_refused_with_the_least():
    with pytest.raises(ConfigError, match="idle_frames is 3; pass 4 or more"):
        CaptureGroups(OFDM, 3, DELAY)
    CaptureGroups(OFDM, 4, DELAY)
