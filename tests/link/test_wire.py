# SPDX-License-Identifier: MIT
"""The wire format: what goes in comes out, anything else is a FrameError."""

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from gsc_sdr.errors import FrameError, ShapeError
from gsc_sdr.link.wire import MAX_PARTS, MAX_SAMPLES, Chunk, Message, unpack, whole

HEAD = b"GSC\x01"
TYPES = st.sampled_from([np.uint8, np.float32, np.float64, np.complex64])
SHAPES = arrays_of.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
U64 = st.integers(0, 2**64 - 1)


@st.composite
def messages(draw):
    values = draw(st.dictionaries(st.text(max_size=10), JSON, max_size=5))
    names = draw(st.lists(st.text(max_size=10), unique=True, max_size=4))
    arrays = {name: draw(arrays_of.arrays(draw(TYPES), draw(SHAPES))) for name in names}
    return Message(draw(st.text(max_size=10)), values, arrays)


def joined(parts):
    return [bytes(part) for part in parts]


@given(messages())
def test_a_message_comes_out_as_it_went_in(sent):
    came = unpack(joined(sent.pack()))
    assert (came.kind, came.values) == (sent.kind, sent.values)
    assert list(came.arrays) == list(sent.arrays)
    for name, array in sent.arrays.items():
        other = came.arrays[name]
        assert (other.dtype, other.shape) == (array.dtype, array.shape)
        assert other.tobytes() == array.tobytes()
        assert other.flags.writeable


@given(U64, U64, U64, arrays_of.arrays(np.complex64, st.integers(1, 50)))
def test_a_chunk_comes_out_as_it_went_in(stream, sequence, first_sample, samples):
    came = unpack(joined(Chunk(stream, sequence, first_sample, samples).pack()))
    assert (came.stream, came.sequence, came.first_sample) == (stream, sequence, first_sample)
    assert came.samples.tobytes() == samples.tobytes()


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_garbage_is_refused(parts):
    with pytest.raises(FrameError):
        unpack(parts)


@given(st.data(), messages())
def test_a_message_that_was_tampered_with_is_read_or_refused(data, sent):
    parts = joined(sent.pack())
    which = data.draw(st.integers(0, len(parts) - 1))
    part = bytearray(parts[which])
    if part:
        part[data.draw(st.integers(0, len(part) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FrameError):
        unpack([*parts[:which], bytes(part), *parts[which + 1 :]])


def header(**changes):
    head = {"kind": "k", "values": {}, "arrays": []} | changes
    return HEAD + json.dumps(head).encode()


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b""],
        [b"GSC"],
        [HEAD],
        [HEAD + b"{"],
        [HEAD + b"[]"],
        [HEAD + b"\xff\xfe"],
        [HEAD + b"[" * 60_000],
        [HEAD + b'{"kind":"k","values":{"x":NaN},"arrays":[]}'],
        [HEAD + b'{"kind":"k","values":{"x":1e999},"arrays":[]}'],
        [HEAD + b'{"kind":"k","values":{"x":' + b"9" * 5000 + b'},"arrays":[]}'],
        [HEAD + b" " * 70_000],
        [header(kind=1)],
        [header(values=[])],
        [header(arrays={})],
        [header(more=1)],
        [header(), b"extra"],
        [header(arrays=[["a", "u1", 1]])],
        [header(arrays=[["a", "u1", 2]]), b"x"],
        [header(arrays=[["a", "O", 1]]), b"x" * 8],
        [header(arrays=[["a", "u1"]]), b"x"],
        [header(arrays=[["a", "u1", 1, 1, 1, 1, 1]]), b"x"],
        [header(arrays=[["a", "u1", -1]]), b"x"],
        [header(arrays=[["a", "u1", True]]), b"x"],
        [header(arrays=[["a", "u1", 2**39, 2**39]]), b"x"],
        [header(arrays=[["a", "u1", 1.0]]), b"x"],
        [header(arrays=["a"]), b"x"],
        [header(arrays=[[["a"], "u1", 1]]), b"x"],
        [header(arrays=[["a", ["u1"], 1]]), b"x"],
        [header(arrays=[["a", "u1", 1], ["a", "u1", 1]]), b"x", b"x"],
        [header(), *[b""] * MAX_PARTS],
        [HEAD + b"D" + bytes(24)],
        [HEAD + b"D" + bytes(23), bytes(8)],
        [HEAD + b"D" + bytes(24), b""],
        [HEAD + b"D" + bytes(24), bytes(7)],
        [HEAD + b"D" + bytes(24), bytes(8 * MAX_SAMPLES + 8)],
        [HEAD + b"D" + bytes(24), bytes(8), bytes(8)],
    ],
)
def test_what_does_not_fit_is_refused_in_a_short_sentence(parts):
    with pytest.raises(FrameError, match="refused") as caught:
        unpack(parts)
    assert caught.value.cause == "malformed"
    assert len(str(caught.value)) < 300


def test_another_release_is_named():
    with pytest.raises(
        FrameError, match=r"version 9 .* this one 1; use the same release"
    ) as caught:
        unpack([b"GSC\x09{}"])
    assert caught.value.cause == "version"


@pytest.mark.parametrize(
    "message",
    [
        Message("k", {"x": math.nan}),
        Message("k", {"x": object()}),
        Message("k", {"x": "y" * 70_000}),
        Message("k", {}, {"a": np.zeros(2, np.int64)}),
        Message("k", {}, {"a": np.zeros((), np.uint8)}),
        Message("k", {}, {"a": np.zeros((1, 1, 1, 1, 1), np.uint8)}),
        Message("k", {}, {str(i): np.zeros(1, np.uint8) for i in range(MAX_PARTS)}),
    ],
    ids=["nan", "object", "long", "int64", "no axis", "five axes", "many"],
)
def test_what_cannot_be_read_cannot_be_sent(message):
    with pytest.raises(ShapeError):
        message.pack()


def test_arrays_that_are_not_in_order_are_sent_in_order():
    grid = np.arange(6, dtype=np.float64).reshape(2, 3).T
    assert np.array_equal(unpack(joined(Message("k", {}, {"a": grid}).pack())).arrays["a"], grid)


@pytest.mark.parametrize("value", [None, "1", 1.0, True, -1, 2**63, [1]])
def test_a_whole_number_is_nothing_else(value):
    assert whole({"n": 2**63 - 1}, "n") == 2**63 - 1
    with pytest.raises(FrameError, match=r"n is .*expected a whole number"):
        whole({"n": value}, "n")
