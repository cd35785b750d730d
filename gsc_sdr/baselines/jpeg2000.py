# SPDX-License-Identifier: MIT
"""JPEG 2000 and JPEG XL as source codecs: only packets, or the coded frame, are sent."""

from __future__ import annotations

import importlib.util
import io
import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from gsc_sdr.baselines.pixels import BROKEN, WholeOnly, grey, opened
from gsc_sdr.errors import ImageError

__all__ = ["J2k", "Jxl"]

_SOT, _SOD, _EOC = b"\xff\x90\x00\x0a", b"\xff\x93", b"\xff\xd9"
_COM = b"\xff\x64"
_TILE = 14  # bytes of SOT and SOD, which Psot counts too
_LAYERED = 2000  # bytes; below it a layer's headers cost more than a prefix is worth
_LAYERS = (8, 4, 2, 1)  # the share of the target at which each layer ends
_LEAST_BYTES, _STEPS_AN_OCTAVE = 16, 24  # targets of the knob: steps of 2.9 %
_SIDE_STEPS = 12  # steps of the knob that share what the receiver is told


class J2k:
    """JPEG 2000 by Pillow (OpenJPEG): the 9-7 transform with its own rate control.

    Settings: irreversible, colour transform on, five resolutions, one tile; one
    quality layer below 2,000 bytes, above it four that each double the rate. The knob
    is a target in bytes, 16 to 1 MB. Sent: the packets. Not sent: main and tile
    headers, 157 bytes. A payload that is cut short shows its whole layers.
    """

    name = "j2k"
    n_qualities = 16 * _STEPS_AN_OCTAVE

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        if features.check("jpg_2000"):
            return None
        return "j2k needs a Pillow with JPEG 2000: pip install pillow"

    def side(self, quality: int) -> int:
        """Return the half octave of the target: it sets the layers, and bounds their ends."""
        return quality // _SIDE_STEPS

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 383."""
        head, packets = _split_j2k(_j2k(image, quality))
        if head != _j2k_head(image.shape[1], image.shape[0], _n_layers(self.side(quality))):
            raise ImageError("JPEG 2000 main header depends on its picture: use another codec")
        return packets

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        return opened(_join_j2k(payload, width, height, side), "JPEG2000", (width, height))

    def decode_prefix(
        self, payload: bytes, width: int, height: int, side: int
    ) -> NDArray[np.uint8]:
        """Show the whole layers of a payload that was cut short; ImageError if there is none.

        Layer ends are known only as bounds, for the side tells the target to half an
        octave: a layer counts as whole where 1.4 times its bytes arrived.
        """
        most = _target((side + 1) * _SIDE_STEPS)
        whole = sum(most / share <= len(payload) for share in _LAYERS[-_n_layers(side) :])
        if not whole:
            raise ImageError(f"{len(payload)} bytes hold no whole layer of JPEG 2000")
        filled = payload.ljust(int(most), b"\0")  # a zero is an empty packet
        data = _join_j2k(filled, width, height, side)
        return opened(data, "JPEG2000", (width, height), layers=whole)


class Jxl(WholeOnly):
    """JPEG XL by imagecodecs (libjxl): VarDCT, effort 7, a bare codestream.

    The knob is Butteraugli distance, 15 to 0.2. Sent: the frame. Not sent: signature,
    size and default metadata, which the receiver writes itself; so no payload can ask
    for another size or for an animation.
    """

    name = "jxl"
    n_qualities = 128

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        if importlib.util.find_spec("imagecodecs"):
            return None
        return "jxl needs imagecodecs, which is not installed: pip install imagecodecs"

    def side(self, quality: int) -> int:
        """Return 0: a frame says its own quantisers."""
        return 0

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 127."""
        data = _jxl(image, quality)
        head = _jxl_head(image.shape[1], image.shape[0])
        if not data.startswith(head):
            raise ImageError("JPEG XL head depends on its picture: use another codec")
        return data[len(head) :]

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        import imagecodecs

        try:
            image = imagecodecs.jpegxl_decode(_jxl_head(width, height) + payload, numthreads=1)
        except BROKEN as error:
            raise ImageError(f"JPEG XL picture cannot be read ({error})") from error
        if image.shape != (height, width, 3) or image.dtype != np.uint8:
            raise ImageError(f"JPEG XL picture is {image.shape}; expected {(height, width, 3)}")
        return np.asarray(image, dtype=np.uint8)


