# SPDX-License-Identifier: MIT
"""Taps: what holds at a grid point depends on the point and the seed alone."""

import numpy as np
import pytest

from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.channel.taps import BlockTaps, tap_process

FAST = ChannelProfile("fast", "tdl-a", speed_mps=100.0)


def test_a_channel_without_fading_has_no_taps():
    assert tap_process(profile("ideal"), 1e6, 0) is None


@pytest.mark.parametrize("k_factor", [0.0, 4.0])
def test_blocks_can_be_read_one_by_one_or_together(k_factor):
    together, _ = BlockTaps(10, 1, k_factor).at(0, 6)
    single = BlockTaps(10, 1, k_factor)
    assert np.array_equal(
        together[[0, 0, 1, 5, 5]], [single.at(i, 1)[0][0] for i in (0, 0, 1, 5, 5)]
    )


@pytest.mark.learn
def test_slopes_lead_from_point_to_point_over_the_joints():
    process = tap_process(FAST, 1e6, 2)
    taps, slope = process.at(0, 2500)  # two joints, at 1024 and 2048
    assert np.allclose(taps[:-1] + slope[:-1], taps[1:], atol=1e-6)
    again = tap_process(FAST, 1e6, 2)
    parts = [again.at(first, 500)[0] for first in range(0, 2500, 500)]
    assert np.array_equal(np.concatenate(parts), taps)


@pytest.mark.learn
def test_a_grid_can_be_read_with_gaps():
    whole, _ = tap_process(FAST, 1e6, 2).at(0, 5000)
    process = tap_process(FAST, 1e6, 2)
    for first in (0, 0, 700, 1023, 1024, 4321):
        taps, slope = process.at(first, 3)
        assert np.array_equal(taps, whole[first : first + 3])
        assert np.array_equal(slope, np.diff(whole[first : first + 4], axis=0))


@pytest.mark.learn
def test_joints_keep_the_power():
    power = []
    for seed in range(40):
        taps, _ = tap_process(FAST, 1e6, seed).at(1024, 128)  # the crossfade
        power.append(np.abs(taps.sum(axis=1)) ** 2)  # at the carrier
    assert np.mean(power) == pytest.approx(1.0, abs=0.25)
    assert np.mean(np.array(power)[:, 40:88]) == pytest.approx(1.0, abs=0.3)


@pytest.mark.learn
def test_the_grid_is_20_times_finer_than_the_doppler_shift():
    process = tap_process(FAST, 1e6, 0)
    assert process.step <= 1e6 / (20 * 800.6)
