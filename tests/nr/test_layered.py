# SPDX-License-Identifier: MIT
"""Layered decoding: Sionna's decisions with less work, honest about what it does not know."""

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.layered import graph_of
from gsc_sdr.nr.ldpc import base_graph, decode, decode_checked, encode

pytestmark = pytest.mark.learn

SHAPES = [(12, 60), (64, 128), (40, 200), (700, 2100), (2000, 2400), (4000, 8000)]


def noisy(rng, bits, n, ebno_db):
    """Return soft bits [batch, n] of coded bits after BPSK and white noise."""
    noise_var = 10 ** (-ebno_db / 10) * n / bits.shape[1] / 2
    heard = 1.0 - 2.0 * encode(bits, n) + rng.normal(scale=np.sqrt(noise_var), size=(len(bits), n))
    return (2 * heard / noise_var).astype(np.float32)


@pytest.mark.parametrize(("k", "n"), SHAPES)
def test_words_come_back_without_noise(rng, k, n):
    bits = rng.integers(0, 2, (3, k), dtype=np.uint8)
    decided, held = decode_checked(8.0 * (1.0 - 2.0 * encode(bits, n).astype(np.float32)), k)
    assert np.array_equal(decided, bits)
    assert held.all()


@pytest.mark.parametrize(("k", "n", "ebno_db"), [(64, 128, 1.5), (40, 200, 1.0), (100, 120, 3.6)])
def test_as_many_words_come_back_as_with_sionnas_decoder(rng, k, n, ebno_db):
    bits = rng.integers(0, 2, (250, k), dtype=np.uint8)
    llr = noisy(rng, bits, n, ebno_db)
    ours = (decode_checked(llr, k)[0] != bits).any(axis=1).sum()
    sionnas = (decode(llr, k, 20) != bits).any(axis=1).sum()
    assert 5 < sionnas < 200  # where decoders differ, if they do
    assert ours <= 1.1 * sionnas + 3


def test_a_word_that_does_not_hold_is_told(rng):
    bits = rng.integers(0, 2, (200, 64), dtype=np.uint8)
    decided, held = decode_checked(noisy(rng, bits, 128, 0.5), 64)
    wrong = (decided != bits).any(axis=1)
    assert 20 < wrong.sum() < 180
    assert not wrong[held].sum() > 0.2 * wrong.sum()
    assert wrong[~held].mean() > 0.9  # a check may fail on a punctured bit alone


@pytest.mark.parametrize("hole", [np.nan, 0.0], ids=["nan", "zero"])
def test_unknown_bits_are_filled_in(rng, hole):
    bits = rng.integers(0, 2, (2, 200), dtype=np.uint8)
    llr = 1e9 * (1.0 - 2.0 * encode(bits, 1000).astype(np.float32))
    llr[:, rng.permutation(1000)[:600]] = hole
    assert np.array_equal(decode_checked(llr, 200)[0], bits)


def test_words_do_not_depend_on_what_is_decoded_with_them(rng):
    bits = rng.integers(0, 2, (20, 100), dtype=np.uint8)
    llr = noisy(rng, bits, 300, 1.0)
    together = decode_checked(llr, 100)[0]
    assert np.array_equal(
        together, np.concatenate([decode_checked(row[None], 100)[0] for row in llr])
    )


def test_checks_that_no_sent_bit_reaches_are_left_out():
    base = np.zeros((42, 52))
    assert graph_of(base, 20, 200, 240).starts[-1] == 4 * 52
    assert graph_of(base, 20, 200, 1000).starts[-1] == 42 * 52


def test_graph_is_the_standards_choice():
    # TS 38.212, 7.2.2: short words, low rates, and middling ones at rates up to 0.67
    chosen = {(292, 320): 2, (293, 340): 1, (3824, 5800): 2, (3825, 5800): 1, (3840, 19200): 2}
    assert {shape: base_graph(*shape) for shape in chosen} == chosen
    assert base_graph(8448, 3 * 8448) == 1


@pytest.mark.parametrize(("k", "n"), [(8449, 16000), (4000, 14000), (100, 501)])
def test_a_code_that_does_not_exist_is_refused(k, n):
    with pytest.raises(ConfigError, match=f"no code of {k} bits in {n}"):
        decode_checked(np.zeros((1, n), np.float32), k)


def test_a_word_without_batch_is_refused_and_no_words_make_none():
    with pytest.raises(ShapeError, match=r"llr is \(200,\).*pass one word as \[1, n\]"):
        decode_checked(np.zeros(200, np.float32), 40)
    assert decode_checked(np.zeros((0, 200), np.float32), 40)[0].shape == (0, 40)
