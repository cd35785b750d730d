# SPDX-License-Identifier: MIT
"""What a sweep measures: codecs x pictures x rates x channels x SNRs.

Every point has a key, and a seed of its own that comes from the key alone: its row
is the same whatever else is measured, in whichever order and process.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.engine.by_name import CodecOptions, read_name
from gsc_sdr.errors import ConfigError, ImageError
from gsc_sdr.experiments.link import Run, centre_crop
from gsc_sdr.picture import open_picture
from gsc_sdr.prompt.text import to_bytes
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

__all__ = ["Bench", "Chunk", "SweepPlan", "channel_seed", "find_pictures"]

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}

Key = tuple[str, str, str, str, str, float, int]


@dataclass(frozen=True)
class Bench:
    """What all points of a sweep have in common.

    Attributes
    ----------
    seed : int
        Of the sweep: 0 to 2**31 - 1.
    crop : int, pixels
        Side of the centre crop; 0 for whole pictures.
    prompt : str
        Goes along with every picture.
    through : str
        ``arrays`` or ``gnuradio``: what ``run`` is.
    run : Run
        Sends pictures; a function that another process can import.
    weights : str or None
        Folder of the metrics' weights.
    options : CodecOptions
        Models and device; SNR and channel come from the point.
    measures : tuple of str
        Some of :data:`gsc_sdr.metrics.measures.MEASURES`; none of them: all.
    """

    seed: int = 0
    crop: int = 256
    prompt: str = "a photo"
    through: str = "arrays"
    run: Run = loopback
    weights: str | None = None
    options: CodecOptions = field(default_factory=CodecOptions)
    measures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"--seed is {self.seed}; choose 0 to {2**31 - 1}")
        if self.crop < 0:
            raise ConfigError(f"--crop is {self.crop}; give a side in pixels, or 0 for whole")
        to_bytes(self.prompt)

    @property
    def size(self) -> str:
        """The crop as rows have it: its side, or ``full``."""
        return str(self.crop) if self.crop else "full"

    def open(self, path: Path) -> NDArray[np.uint8]:
        """Return a picture [height, width, 3] as it is sent."""
        image = open_picture(path)
        return np.ascontiguousarray(centre_crop(image, self.crop) if self.crop else image)


@dataclass(frozen=True, eq=False)
class Chunk:
    """One codec, picture and rate, at all its points: they share the coding.

    Attributes
    ----------
    codec, image, rate : str
        Names, as rows have them.
    pixels : [height, width, 3], uint8
        What is sent; it travels along, so that no worker needs the file.
    points : tuple of (ChannelProfile, float)
        Channels and SNRs in dB.
    """

    codec: str
    image: str
    rate: str
    pixels: NDArray[np.uint8]
    points: tuple[tuple[ChannelProfile, float], ...]

    def __str__(self) -> str:
        """Return the points in words, for error messages."""
        channels = dict.fromkeys(channel.name for channel, _ in self.points)
        snrs = dict.fromkeys(f"{snr_db:g}" for _, snr_db in self.points)
        return (
            f"codec {self.codec}, image {self.image}, rate {self.rate}, "
            f"channel {','.join(channels)}, snr_db {','.join(snrs)}"
        )


@dataclass(frozen=True)
class SweepPlan:
    """The grid of a sweep, checked.

    Attributes
    ----------
    codecs, rates : tuple of str
        Names; see :mod:`gsc_sdr.engine.by_name` and :mod:`gsc_sdr.config.rate`.
    snrs_db : tuple of float, dB
        Mean Es/N0 of an active subcarrier.
    channels : tuple of ChannelProfile
        Of different names.
    pictures : tuple of (str, Path)
        Name in the rows, and file.
    bench : Bench
        The rest.

    Raises
    ------
    ConfigError
        If a list is empty, or something is unknown or out of range.
    """

    codecs: tuple[str, ...]
    rates: tuple[str, ...]
    snrs_db: tuple[float, ...]
    channels: tuple[ChannelProfile, ...]
    pictures: tuple[tuple[str, Path], ...]
    bench: Bench = field(default_factory=Bench)

    def __post_init__(self) -> None:
        for name in ("codecs", "rates", "snrs_db", "channels", "pictures"):
            values = getattr(self, name)
            if not values:
                raise ConfigError(f"{name} is empty: name at least one")
            object.__setattr__(self, name, tuple(dict.fromkeys(values)))
        for codec in self.codecs:
            read_name(codec)
        for rate in self.rates:
            rate_by_name(rate)
        for channel, snr_db in itertools.product(self.channels, self.snrs_db):
            LinkSettings(channel=channel, snr_db=snr_db)
        names = [channel.name for channel in self.channels]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"two channels are called {twice[0]!r}: rename one in its file")

    @property
    def n_rows(self) -> int:
        """Rows of the whole grid."""
        grid = (self.codecs, self.pictures, self.rates, self.channels, self.snrs_db)
        return int(np.prod([len(values) for values in grid]))

    def key(self, codec: str, image: str, rate: str, channel: str, snr_db: float) -> Key:
        """Return what tells a row of this plan from every other."""
        return (codec, image, self.bench.size, rate, channel, float(snr_db), self.bench.seed)

    def chunks(
        self, done: Container[Key], wants: Callable[[str], bool] = lambda _: True
    ) -> Iterator[Chunk]:
        """Cut what is not done into chunks, picture after picture.

        ``wants`` is asked for each codec when its turn comes: one that turned out
        to be absent is passed over.
        """
        for image, path in self.pictures:
            pixels = None
            for rate, codec in itertools.product(self.rates, self.codecs):
                points = self._left(done, codec, image, rate)
                if points and wants(codec):
                    pixels = self.bench.open(path) if pixels is None else pixels
                    yield Chunk(codec, image, rate, pixels, points)

    def _left(
        self, done: Container[Key], codec: str, image: str, rate: str
    ) -> tuple[tuple[ChannelProfile, float], ...]:
        """Return the points of one codec, picture and rate that are not done."""
        return tuple(
            (channel, snr_db)
            for channel, snr_db in itertools.product(self.channels, self.snrs_db)
            if self.key(codec, image, rate, channel.name, snr_db) not in done
        )


def channel_seed(seed: int, image: str, channel: str, snr_db: float) -> int:
    """Return the seed of noise, fading and silences at one point: 0 to 2**31 - 1.

    All codecs and rates have the same at a picture, channel and SNR: they start
    in the same fade and noise, so that their rows can be compared one by one.

    >>> channel_seed(0, "kodim01.png", "awgn", 10.0)
    667664461
    """
    text = json.dumps([seed, image, channel, float(snr_db)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def find_pictures(folder: Path) -> tuple[tuple[str, Path], ...]:
    """Return all pictures below a folder by their paths in it, sorted.

    Two files of one name in different folders are two pictures: the name in the
    rows is the path below ``folder``. Hidden files are passed over.

    Raises
    ------
    ImageError
        If there is no such folder, or no picture in it.
    """
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file() and path.name[0] != "."
    }
    if not found:
        what = "holds no pictures" if folder.is_dir() else "is no folder"
        raise ImageError(f"--images {folder} {what}: give a folder of PNG, JPEG ... files")
    return tuple(sorted(found.items()))
