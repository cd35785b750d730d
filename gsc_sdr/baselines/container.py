# SPDX-License-Identifier: MIT
"""What a picture file holds besides coded pixels, taken off and put back.

A receiver that knows the codec, its settings and the picture's size can make every
fixed part of a file itself, by coding a grey picture of the same size. So only the rest
is sent. Nothing here knows pixels; the functions cut and join bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gsc_sdr.errors import ImageError

__all__ = ["join_boxes", "join_obus", "jpeg_segments", "split_boxes", "split_obus"]

_SCAN, _END = 0xDA, 0xD9  # JPEG markers SOS and EOI
_FRAME = 0x32  # AV1: an OBU of a frame that says its length
_MOST_LEB128 = 8  # bytes, AV1 specification 4.10.5


def split_boxes(data: bytes) -> tuple[bytes, bytes]:
    """Cut an ISO base media file (AVIF, HEIC) into what precedes ``mdat``, and its contents.

    The item's length in ``iloc`` is set to zero, so that files of one size and one
    setting have equal heads.

    Raises
    ------
    ImageError
        If ``mdat`` is not the last box, or the item is not all of it.
    """
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind != b"mdat":
            continue
        at = _length_at(data[:start])
        (said,) = struct.unpack_from(">I", data, at)
        if end != len(data) or said != end - start - 8:
            raise ImageError(f"mdat ends at {end} of {len(data)} and its item has {said} bytes")
        return data[:at] + bytes(4) + data[at + 4 : start], data[start + 8 :]
    raise ImageError("file has no mdat box: encode one picture as AVIF or HEIC")


def join_boxes(head: bytes, coded: bytes) -> bytes:
    """Make a file of a head from `split_boxes` and other coded bytes."""
    at = _length_at(head)
    item = struct.pack(">I", len(coded))
    return head[:at] + item + head[at + 4 :] + struct.pack(">I", len(coded) + 8) + b"mdat" + coded


def split_obus(stream: bytes) -> tuple[bytes, bytes]:
    """Cut an AV1 picture into what precedes its frame, and the frame without its header.

    Raises
    ------
    ImageError
        If the stream does not end with its one frame.
    """
    at = 0
    while at + 1 < len(stream):
        size, start = _leb128(stream, at + 1)
        if stream[at] == _FRAME and start + size == len(stream):
            return stream[:at], stream[start:]
        at = start + size
    raise ImageError("AV1 stream does not end with its one frame: encode one tile, one picture")


def join_obus(head: bytes, frame: bytes) -> bytes:
    """Make an AV1 picture of a head from `split_obus` and a frame's bytes."""
    left, size = len(frame), bytearray()
    while left >= 128:
        size.append(left & 127 | 128)
        left >>= 7
    return head + bytes([_FRAME]) + bytes(size) + bytes([left]) + frame


def jpeg_segments(data: bytes) -> tuple[list[bytes], bytes]:
    """Cut a baseline JPEG into its segments, marker first, and the coded scan.

    Raises
    ------
    ImageError
        If a marker is missing, or the file does not end with EOI.
    """
    segments, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segments.append(data[at:end])
        if data[at + 1] == _SCAN and data[-2:] == bytes([0xFF, _END]):
            return segments, data[end:-2]
        at = end
    raise ImageError(f"JPEG has no marker at byte {at} of {len(data)}: encode one baseline scan")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, first byte and end of each box."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if not 8 <= size <= end - start:
            raise ImageError(f"box {kind!r} says {size} bytes of {end - start}: file is damaged")
        yield kind, start, start + size
        start += size


def _length_at(head: bytes) -> int:
    """Return where the head says the item's length: the last field of iloc."""
    metas = [span for span in _boxes(head, 0, len(head)) if span[0] == b"meta"]
    for _, start, end in metas:  # a full box: version and flags precede its boxes
        for kind, _, inner_end in _boxes(head, start + 12, end):
            if kind == b"iloc":
                return inner_end - 4
    raise ImageError("file has no iloc box: encode one picture as AVIF or HEIC")


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where the next byte is, AV1 specification 4.10.5."""
    value = 0
    for i, byte in enumerate(data[at : at + _MOST_LEB128]):
        value |= (byte & 127) << (7 * i)
        if byte < 128:
            return value, at + i + 1
    raise ImageError(f"AV1 stream has no length at byte {at}: file is damaged")
