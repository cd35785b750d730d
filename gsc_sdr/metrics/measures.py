# SPDX-License-Identifier: MIT
"""All measures of two pictures at once: those whose weights are there, and why others are not."""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gsc_sdr.errors import ConfigError, MissingError
from gsc_sdr.metrics.dists import VGG_FILE, Dists
from gsc_sdr.metrics.image import check_pair, ms_ssim, psnr_db, ssim
from gsc_sdr.metrics.lpips import Lpips
from gsc_sdr.metrics.mobilenet import MobileNet, deep_distance
from gsc_sdr.metrics.semantic import Features, clip_features, cosine, dino_features

__all__ = ["MEASURES", "Measures"]

MEASURES: Mapping[str, str] = {
    "psnr_db": "peak signal-to-noise ratio, dB",
    "ssim": "structural similarity; equals have 1",
    "ms_ssim": "structural similarity over five scales; equals have 1",
    "lpips": "learned distance, SqueezeNet; equals have 0; training may use it",
    "dists": "distance in structure and texture, VGG-16; equals have 0",
    "mobilenet": "cosine of MobileNet v1 features; equals have 1",
    "mobilenet_distance": "LPIPS without learned weights, on MobileNet v1; equals have 0",
    "clip": "cosine of CLIP's image features; equals have 1",
    "dino": "cosine of DINO's class tokens; equals have 1",
}
_FREE = {"psnr_db": psnr_db, "ssim": ssim, "ms_ssim": ms_ssim}
_LEAST = 32  # pixels of a side, for every measure that looks through a network
_N_SEEN = {"maps": 2, "vector": 64}  # feature maps take 50 MB for a picture of 768 x 512

_Picture = NDArray[np.uint8]
_Measure = Callable[[_Picture, _Picture], float | None]
_Value = TypeVar("_Value")


class Measures:
    """What can be measured here, by name.

    Features of the pictures seen last are kept, so one reference may be held
    against many pictures at half the work. Nothing is drawn at random.

    Parameters
    ----------
    weights : Path or None
        Folder with any of ``lpips_squeeze.safetensors``, ``mobilenet_v1_*.safetensors``,
        ``vgg16/model.safetensors``, ``clip/`` and ``dino/``; None: only the measures
        without weights.
    names : sequence of str
        Some of :data:`MEASURES`, in the order wanted.
    sources : mapping of str to str
        Where ``clip`` and ``dino`` come from instead: a folder or a hub id.

    Attributes
    ----------
    names : tuple of str
        What was asked for.
    absent : dict of str to str
        Of these, what cannot be measured here: why, and the mend.

    Raises
    ------
    ConfigError
        If a name is unknown.
    MissingError
        If the folder, or a source that was named, is not there.
    ModelError
        If weights are there and damaged: they are not passed over.
    """

    def __init__(
        self,
        weights: Path | None = None,
        names: Sequence[str] = tuple(MEASURES),
        sources: Mapping[str, str] | None = None,
    ) -> None:
        sources = dict(sources or {})
        unknown = sorted({*names, *sources} - MEASURES.keys()) or sorted(sources.keys() - _HUB)
        if unknown:
            raise ConfigError(
                f"measure is {unknown[0]!r}; choose of {', '.join(MEASURES)}; "
                f"a source is for {' and '.join(_HUB)}"
            )
        if weights is not None and not weights.is_dir():
            raise MissingError(f"--weights {weights} is no folder: name one, or none")
        self.names = tuple(names)
        self.absent: dict[str, str] = {}
        self._measures: dict[str, _Measure] = {}
        opened = _Opened(weights, sources)
        for name in self.names:
            try:
                self._measures[name] = _FREE.get(name) or opened.measure(name)
            except MissingError as error:
                if name in sources:
                    raise
                self.absent[name] = str(error)

    def of(self, shown: _Picture, image: _Picture) -> dict[str, float | None]:
        """Measure a picture against the one that it should be.

        Parameters
        ----------
        shown, image : [height, width, 3], uint8
            What a user sees, and what was sent.

        Returns
        -------
        values : dict of str to float or None
            Every name, in order. None where the measure is absent, or the pictures
            are too small for it. Finite, but for ``psnr_db`` of equal pictures: inf.

        Raises
        ------
        ShapeError
            If the pictures are not two of one size, [height, width, 3] and uint8.
        """
        check_pair(shown, image)
        small = min(image.shape[:2]) < _LEAST
        values: dict[str, float | None] = {}
        for name in self.names:
            measure = None if small and name not in _FREE else self._measures.get(name)
            value = measure(shown, image) if measure else None
            values[name] = None if value is None or math.isnan(value) else float(value)
        return values


