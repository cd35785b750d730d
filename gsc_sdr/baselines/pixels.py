# SPDX-License-Identifier: MIT
"""Pictures in and out of coded files, with a guard against files that lie."""

from __future__ import annotations

import io
import struct
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gsc_sdr.errors import ImageError

__all__ = ["BROKEN", "WholeOnly", "grey", "opened", "resized"]

# What decoders raise at bytes that are no picture.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    RuntimeError,
    LookupError,
    MemoryError,
    OverflowError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)


class WholeOnly:
    """What a codec inherits whose payload cannot be shown in part."""

    name = ""

    def decode_prefix(
        self, payload: bytes, width: int, height: int, side: int
    ) -> NDArray[np.uint8]:
        """Raise ImageError: nothing can be shown of a payload that was cut short."""
        raise ImageError(f"{self.name} cannot show {len(payload)} bytes of a longer payload")


def grey(width: int, height: int) -> NDArray[np.uint8]:
    """Return the mid-grey picture [height, width, 3] that stands for a lost one."""
    return np.full((height, width, 3), 128, np.uint8)


def opened(data: bytes, kind: str, size: tuple[int, int], layers: int = 0) -> NDArray[np.uint8]:
    """Open a file of one Pillow format that must have a known size (width, height).

    ``layers`` is how many of a JPEG 2000 file's quality layers are read; 0 is all.

    Raises
    ------
    ImageError
        If it is no such file, or of another size; that is read before its pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            if image.size != size:
                raise ImageError(f"{kind} picture is {image.size}; expected {size}")
            if layers:  # its property of that name is read before a file can be chosen
                (tile,) = image.tile
                codec, reduce, _, *rest = cast(tuple[Any, ...], tile.args)
                image.tile = [tile._replace(args=(codec, reduce, layers, *rest))]
            return np.asarray(image.convert("RGB"), dtype=np.uint8)
    except BROKEN as error:
        raise ImageError(f"{kind} picture cannot be read ({error})") from error


def resized(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale a picture to (width, height) by Lanczos; unchanged if it has that size."""
    if (image.shape[1], image.shape[0]) == size:
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS), np.uint8)
