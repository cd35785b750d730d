# SPDX-License-Identifier: MIT
"""Prompt symbols: unit-power QPSK, alive below the picture, silent when lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.prompt.code import decode, encode, n_symbols

pytestmark = pytest.mark.learn

CAT = "A red fox asleep in the snow, photographed at first light..."  # 60 bytes


def awgn(rng, symbols, snr_db, erased=0.0):
    """Return noisy symbols with a share erased, and their noise variance."""
    n0 = 10 ** (-snr_db / 10)
    noise = rng.normal(scale=np.sqrt(n0 / 2), size=(len(symbols), 2)) @ [1, 1j]
    lost = rng.random(len(symbols)) < erased
    return np.where(lost, 0, symbols + noise), np.where(lost, np.inf, n0)


def clean(symbols):
    return np.full(len(symbols), 0.1, np.float32)


@pytest.mark.parametrize("n_bytes", [1, 2, 60, 476, 477, 1000])
def test_prompts_of_any_length_come_back(rng, n_bytes):
    prompt = "".join(map(chr, rng.integers(32, 127, n_bytes)))
    symbols = encode(prompt)
    assert symbols.shape == (n_symbols(n_bytes),)
    assert decode(symbols, clean(symbols), n_bytes) == (prompt, True)


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1, max_size=5))
def test_any_text_comes_back(prompt):
    symbols = encode(prompt)
    assert decode(symbols, clean(symbols), len(prompt.encode())) == (prompt, True)


def test_an_empty_prompt_needs_no_air():
    assert encode("").shape == (0,)
    assert decode(np.zeros(0), np.zeros(0), 0) == ("", True)


@pytest.mark.parametrize("prompt", [CAT, "\0" * 60, "U" * 60])
def test_symbols_are_balanced_qpsk_of_unit_power(prompt):
    symbols = encode(prompt)
    assert symbols.dtype == np.complex64
    assert np.allclose(np.abs(symbols), 1.0, atol=1e-6)
    assert abs(symbols.mean()) < 4 / np.sqrt(len(symbols))  # text of one letter is no tone
    assert np.abs(np.fft.fft(symbols)).max() < 5 * np.sqrt(len(symbols))


@pytest.mark.parametrize("erased", [0.0, 0.1])
def test_a_prompt_outlives_minus_3_db(rng, erased):
    symbols = encode(CAT)
    got = [decode(*awgn(rng, symbols, -3.0, erased), 60) for _ in range(60)]
    assert got == [(CAT, True)] * 60


def test_a_long_prompt_outlives_minus_3_db_and_erasures(rng):
    prompt = (CAT * 17)[:1000]
    assert decode(*awgn(rng, encode(prompt), -3.0, 0.1), 1000) == (prompt, True)


def test_half_the_frames_are_enough_at_3_db(rng):
    symbols = encode(CAT)
    assert decode(*awgn(rng, symbols, 3.0, 0.5), 60) == (CAT, True)


def test_one_whole_copy_may_be_lost():
    symbols, noise_var = encode(CAT), np.full(2560, 0.1)
    for half in (slice(0, 1280), slice(1280, 2560)):
        lost = noise_var.copy()
        lost[half] = np.inf
        assert decode(symbols, lost, 60) == (CAT, True)


def test_a_lost_prompt_is_never_wrong_text(rng):
    symbols = encode(CAT)
    assert {decode(*awgn(rng, symbols, -12.0), 60) for _ in range(10)} == {("", False)}


@pytest.mark.parametrize("n_bytes", [1, 4, 60])
def test_silence_is_no_prompt(n_bytes):
    n = n_symbols(n_bytes)
    assert decode(np.zeros(n), np.full(n, np.inf), n_bytes) == ("", False)
    assert decode(np.zeros(n), np.zeros(n), n_bytes) == ("", False)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf, complex(1, np.nan)])
def test_symbols_that_are_no_numbers_are_erased(rng, poison):
    y, noise_var = awgn(rng, encode(CAT), 3.0)
    y[:1280] = poison  # a whole copy, so that believing it would be the end
    assert decode(y, noise_var, 60) == (CAT, True)


def test_a_few_absurd_amplitudes_do_not_win(rng):
    y, noise_var = awgn(rng, encode(CAT), 3.0)
    y[rng.random(len(y)) < 0.1] = 1e30
    assert decode(y, noise_var, 60) == (CAT, True)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_symbols_of_impossible_noise_are_erased(rng, bad):
    y, noise_var = awgn(rng, encode(CAT), 3.0)
    hit = rng.random(len(y)) < 0.3
    y[hit] *= -5  # would be believed if its noise_var were not looked at
    noise_var[hit] = bad
    assert decode(y, noise_var, 60) == (CAT, True)


def test_no_noise_at_all_is_no_trouble():
    assert decode(encode(CAT), np.zeros(2560), 60) == (CAT, True)


def test_a_wrong_length_is_refused_with_the_right_one():
    symbols = encode(CAT)
    with pytest.raises(ShapeError, match=r"symbols is \(2559,\).*60 bytes has \(2560,\)"):
        decode(symbols[:-1], clean(symbols), 60)
    with pytest.raises(ShapeError, match=r"noise_var \(1, 2560\)"):
        decode(symbols, clean(symbols)[None], 60)


@pytest.mark.parametrize("n_bytes", [-1, 1001])
def test_a_length_over_the_limit_is_refused(n_bytes):
    with pytest.raises(ConfigError, match=f"prompt_bytes is {n_bytes}; expected 0 to 1000"):
        n_symbols(n_bytes)
