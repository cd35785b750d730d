# SPDX-License-Identifier: MIT
"""JPEG and WebP as source codecs: only tables and scan, or the coded frame, are sent."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from gsc_sdr.baselines.container import jpeg_segments
from gsc_sdr.baselines.pixels import WholeOnly, grey, opened
from gsc_sdr.errors import ImageError

__all__ = ["Jpeg", "Webp"]

_DHT = 0xC4
_TABLES = (0x00, 0x10, 0x01, 0x11)  # class and number of the four Huffman tables, as coded
_STANDARD = b"\xff"  # in place of tables; no table has that many codes of one bit
_COUNTS = 16  # bytes of a table that count its codes of each length
_BARE_WEBP = 20  # bytes of RIFF, its size, WEBP, VP8 and its size
_VP8_START = slice(3, 10)  # start code and picture size within a VP8 key frame


class Jpeg:
    """Baseline JPEG by Pillow (libjpeg-turbo).

    Settings: Huffman tables optimised and sent, or the standard ones and a byte that
    says so, whichever is shorter; 4:2:0 below quality 90, 4:4:4 from there. Sent:
    counts and symbols of four tables, and the scan. Not sent: JFIF header, quantiser
    tables, frame and scan headers and markers, 213 bytes. A payload that is cut short
    shows the rows before the cut.
    """

    name = "jpeg"
    n_qualities = 32  # libjpeg's 1 to 95, in finer steps at the low end

    @property
    def missing(self) -> str | None:
        """None: every Pillow has JPEG."""
        return (
            None if features.check("jpg") else "jpeg needs a Pillow with JPEG: pip install pillow"
        )

    def side(self, quality: int) -> int:
        """Return what the receiver must know of the quality, 0 to 31."""
        return quality

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 31."""
        size = (image.shape[1], image.shape[0])
        short = [
            _tables(file, size, quality) + scan
            for file, scan in map(jpeg_segments, _jpegs(image, quality))
        ]
        return min(short, key=len)

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        *head, start = _jpeg_head(width, height, side)
        if payload.startswith(_STANDARD):
            tables, scan = _standard_tables(), payload[1:]
        else:
            tables, scan = _read_tables(payload)
        data = b"\xff\xd8" + b"".join([*head, *tables, start]) + scan + b"\xff\xd9"
        return opened(data, "JPEG", (width, height))

    def decode_prefix(
        self, payload: bytes, width: int, height: int, side: int
    ) -> NDArray[np.uint8]:
        """Show the rows before the cut; ImageError if not even the tables are whole."""
        return self.decode(payload, width, height, side)


class Webp(WholeOnly):
    """Lossy WebP by Pillow (libwebp): a VP8 key frame.

    Settings: method 6. Sent: the VP8 frame without start code and size. Not sent:
    those and the RIFF header, 27 bytes.
    """

    name = "webp"
    n_qualities = 101  # libwebp's own

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        return (
            None if features.check("webp") else "webp needs a Pillow with WebP: pip install pillow"
        )

    def side(self, quality: int) -> int:
        """Return 0: a VP8 frame says its own quantisers."""
        return 0

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 100."""
        data = _webp(image, quality)
        size = int.from_bytes(data[_BARE_WEBP - 4 : _BARE_WEBP], "little")
        frame = data[_BARE_WEBP : _BARE_WEBP + size]
        if data[12:16] != b"VP8 " or frame[_VP8_START] != _vp8_start(*image.shape[1::-1]):
            raise ImageError(f"WebP has a chunk {data[12:16]!r}; expected one bare VP8 frame")
        return frame[: _VP8_START.start] + frame[_VP8_START.stop :]

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        at = _VP8_START.start
        frame = payload[:at] + _vp8_start(width, height) + payload[at:]
        chunk = b"VP8 " + len(frame).to_bytes(4, "little") + frame + bytes(len(frame) % 2)
        data = b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk
        return opened(data, "WEBP", (width, height))


def _jpegs(image: NDArray[np.uint8], quality: int) -> list[bytes]:
    """Return a file with optimised tables and one with the standard ones."""
    native = max(quality + 1, round(95 * (quality / 31) ** 1.7))
    subsampling = "4:2:0" if native < 90 else "4:4:4"
    files = []
    for optimize in (True, False):
        buffer = io.BytesIO()
        try:
            Image.fromarray(image).save(
                buffer, "JPEG", quality=native, optimize=optimize, subsampling=subsampling
            )
        except OSError as error:  # larger than Pillow's guess of what a picture can take
            raise ImageError(f"JPEG of quality {native} cannot be made: {error}") from error
        files.append(buffer.getvalue())
    return files


def _tables(segments: list[bytes], size: tuple[int, int], quality: int) -> bytes:
    """Return what stands for a file's Huffman tables, once the rest is checked."""
    tables = [segment for segment in segments if segment[1] == _DHT]
    rest = [segment for segment in segments if segment[1] != _DHT]
    if tuple(table[4] for table in tables) != _TABLES or rest != _jpeg_head(*size, quality):
        raise ImageError("JPEG's head depends on its picture: use another codec")
    if tables == _standard_tables():
        return _STANDARD
    return b"".join(table[5:] for table in tables)


def _read_tables(payload: bytes) -> tuple[list[bytes], bytes]:
    """Return four Huffman segments and the scan."""
    tables = []
    for table in _TABLES:
        end = _COUNTS + sum(payload[:_COUNTS])
        body, payload = payload[:end], payload[end:]
        if len(body) != end or end < _COUNTS:
            raise ImageError("JPEG payload ends within its Huffman tables")
        size = (end + 3).to_bytes(2, "big")
        tables.append(bytes([0xFF, _DHT]) + size + bytes([table]) + body)
    return tables, payload


@lru_cache(1)
def _standard_tables() -> list[bytes]:
    segments, _ = jpeg_segments(_jpegs(grey(8, 8), 0)[1])
    return [segment for segment in segments if segment[1] == _DHT]


def _webp(image: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "WEBP", quality=quality, method=6)
    return buffer.getvalue()


@lru_cache(512)
def _jpeg_head(width: int, height: int, quality: int) -> list[bytes]:
    """Return all segments but the Huffman tables; the last is the scan's header."""
    segments, _ = jpeg_segments(_jpegs(grey(width, height), quality)[0])
    return [segment for segment in segments if segment[1] != _DHT]


def _vp8_start(width: int, height: int) -> bytes:
    return b"\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")
