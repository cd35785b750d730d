# SPDX-License-Identifier: MIT
"""The tail-biting code: exact, cyclic, and as strong as its distance says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.convolutional import decode, encode


def random_bits(rng, *shape):
    return rng.integers(0, 2, shape).astype(np.uint8)


def test_one_bit_gives_the_polynomials():
    impulse = np.zeros((1, 20), np.uint8)
    impulse[0, 0] = 1
    coded = encode(impulse)[0, :7].T
    assert ["".join(map(str, row)) for row in coded] == ["1011011", "1111001", "1110101"]


def test_a_turned_word_is_coded_to_turned_bits(rng):
    bits = random_bits(rng, 4, 96)
    assert np.array_equal(encode(np.roll(bits, 11, axis=1)), np.roll(encode(bits), 11, axis=1))


@settings(max_examples=30, deadline=None)
@given(st.integers(7, 120), st.integers(0, 2**32 - 1))
def test_decode_undoes_encode(n_bits, seed):
    bits = random_bits(np.random.default_rng(seed), 3, n_bits)
    assert np.array_equal(decode(1.0 - 2.0 * encode(bits)), bits)


def test_six_wrong_bits_anywhere_are_corrected(rng):
    bits = random_bits(rng, 50, 96)
    llr = (1.0 - 2.0 * encode(bits)).reshape(50, -1)
    for row in llr:
        row[rng.choice(288, 6, replace=False)] *= -1  # the free distance is 15
    assert np.array_equal(decode(llr.reshape(50, 96, 3)), bits)


def test_soft_decisions_reach_the_code_s_gain(rng):
    bits = random_bits(rng, 400, 96)
    noise_var = 1.5 * 10 ** (-3.5 / 10)  # Eb/N0 of 3.5 dB at rate 1/3, one dimension
    llr = 1.0 - 2.0 * encode(bits) + rng.normal(size=(400, 96, 3)) * np.sqrt(noise_var)
    assert (decode(llr) != bits).any(axis=1).mean() < 0.02


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300, -1e-300])
def test_nonsense_gives_bits_all_the_same(value):
    bits = decode(np.full((2, 96, 3), value))
    assert bits.shape == (2, 96)
    assert set(np.unique(bits)) <= {0, 1}


def test_wrong_shapes_are_named():
    with pytest.raises(ShapeError, match=r"bits is \(2, 6\)"):
        encode(np.zeros((2, 6), np.uint8))
    with pytest.raises(ShapeError, match=r"llr is \(2, 96\)"):
        decode(np.zeros((2, 96)))
