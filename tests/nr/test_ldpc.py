# SPDX-License-Identifier: MIT
"""LDPC: the standard's code, corrected errors, plain refusals."""

import subprocess
import sys

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.ldpc import decode, encode

pytestmark = pytest.mark.learn


def test_code_is_systematic_but_for_the_two_punctured_columns(rng):
    bits = rng.integers(0, 2, (3, 40), dtype=np.uint8)
    lifting = 7  # TS 38.212, 5.2.2: the least Z of table 5.3.2-1 with 6 Z >= 40
    code = encode(bits, 200)
    assert np.array_equal(code[:, : 40 - 2 * lifting], bits[:, 2 * lifting :])


def test_code_is_linear(rng):
    a, b = rng.integers(0, 2, (2, 4, 100), dtype=np.uint8)
    assert np.array_equal(encode(a ^ b, 300), encode(a, 300) ^ encode(b, 300))


@pytest.mark.parametrize(
    ("k", "n", "batch"), [(12, 60, 1), (40, 200, 5), (40, 200, 2), (700, 2100, 3)]
)
def test_words_come_back_without_noise(rng, k, n, batch):
    bits = rng.integers(0, 2, (batch, k), dtype=np.uint8)
    llr = 4.0 * (1.0 - 2.0 * encode(bits, n).astype(np.float32))
    assert np.array_equal(decode(llr, k), bits)


def test_positive_llr_speaks_for_zero():
    assert not decode(np.full((1, 200), 3.0, np.float32), 40).any()


def test_words_come_back_within_3_db_of_the_shannon_limit(rng):
    k, n, n_words = 512, 2560, 20
    bits = rng.integers(0, 2, (n_words, k), dtype=np.uint8)
    n0 = 10 ** -(2.0 / 10) * n / k  # Eb/N0 of 2 dB at rate 1/5, where the limit is -1 dB
    y = 1.0 - 2.0 * encode(bits, n) + rng.normal(scale=np.sqrt(n0 / 2), size=(n_words, n))
    assert np.array_equal(decode((4 * y / n0).astype(np.float32), k), bits)


@pytest.mark.parametrize("hole", [np.nan, 0.0], ids=["nan", "zero"])
def test_unknown_bits_are_filled_in(rng, hole):
    bits = rng.integers(0, 2, (2, 200), dtype=np.uint8)
    llr = 1e9 * (1.0 - 2.0 * encode(bits, 1000).astype(np.float32))
    llr[:, rng.permutation(1000)[:600]] = hole
    assert np.array_equal(decode(llr, 200), bits)


def test_no_words_make_no_words():
    assert encode(np.zeros((0, 40), np.uint8), 200).shape == (0, 200)
    assert decode(np.zeros((0, 200), np.float32), 40).shape == (0, 40)


@pytest.mark.parametrize(("k", "n"), [(11, 50), (3841, 19205), (100, 501), (100, 100)])
def test_a_code_that_does_not_exist_is_refused(k, n):
    with pytest.raises(ConfigError, match=f"no code of {k} bits in {n}"):
        encode(np.zeros((1, k), np.uint8), n)
    with pytest.raises(ConfigError, match=f"no code of {k} bits in {n}"):
        decode(np.zeros((1, n), np.float32), k)


def test_a_word_without_batch_is_refused():
    with pytest.raises(ShapeError, match=r"bits is \(40,\).*pass one word as \[1, k\]"):
        encode(np.zeros(40, np.uint8), 200)
    with pytest.raises(ShapeError, match=r"llr is \(200,\).*pass one word as \[1, n\]"):
        decode(np.zeros(200, np.float32), 40)


def test_rooms_above_import_no_torch():
    lines = (
        "import sys, gsc_sdr.prompt.code, gsc_sdr.channel.simulated",
        "assert not {'torch', 'sionna'} & set(sys.modules)",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=60)
