# SPDX-License-Identifier: MIT
"""The header survives packing, and nothing false survives unpacking."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError, FrameError, ShapeError
from gsc_sdr.phy.crc import crc16
from gsc_sdr.phy.header import HEADER_BITS, MAX_FRAMES, MAX_IMAGE_ID, Header

GOOD = Header(image_id=5, rate_id=3, width=256, height=2048, prompt_bytes=1000, config_hash=77)
headers = st.integers(1, MAX_FRAMES).flatmap(
    lambda count: st.builds(
        Header,
        image_id=st.integers(0, MAX_IMAGE_ID),
        rate_id=st.integers(0, 15),
        width=st.integers(1, 2048),
        height=st.integers(1, 2048),
        prompt_bytes=st.integers(0, 1000),
        level=st.integers(0, 63),
        frame_index=st.integers(0, count - 1),
        frame_count=st.just(count),
        config_hash=st.integers(0, 255),
    )
)


def packed(word):
    """Return the bits of any 80-bit word with its right checksum."""
    data = word.to_bytes(10, "big")
    return np.unpackbits(np.frombuffer(data + crc16(data).to_bytes(2, "big"), np.uint8))


@settings(max_examples=30, deadline=None)
@given(headers)
def test_unpack_undoes_pack(header):
    bits = header.pack()
    assert bits.shape == (HEADER_BITS,)
    assert Header.unpack(bits, header.config_hash) == header


def test_every_flipped_bit_is_seen():
    for bit in range(HEADER_BITS):
        bits = GOOD.pack()
        bits[bit] ^= 1
        with pytest.raises(FrameError) as caught:
            Header.unpack(bits, GOOD.config_hash)
        assert caught.value.cause == "crc"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**80 - 1))
def test_any_word_gives_a_header_or_a_frame_error(word):
    try:
        found = Header.unpack(packed(word), 77)
    except FrameError as error:
        found = error.cause
    assert found in {"version", "config", "field"} or found.frame_index < found.frame_count


def changed(**fields):
    """Return the bits of a good header with values that its class refuses."""
    header = replace(GOOD)
    for name, value in fields.items():
        object.__setattr__(header, name, value)
    return header.pack()


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"version": 2}, "version"),
        ({"config_hash": 78}, "config"),
        ({"frame_count": 0}, "field"),
        ({"frame_index": 1}, "field"),
        ({"prompt_bytes": 1001}, "field"),
        ({"version": 9, "config_hash": 1, "frame_count": 0}, "version"),
    ],
)
def test_the_cause_says_what_is_wrong(fields, cause):
    with pytest.raises(FrameError) as caught:
        Header.unpack(changed(**fields), GOOD.config_hash)
    assert caught.value.cause == cause


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_id", MAX_IMAGE_ID + 1),
        ("rate_id", -1),
        ("width", 0),
        ("height", 2049),
        ("prompt_bytes", 1001),
        ("frame_count", MAX_FRAMES + 1),
        ("level", 64),
        ("width", 2.5),
        ("image_id", True),
    ],
)
def test_a_field_out_of_range_is_named(field, value):
    fields = {"image_id": 1, "rate_id": 1, "width": 1, "height": 1} | {field: value}
    with pytest.raises(ConfigError, match=f"header {field} is {value}"):
        Header(**fields)


def test_the_wrong_number_of_bits_is_refused():
    with pytest.raises(ShapeError, match=r"\(95,\)"):
        Header.unpack(np.zeros(95, np.uint8), 0)
