# SPDX-License-Identifier: MIT
"""Scrambling: the standard's sequence, unit power, different in every frame."""

import numpy as np
import scipy.signal

from gsc_sdr.phy.scramble import frame_seed, gold_bits, qpsk_phases


def standard(c_init, length):
    """Return TS 38.211 5.2.1 with scipy's shift registers."""
    start = [1] + [0] * 30
    first = scipy.signal.max_len_seq(31, start, 1600 + length, [3])[0]
    start = [c_init >> i & 1 for i in range(31)]
    second = scipy.signal.max_len_seq(31, start, 1600 + length, [3, 2, 1])[0]
    return (first ^ second)[1600:]


def test_bits_are_those_of_the_standard():
    seeds = [1, 2**31 - 1, 123456789]
    expected = [standard(seed, 3000) for seed in seeds]
    assert np.array_equal(gold_bits(seeds, 3000), expected)


def test_phases_are_qpsk_of_unit_power_and_white():
    phases = qpsk_phases([frame_seed(3, i) for i in range(50)], 1000)
    assert np.allclose(np.abs(phases), 1, atol=1e-6)
    assert abs(phases.mean()) < 4 / np.sqrt(phases.size)
    neighbours = phases[:, 1:] * phases[:, :-1].conj()
    assert abs(neighbours.mean()) < 4 / np.sqrt(phases.size)


def test_no_two_frames_share_a_seed():
    seeds = {frame_seed(image, frame) for image in range(0, 4096, 13) for frame in range(1024)}
    assert len(seeds) == len(range(0, 4096, 13)) * 1024
    assert max(seeds) < 2**31
    assert min(seeds) > 0
