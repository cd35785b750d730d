# SPDX-License-Identifier: MIT
"""Image codecs by name, each without what the receiver can make itself.

| name | library | knob |
|---|---|---|
| jpeg | Pillow, libjpeg-turbo | quality 1 to 95 |
| j2k | Pillow, OpenJPEG | target in bytes, steps of 2.9 % |
| webp | Pillow, libwebp | quality 0 to 100 |
| avif | Pillow, libavif and libaom | 64 quantisers |
| heic | pillow-heif, libheif and x265 | 51 quantisers |
| jxl | imagecodecs, libjxl | distance 15 to 0.2, steps of 3.5 % |

For each codec ``decode(encode(image))`` shows the same pixels as the whole file.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.baselines.heif import Avif, Heic
from gsc_sdr.baselines.jpeg import Jpeg, Webp
from gsc_sdr.baselines.jpeg2000 import J2k, Jxl
from gsc_sdr.errors import ConfigError

__all__ = ["SOURCES", "SourceCodec", "source_codec"]


class SourceCodec(Protocol):
    """A picture in few bytes, and back."""

    name: str
    n_qualities: int

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        ...

    def side(self, quality: int) -> int:
        """Return what the receiver must know of the quality, 0 to 31."""
        ...

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3]; quality from 0, the lowest, to n_qualities - 1."""
        ...

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode` as [height, width, 3]; ImageError if it is none."""
        ...

    def decode_prefix(
        self, payload: bytes, width: int, height: int, side: int
    ) -> NDArray[np.uint8]:
        """Show what can be shown of a payload that was cut short; ImageError if nothing."""
        ...


SOURCES: MappingProxyType[str, SourceCodec] = MappingProxyType(
    {codec.name: codec for codec in (Jpeg(), J2k(), Webp(), Avif(), Heic(), Jxl())}
)


def source_codec(name: str) -> SourceCodec:
    """Return the codec called ``name``; ConfigError lists those that exist."""
    if name in SOURCES:
        return SOURCES[name]
    raise ConfigError(f"image codec is {name!r}; choose one of: {', '.join(SOURCES)}")