def _n_layers(side: int) -> int:
    return len(_LAYERS) if _target(side * _SIDE_STEPS) >= _LAYERED else 1


def _target(quality: int) -> float:
    """Return the bytes that a codestream may take."""
    return float(_LEAST_BYTES * 2 ** (quality / _STEPS_AN_OCTAVE))


def _j2k(image: NDArray[np.uint8], quality: int) -> bytes:
    ratio = image.size / _target(quality)
    shares = _LAYERS[-_n_layers(quality // _SIDE_STEPS) :]
    return _j2k_file(image, [max(1.0, share * ratio) for share in shares])


def _j2k_file(image: NDArray[np.uint8], layers: list[float]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(
        buffer,
        "JPEG2000",
        no_jp2=True,
        irreversible=True,
        mct=1,
        num_resolutions=_n_resolutions(min(image.shape[:2])),
        quality_layers=layers,
    )
    return buffer.getvalue()


def _n_resolutions(side: int) -> int:
    """Return the resolutions: five, or as many as the shorter side can be halved for."""
    return max(1, min(5, side.bit_length()))


def _split_j2k(data: bytes) -> tuple[bytes, bytes]:
    """Cut a codestream of one tile part into its main header, without comment, and packets."""
    head, at = data[:2], 2
    while data[at : at + 4] != _SOT:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] != 0xFF or end > len(data):
            raise ImageError(f"JPEG 2000 has no marker at byte {at} of {len(data)}")
        if data[at : at + 2] != _COM:
            head += data[at:end]
        at = end
    start = at + _TILE
    if data[start - 2 : start] != _SOD or data[-2:] != _EOC:
        raise ImageError("JPEG 2000 has more than one tile part: encode one tile")
    return head, data[start:-2]


def _join_j2k(packets: bytes, width: int, height: int, side: int) -> bytes:
    """Make a codestream of packets."""
    psot = struct.pack(">I", len(packets) + _TILE)
    tile = _SOT + b"\0\0" + psot + b"\0\1" + _SOD + packets
    return _j2k_head(width, height, _n_layers(side)) + tile + _EOC


@lru_cache(512)
def _j2k_head(width: int, height: int, n_layers: int) -> bytes:
    layers = [float(share) for share in _LAYERS[-n_layers:]]
    return _split_j2k(_j2k_file(grey(width, height), layers))[0]


def _jxl(image: NDArray[np.uint8], quality: int) -> bytes:
    import imagecodecs

    distance = 15 * (0.2 / 15) ** (quality / 127)
    return bytes(
        imagecodecs.jpegxl_encode(
            image, distance=distance, effort=7, usecontainer=False, numthreads=1
        )
    )


@lru_cache(512)
def _jxl_head(width: int, height: int) -> bytes:
    """Return signature, size and default metadata, ISO 18181-1 annex D, padded to a byte."""
    data = _jxl(grey(width, height), 0)
    bits = np.unpackbits(np.frombuffer(data[2:16], np.uint8), bitorder="little")
    at = 1 + _jxl_side(bits, 1)
    ratio = bits[at : at + 3].any()  # the width may be said as a ratio to the height
    at += 3 if ratio else 3 + _jxl_side(bits, at + 3)
    if not bits[at : at + 2].all():
        raise ImageError("JPEG XL metadata is not the default: update imagecodecs")
    return data[: 2 + -(-(at + 2) // 8)]


def _jxl_side(bits: NDArray[np.uint8], at: int) -> int:
    """Return how many bits a side takes: five, or a selector and what it selects."""
    return 5 if bits[0] else 2 + (9, 13, 18, 30)[bits[at] + 2 * bits[at + 1]]