class _Opened:
    """Weights, each opened when a measure first asks for them."""

    def __init__(self, weights: Path | None, sources: Mapping[str, str]) -> None:
        self.weights, self.sources = weights, sources
        self.maps: _Seen[list[Tensor]] | None = None

    def measure(self, name: str) -> _Measure:
        """Return a measure; MissingError says what it lacks."""
        if name in _HUB:
            return _likeness(_HUB[name](self._source(name)))
        folder = self._folder(name)
        if name == "lpips":
            return _distance(_lpips(folder), 2.0, -1.0)
        if name == "dists":
            return _distance(Dists.load(folder / VGG_FILE), 1.0, 0.0)
        self.maps = self.maps or _Seen(_maps(MobileNet.load(folder)), _N_SEEN["maps"])
        return _by_vector(self.maps) if name == "mobilenet" else _by_maps(self.maps)

    def _folder(self, name: str) -> Path:
        if self.weights is None:
            raise MissingError(
                "no folder of weights was named: give --weights DIR; `gsc-sdr weights` writes one"
            )
        return self.weights

    def _source(self, name: str) -> str:
        """Return where a model of transformers is."""
        if name in self.sources:
            return self.sources[name]
        place = self.weights / name if self.weights else None
        if place is None or not place.is_dir():
            where = f"there is no {place}" if place else "no folder of weights was named"
            raise MissingError(f"{where}: give --{name} FOLDER or a hub id such as {_KNOWN[name]}")
        return str(place)


class _Seen(Generic[_Value]):
    """A function of pictures that remembers the last few."""

    def __init__(self, function: Callable[[_Picture], _Value], n_kept: int) -> None:
        self.function, self.n_kept = function, n_kept
        self.kept: OrderedDict[bytes, _Value] = OrderedDict()

    def __call__(self, image: _Picture) -> _Value:
        key = hashlib.blake2b(image.tobytes(), salt=str(image.shape).encode()[:16]).digest()
        if key not in self.kept:
            self.kept[key] = self.function(image)
        self.kept.move_to_end(key)
        while len(self.kept) > self.n_kept:
            self.kept.popitem(last=False)
        return self.kept[key]


def _lpips(folder: Path) -> Lpips:
    """Load LPIPS; where only the published files are there, say what makes one of them."""
    try:
        return Lpips.load(folder)
    except MissingError:
        trunk = next(iter(sorted(folder.glob("squeezenet1_1*.safetensors"))), None)
        heads = next(iter(sorted(folder.glob("**/*squeeze.pth"))), None)
        if not trunk or not heads:
            raise
        raise MissingError(
            f"{folder} has LPIPS as it was published: make safetensors of it by `gsc-sdr "
            f"weights lpips --trunk {trunk} --heads {heads} --out DIR`, and name DIR"
        ) from None


def _distance(network: Callable[[Tensor, Tensor], Tensor], scale: float, start: float) -> _Measure:
    """Return a distance by a network that takes pictures in start .. start + scale."""

    def measure(shown: _Picture, image: _Picture) -> float:
        with torch.inference_mode():
            a, b = (_tensor(one) * (scale / 255) + start for one in (shown, image))
            return max(0.0, float(network(a, b)))

    return measure


def _likeness(features: Features) -> _Measure:
    seen = _Seen(features, _N_SEEN["vector"])
    return lambda shown, image: cosine(seen(shown), seen(image))


def _maps(network: MobileNet) -> Callable[[_Picture], list[Tensor]]:
    def maps(image: _Picture) -> list[Tensor]:
        with torch.inference_mode():
            return network.maps(_tensor(image) * (2 / 255) - 1)

    return maps


def _by_vector(maps: _Seen[list[Tensor]]) -> _Measure:
    def measure(shown: _Picture, image: _Picture) -> float:
        pair = (maps(one)[-1].double().mean(dim=(2, 3))[0].numpy() for one in (shown, image))
        return cosine(*pair)

    return measure


def _by_maps(maps: _Seen[list[Tensor]]) -> _Measure:
    def measure(shown: _Picture, image: _Picture) -> float:
        with torch.inference_mode():
            return float(deep_distance(maps(shown), maps(image)))

    return measure


def _tensor(image: _Picture) -> Tensor:
    """Return [1, 3, height, width], float32, 0 to 255."""
    return torch.from_numpy(np.array(image)).movedim(-1, 0)[None].float()


_HUB: Mapping[str, Callable[[str], Features]] = {"clip": clip_features, "dino": dino_features}
_KNOWN = {"clip": "openai/clip-vit-base-patch32", "dino": "facebook/dinov2-small"}
