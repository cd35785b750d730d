# SPDX-License-Identifier: MIT
"""Containers: cut and joined they are the file again, and damaged ones are refused."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gsc_sdr.baselines.container import (
    join_boxes,
    join_obus,
    jpeg_segments,
    split_boxes,
    split_obus,
)
from gsc_sdr.errors import ImageError


@pytest.fixture
def picture(rng):
    """Return a small picture of noise."""
    return Image.fromarray(rng.integers(0, 256, (24, 40, 3), dtype=np.uint8))


def saved(picture, kind, **options):
    """Return a picture's file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_boxes_are_the_file_again(picture):
    data = saved(picture, "AVIF", quality=30)
    head, coded = split_boxes(data)
    assert join_boxes(head, coded) == data
    assert len(head) + len(coded) + 8 == len(data)


def test_boxes_take_other_coded_bytes(picture):
    head, coded = split_boxes(saved(picture, "AVIF", quality=30))
    assert split_boxes(join_boxes(head, coded[:-5])) == (head, coded[:-5])


def test_obus_are_the_stream_again(picture):
    _, stream = split_boxes(saved(picture, "AVIF", quality=30))
    head, frame = split_obus(stream)
    assert join_obus(head, frame) == stream


@given(st.binary(max_size=40_000))
def test_an_obu_of_any_length_is_found_again(frame):
    assert split_obus(join_obus(b"\x12\x00", frame)) == (b"\x12\x00", frame)


def test_segments_are_the_file_again(picture):
    data = saved(picture, "JPEG", optimize=True)
    segments, scan = jpeg_segments(data)
    assert b"\xff\xd8" + b"".join(segments) + scan + b"\xff\xd9" == data


@pytest.mark.parametrize("split", [split_boxes, split_obus, jpeg_segments])
@given(data=st.binary(max_size=64))
def test_garbage_is_refused(split, data):
    with pytest.raises(ImageError):
        split(data)


def test_a_second_box_after_the_picture_is_refused(picture):
    data = saved(picture, "AVIF", quality=30)
    with pytest.raises(ImageError, match=f"of {len(data) + 8}"):
        split_boxes(data + b"\0\0\0\x08free")
