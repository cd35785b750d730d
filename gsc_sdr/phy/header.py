# SPDX-License-Identifier: MIT
"""The frame header: 80 bits that say which picture a frame belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, FrameError, ShapeError
from gsc_sdr.phy.crc import crc16

__all__ = ["HEADER_BITS", "MAX_FRAMES", "MAX_IMAGE_ID", "VERSION", "Header"]

HEADER_BITS = 96  # fields and checksum
VERSION = 1
MAX_FRAMES = 511
MAX_IMAGE_ID = 255
_FIELDS = {  # name: (bits, offset of the stored value, highest value)
    "version": (4, 0, 15),
    "config_hash": (8, 0, 255),
    "image_id": (8, 0, MAX_IMAGE_ID),
    "frame_index": (9, 0, MAX_FRAMES - 1),
    "frame_count": (9, 0, MAX_FRAMES),
    "rate_id": (4, 0, 15),
    "width": (11, 1, 2048),
    "height": (11, 1, 2048),
    "prompt_bytes": (10, 0, 1000),
    "level": (6, 0, 63),
}


@dataclass(frozen=True)
class Header:
    """What every frame says of itself; 10 bytes and a CRC-16 on the air.

    Parameters
    ----------
    image_id : int
        Which picture the frame belongs to, 0 to 255.
    rate_id : int
        Index of the rate, 0 to 15, see :mod:`gsc_sdr.config.rate`.
    width, height : int, pixels
        Size of the picture, 1 to 2048.
    prompt_bytes : int
        Length of the UTF-8 prompt, 0 to 1000.
    level : int
        Six bits of the codec's own, 0 to 63; the link carries them unread.
    frame_index, frame_count : int
        Place of the frame in its picture, 0 to ``frame_count - 1``; at most 511.
    config_hash : int
        Eight bits of the OfdmConfig; build_frames writes them.
    version : int
        Of this format.

    Raises
    ------
    ConfigError
        If a field is out of range; the message has name, value and range.
    """

    image_id: int
    rate_id: int
    width: int
    height: int
    prompt_bytes: int = 0
    level: int = 0
    frame_index: int = 0
    frame_count: int = 1
    config_hash: int = 0
    version: int = VERSION

    def __post_init__(self) -> None:
        """Check that every field fits its bits."""
        values = self.__dict__
        for name, (_, low, high) in _FIELDS.items():
            value = values[name]
            if type(value) is not int:
                value = _whole(name, value)
                object.__setattr__(self, name, value)
            if not low <= value <= high:
                raise ConfigError(f"header {name} is {value}; choose from {low} to {high}")
        if self.frame_index >= self.frame_count:
            raise ConfigError(
                f"header frame_index is {self.frame_index} of frame_count {self.frame_count}; "
                "frames count from 0"
            )

    def pack(self) -> NDArray[np.uint8]:
        """Return the header as bits [96], most significant first, CRC last."""
        word = 0
        for name, (n_bits, low, _) in _FIELDS.items():
            word = word << n_bits | getattr(self, name) - low
        data = word.to_bytes(10, "big")
        data += crc16(data).to_bytes(2, "big")
        return np.unpackbits(np.frombuffer(data, np.uint8))

    @classmethod
    def unpack(cls, bits: NDArray[np.uint8], config_hash: int) -> Header:
        """Read bits [96] from the air, as :meth:`from_bytes` reads bytes."""
        if bits.shape != (HEADER_BITS,):
            raise ShapeError(f"bits is {bits.shape}; expected [{HEADER_BITS}]")
        return cls.from_bytes(np.packbits(bits).tobytes(), config_hash)

    @classmethod
    def from_bytes(cls, data: bytes, config_hash: int) -> Header:
        """Read 12 bytes from the air; never believe them.

        Parameters
        ----------
        data : bytes
            Fields and checksum.
        config_hash : int
            That of the receiver's own OfdmConfig.

        Raises
        ------
        FrameError
            With cause ``crc``, ``version``, ``config`` or ``field``.
        """
        if crc16(data[:10]) != int.from_bytes(data[10:], "big"):
            raise FrameError("the header's checksum does not hold; the frame is lost", "crc")
        values = _split(int.from_bytes(data[:10], "big"))
        if values["version"] != VERSION:
            raise FrameError(
                f"the frame has version {values['version']}, this receiver reads {VERSION}; "
                "use the same release on both sides",
                "version",
            )
        if values["config_hash"] != config_hash:
            raise FrameError(
                f"the frame's OFDM configuration hashes to {values['config_hash']}, this "
                f"receiver's to {config_hash}; give both sides the same OfdmConfig",
                "config",
            )
        try:
            return cls(**values)
        except ConfigError as error:
            raise FrameError(f"{error}; the frame is lost", "field") from error


def _whole(name: str, value: object) -> int:
    """Return a value of numpy's as int; refuse what is no whole number."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ConfigError(f"header {name} is {value!r}; pass a whole number")
    return int(value)


def _split(word: int) -> dict[str, int]:
    """Cut an 80-bit word into fields."""
    return {name: (word >> at & mask) + low for name, at, mask, low in _PLACES}


def _places() -> list[tuple[str, int, int, int]]:
    """Return each field's name, lowest bit in the word, mask and offset."""
    places, at = [], 80
    for name, (n_bits, low, _) in _FIELDS.items():
        at -= n_bits
        places.append((name, at, (1 << n_bits) - 1, low))
    return places


_PLACES = _places()
