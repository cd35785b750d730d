# SPDX-License-Identifier: MIT
"""Interleaving: a permutation under which a lost frame leaves no hole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.phy.interleave import golden_permutation, stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig

CONFIG = OfdmConfig()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5000))
def test_every_position_is_used_once(n):
    assert np.array_equal(np.sort(golden_permutation(n)), np.arange(n))


@pytest.mark.parametrize("frame_count", [1, 2, 5, 36, 100])
def test_slots_are_a_permutation(frame_count):
    slots = stream_slots(frame_count, CONFIG)
    assert np.array_equal(np.sort(slots), np.arange(frame_count * CONFIG.capacity))


@pytest.mark.parametrize("frame_count", [2, 5, 13, 36, 100])
def test_a_lost_frame_thins_the_stream_evenly(frame_count):
    frames = stream_slots(frame_count, CONFIG) // CONFIG.capacity
    for lost in (0, frame_count // 2, frame_count - 1):
        gaps = np.diff(np.flatnonzero(frames == lost))
        assert gaps.max() <= 3 * frame_count  # nowhere is much missing
        run = np.convolve(frames == lost, np.ones(4 * frame_count), "valid")
        assert run.max() <= 9  # 4 on average


def test_a_faded_carrier_meets_no_column_of_a_picture_more_than_others():
    slots = stream_slots(36, CONFIG)
    faded = np.flatnonzero(slots % CONFIG.n_data == 7)
    for columns in (16, 32, 48):  # cells in a row of a picture
        hits = np.bincount(faded % columns, minlength=columns)
        assert hits.max() < 2 * hits.mean()


def test_a_shared_permutation_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        stream_slots(3, CONFIG)[0] = 1
