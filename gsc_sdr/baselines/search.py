# SPDX-License-Identifier: MIT
"""The best picture that fits a budget of bytes, and what is sent of it.

A payload is one byte of ours, the coded picture, and the byte 0x80, after which a
channel code may pad with zeros. The first byte holds the scale (three bits) and what the
receiver must know of the quality (five). Both bytes are counted.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.baselines.pixels import resized
from gsc_sdr.baselines.source import SourceCodec
from gsc_sdr.errors import ImageError

__all__ = ["SCALES", "Fit", "search_best", "show_payload"]

# How much smaller a picture is coded: what a user short of bytes does.
SCALES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)
_OVERHEAD = 2  # bytes of ours
_END = b"\x80"
_KNOB_OCTAVES = 9  # by how much sizes grow over a knob, roughly
_KEY_BYTES = 400  # that an entry takes beside its coded picture, roughly
_MEMO_BYTES = 64_000_000  # of coded pictures kept; over it the oldest go


@dataclass(frozen=True)
class Fit:
    """One picture as a payload.

    Attributes
    ----------
    payload : bytes
        What is sent: our two bytes and the coded picture.
    quality : int
        The codec's knob, see :mod:`gsc_sdr.baselines.source`.
    scale : float
        The picture was coded at 1 / scale of its width and height.
    psnr_db : float, dB
        Of what `show_payload` gives; ``inf`` if it is exact.
    """

    payload: bytes
    quality: int
    scale: float
    psnr_db: float


class _Memo:
    """Coded pictures by picture, codec, scale and quality; bounded, for many threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.n_bytes = 0
        self.coded: OrderedDict[tuple[object, ...], bytes | None] = OrderedDict()
        self.lock = Lock()

    def encode(
        self, image: NDArray[np.uint8], codec: SourceCodec, scale: float, quality: int
    ) -> bytes | None:
        """Return a codec's bytes for a picture; None where it cannot code it."""
        digest = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
        key = (digest, image.shape, codec.name, scale, quality)
        with self.lock:
            if key in self.coded:
                self.coded.move_to_end(key)
                return self.coded[key]
        try:
            small = resized(image, _scaled((image.shape[1], image.shape[0]), scale))
            coded = codec.encode(np.ascontiguousarray(small), quality)
        except ImageError:
            coded = None
        with self.lock:
            if key not in self.coded:
                self.coded[key] = coded
                self.n_bytes += _KEY_BYTES + len(coded or b"")
            while self.n_bytes > self.most_bytes:
                self.n_bytes -= _KEY_BYTES + len(self.coded.popitem(last=False)[1] or b"")
        return coded


_MEMO = _Memo(_MEMO_BYTES)


def search_best(image: NDArray[np.uint8], codec: SourceCodec, n_bytes: int) -> Fit | None:
    """Return the payload of at most ``n_bytes`` that shows the picture with the most PSNR.

    At each scale from 1 to 1/12 (Lanczos down and up) the highest quality that fits is
    found, taking size to grow with quality; of those the one with the most PSNR is
    taken. Scales whose picture, not coded at all, already has less are left out, and so
    is all behind two scales in a row that brought no gain. Coded pictures are kept, so
    another budget for the same picture costs little.

    Parameters
    ----------
    image : [height, width, 3], uint8
        The picture.
    codec : SourceCodec
        How it is coded.
    n_bytes : int
        What the payload may take.

    Returns
    -------
    fit : Fit or None
        None where not even the lowest quality at 1/12 fits.
    """
    best: Fit | None = None
    n_worse = 0
    for scale in SCALES:
        if best is not None and (n_worse == 2 or _ceiling_db(image, scale) <= best.psnr_db):
            break
        fit = _best_at(image, codec, scale, n_bytes)
        if fit is not None and (best is None or fit.psnr_db > best.psnr_db):
            best, n_worse = fit, 0
        elif best is not None:
            n_worse += 1
    return best


