# SPDX-License-Identifier: MIT
"""AVIF and HEIC as source codecs: only the coded frame is sent.

Both files are boxes around one coded frame. What precedes the frame (parameter sets
``hvcC`` or ``av1C``, colour, size) is a function of the size alone, so the
receiver takes it from a grey picture that it codes itself. Encoding compares the two
and refuses a picture whose head differs.
"""

from __future__ import annotations

import importlib.util
import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from gsc_sdr.baselines.container import join_boxes, join_obus, split_boxes, split_obus
from gsc_sdr.baselines.pixels import BROKEN, WholeOnly, grey, opened
from gsc_sdr.errors import ImageError

__all__ = ["Avif", "Heic"]

_HEADS = 512  # heads kept; one is under 400 bytes, and makes a picture to code
# x265 of one slice on one thread, which gives the same bytes on every machine, without
# what serves the eye against PSNR: adaptive quantisation and psychovisual decisions.
_X265 = {
    "tune": "psnr",
    "preset": "slow",
    "x265:psy-rd": "0",
    "x265:psy-rdoq": "0",
    "x265:wpp": "0",
    "x265:pools": "none",
    "x265:frame-threads": "1",
    "x265:cbqpoffs": "1",  # x265 makes chroma of 4:4:4 6 coarser unless told a number
    "x265:crqpoffs": "1",
}
_NAL = 4  # bytes of a NAL unit's length


class Avif(WholeOnly):
    """AV1 still pictures by Pillow (libavif, libaom).

    Settings: speed 4, 4:4:4 full range, tune=psnr, one tile. 4:4:4 gives 0.15 dB more
    PSNR of RGB than 4:2:0 at the rates measured here, speed 4 0.15 dB more than 6.
    Sent: the frame OBU without its type and length. Not sent: boxes, temporal
    delimiter and sequence header, 300 bytes.
    """

    name = "avif"
    n_qualities = 64  # AV1 quantizers 63 to 0

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        if features.check("avif"):
            return None
        return "avif needs a Pillow with AVIF: pip install 'pillow>=11.3'"

    def side(self, quality: int) -> int:
        """Return 0: a frame says its own quantisers, and no head depends on them."""
        return 0

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 63."""
        head, stream = split_boxes(_avif(image, quality))
        prefix, frame = split_obus(stream)
        _check("avif", (head, prefix), _avif_head(image.shape[1], image.shape[0]))
        return frame

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        head, prefix = _avif_head(width, height)
        return opened(join_boxes(head, join_obus(prefix, payload)), "AVIF", (width, height))


class Heic(WholeOnly):
    """HEVC intra pictures, the core of BPG, by pillow-heif (libheif, x265, libde265).

    Settings: x265 preset slow, tune=psnr, no psychovisual decisions, 4:4:4 with chroma
    quantisers one coarser: 0.1 to 0.4 dB more PSNR of RGB than plain 4:2:0.
    Sent: the slice's NAL unit without its length. Not sent: boxes and the parameter
    sets in ``hvcC``, 375 bytes.
    """

    name = "heic"
    n_qualities = 51  # libheif's qualities 0 to 100 in steps of 2: one quantiser step each

    @property
    def missing(self) -> str | None:
        """What is not installed and the mend, or None."""
        if importlib.util.find_spec("pillow_heif"):
            return None
        return "heic needs pillow-heif, which is not installed: pip install pillow-heif"

    def side(self, quality: int) -> int:
        """Return 0: a frame says its own quantisers, and no head depends on them."""
        return 0

    def encode(self, image: NDArray[np.uint8], quality: int) -> bytes:
        """Code a picture [height, width, 3] at a quality from 0 to 50."""
        head, stream = split_boxes(_heic(image, quality))
        _check("heic", head, _heic_head(image.shape[1], image.shape[0]))
        if int.from_bytes(stream[:_NAL], "big") != len(stream) - _NAL:
            raise ImageError("HEVC picture has more than one NAL unit: encode one slice")
        return stream[_NAL:]

    def decode(self, payload: bytes, width: int, height: int, side: int) -> NDArray[np.uint8]:
        """Show a payload of `encode`; ImageError if it is no such picture."""
        import pillow_heif

        head = _heic_head(width, height)
        data = join_boxes(head, len(payload).to_bytes(_NAL, "big") + payload)
        try:
            file = pillow_heif.open_heif(io.BytesIO(data))
            if file.size != (width, height) or file.mode != "RGB":
                raise ImageError(f"HEIC picture is {file.size}; expected {(width, height)}")
            return np.asarray(file.to_pillow(), dtype=np.uint8)
        except BROKEN as error:
            raise ImageError(f"HEIC picture cannot be read ({error})") from error


def _avif(image: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(
        buffer,
        "AVIF",
        quality=round(100 * quality / 63),
        speed=4,
        subsampling="4:4:4",
        max_threads=1,  # the same bytes on every machine
        autotiling=False,
        advanced={"tune": "psnr"},
    )
    return buffer.getvalue()


def _heic(image: NDArray[np.uint8], quality: int) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    picture = pillow_heif.from_pillow(Image.fromarray(image))
    picture.save(buffer, quality=2 * quality, enc_params=dict(_X265), chroma="444")
    return buffer.getvalue()


@lru_cache(_HEADS)
def _avif_head(width: int, height: int) -> tuple[bytes, bytes]:
    head, stream = split_boxes(_avif(grey(width, height), 0))
    return head, split_obus(stream)[0]


@lru_cache(_HEADS)
def _heic_head(width: int, height: int) -> bytes:
    return split_boxes(_heic(grey(width, height), 0))[0]


def _check(name: str, found: object, rebuilt: object) -> None:
    """Refuse a picture whose head the receiver could not make."""
    if found != rebuilt:
        raise ImageError(f"{name} file's head depends on its picture: use another codec")
