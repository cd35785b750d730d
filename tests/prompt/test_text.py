# SPDX-License-Identifier: MIT
"""Prompts as bytes: bounded, sealed, and never wrong text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError
from gsc_sdr.prompt.text import MAX_PROMPT_BYTES, check, seal, to_bytes


@given(st.text(max_size=250))
def test_any_text_survives_the_round_trip(prompt):
    assert check(seal(to_bytes(prompt))) == (prompt, True)


@given(st.binary(max_size=40), st.integers(0), st.integers(1, 255))
def test_one_changed_byte_is_always_found(data, place, change):
    sealed = bytearray(seal(data))
    sealed[place % len(sealed)] ^= change
    assert check(bytes(sealed)) == ("", False)


def test_sealed_bytes_that_are_no_text_are_not_text():
    assert check(seal(b"\xff\xfe")) == ("", False)


@pytest.mark.parametrize("sealed", [b"", b"\0", b"\0" * 12, b"\xff" * 8])
def test_what_silence_decodes_to_is_no_prompt(sealed):
    assert check(sealed) == ("", False)


def test_the_limit_counts_bytes_and_not_characters():
    assert len(to_bytes("é" * (MAX_PROMPT_BYTES // 2))) == MAX_PROMPT_BYTES
    with pytest.raises(ConfigError, match=r"is 1002 bytes of UTF-8; at most 1000.*shorten"):
        to_bytes("é" * 501)


def test_a_lone_surrogate_is_refused_with_its_place():
    with pytest.raises(ConfigError, match=r"'\\udcff' at position 3"):
        to_bytes("cat\udcff")