def show_payload(
    data: bytes, codec: SourceCodec, size: tuple[int, int], is_whole: bool = True
) -> NDArray[np.uint8]:
    """Show a payload as a picture of ``size`` (width, height).

    Parameters
    ----------
    data : bytes
        The payload, zeros after it allowed; or its first bytes, see ``is_whole``.
    codec : SourceCodec
        What coded it.
    size : (int, int), pixels
        Width and height of the picture that was sent.
    is_whole : bool
        False if only a part from the start is there. It is shown if the codec can.

    Raises
    ------
    ImageError
        If nothing can be shown.
    """
    if is_whole:
        data = data.rstrip(b"\0")
        if not data.endswith(_END):
            raise ImageError(f"payload of {len(data)} bytes has no end mark: nothing was sent")
        data = data[: -len(_END)]
    if not data:
        raise ImageError("payload is empty")
    scale, side = SCALES[data[0] >> 5], data[0] & 31
    width, height = _scaled(size, scale)
    decode = codec.decode if is_whole else codec.decode_prefix
    return resized(decode(data[1:], width, height, side), size)


def _best_at(
    image: NDArray[np.uint8], codec: SourceCodec, scale: float, n_bytes: int
) -> Fit | None:
    """Find the highest quality that fits at one scale."""
    bracket, coded = _Bracket(codec.n_qualities, max(1, n_bytes - _OVERHEAD)), None
    while not bracket.is_closed:
        quality = bracket.guess()
        tried = _MEMO.encode(image, codec, scale, quality)
        if bracket.narrow(quality, None if tried is None else len(tried)):
            coded = tried
    if coded is None:
        return None
    first = SCALES.index(scale) << 5 | codec.side(bracket.low)
    payload = bytes([first]) + coded + _END
    try:
        shown = show_payload(payload, codec, (image.shape[1], image.shape[0]))
    except ImageError:
        return None
    return Fit(payload, bracket.low, scale, _psnr_db(image, shown))


class _Bracket:
    """Between which qualities the highest that fits lies.

    Sizes grow about as a power of two with quality, so guesses are made on a line
    through the logarithms of known sizes; every third is the middle, against curves
    for which that line is wrong. Nothing depends on earlier searches.
    """

    def __init__(self, n_qualities: int, room: int) -> None:
        self.low, self.high = -1, n_qualities  # low fits, high does not
        self.room = room
        self.octaves = _KNOB_OCTAVES / n_qualities  # of size in a step of quality
        self.known: dict[int, float] = {}  # octaves over the room
        self.n_guesses = 0

    @property
    def is_closed(self) -> bool:
        """Whether the highest that fits is found."""
        return self.high - self.low == 1

    def guess(self) -> int:
        """Return a quality to try, between the two ends."""
        self.n_guesses += 1
        over_low, over_high = self.known.get(self.low), self.known.get(self.high)
        if self.n_guesses % 3 == 1 or (over_low is None and over_high is None):
            return (self.low + self.high) // 2
        if over_low is not None and over_high is not None:
            at = self.low - over_low / max(over_high - over_low, 1e-9) * (self.high - self.low)
        elif over_low is not None:
            at = self.low - over_low / self.octaves
        else:
            at = self.high - (over_high or 0.0) / self.octaves
        return min(max(int(at), self.low + 1), self.high - 1)

    def narrow(self, quality: int, size: int | None) -> bool:
        """Take in the size at a quality, None where it cannot be coded; return if it fits."""
        if size is not None:
            self.known[quality] = float(np.log2(max(size, 1) / self.room))
        fits = size is not None and size <= self.room
        if fits:
            self.low = quality
        else:
            self.high = quality
        return fits


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return (width, height) divided by a scale, rounded up."""
    return math.ceil(size[0] / scale), math.ceil(size[1] / scale)


def _ceiling_db(image: NDArray[np.uint8], scale: float) -> float:
    """Return the PSNR of scaling down and up alone."""
    small = resized(image, _scaled((image.shape[1], image.shape[0]), scale))
    return _psnr_db(image, resized(small, (image.shape[1], image.shape[0])))


def _psnr_db(image: NDArray[np.uint8], shown: NDArray[np.uint8]) -> float:
    error = float(np.mean((image.astype(np.float32) - shown) ** 2))
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")
