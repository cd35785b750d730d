# SPDX-License-Identifier: MIT
"""How far two sets of pictures are apart: FID and KID, over Inception or over MobileNet."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gsc_sdr.errors import ConfigError, MissingError
from gsc_sdr.metrics.inception import inception_features
from gsc_sdr.metrics.mobilenet import MobileNet
from gsc_sdr.metrics.semantic import Features

__all__ = ["SET_MEASURES", "SetDistances", "frechet", "kernel", "set_distances"]

SET_MEASURES: Mapping[str, str] = {
    "fid": "Frechet distance of Inception features; equal sets have 0",
    "kid": "kernel distance of Inception features; like sets scatter around 0",
    "fid_mobilenet": "as fid, on MobileNet v1; does not compare with published FID",
    "kid_mobilenet": "as kid, on MobileNet v1; does not compare with published KID",
}
_SUBSET, _N_SUBSETS = 1000, 100  # torchmetrics' defaults; smaller sets are one subset
_ENOUGH = 10_000  # pictures for which FID is customarily given
_LEAST = 32  # pixels of a side


@dataclass(frozen=True)
class SetDistances:
    """What could be said of two sets.

    Attributes
    ----------
    values : dict of str to float or None
        Every name of :data:`SET_MEASURES`.
    absent : dict of str to str
        Of these, what could not be measured: why, and the mend.
    notes : list of str
        What a reader must know beside the figures.
    """

    values: dict[str, float | None]
    absent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def set_distances(
    shown: Sequence[NDArray[np.uint8]],
    images: Sequence[NDArray[np.uint8]],
    weights: Path | None,
) -> SetDistances:
    """Return FID and KID of two sets of pictures, over the features that are there.

    Parameters
    ----------
    shown, images : sequence of [height, width, 3], uint8
        Two pictures at least in each; sizes may differ. Inception scales each to
        299 x 299, MobileNet takes it as it is. A sequence that opens pictures
        when they are asked for will do.
    weights : Path or None
        Folder of ``inception_2015_12_05.safetensors`` and of MobileNet.
    """
    found = SetDistances(dict.fromkeys(SET_MEASURES))
    least = min(len(shown), len(images))
    side = min((min(one.shape[:2]) for one in chain(shown, images)), default=0)
    if least < 2 or side < _LEAST:
        why = f"sets of {len(shown)} and {len(images)} pictures, least side {side} pixels"
        mend = f"give at least 2 in each, sides of at least {_LEAST}"
        found.absent.update(dict.fromkeys(SET_MEASURES, f"{why}: {mend}"))
        return found
    for ending, opened in (("", inception_features), ("_mobilenet", _mobilenet_features)):
        try:
            a, b = _both(opened, (shown, images), weights)
        except MissingError as error:
            found.absent.update({f"fid{ending}": str(error), f"kid{ending}": str(error)})
            continue
        found.values[f"fid{ending}"] = frechet(a, b)
        found.values[f"kid{ending}"] = kernel(a, b)
    if any(value is not None for value in found.values.values()):
        found.notes.extend(_notes(len(shown), len(images)))
    return found


def frechet(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    r"""Return the Frechet distance of two sets of features [n, n_features].

    .. math:: |\mu_a - \mu_b|^2 + \mathrm{tr}(\Sigma_a + \Sigma_b - 2 (\Sigma_a \Sigma_b)^{1/2})

    References
    ----------
    M. Heusel et al., "GANs trained by a two time-scale update rule converge to a
    local Nash equilibrium", NeurIPS 2017, eq. (6).
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(_Given(_checked(a, b)))
    return max(0.0, _compute(metric, a, b))


def kernel(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the kernel distance of two sets of features [n, n_features].

    The unbiased estimate, which may be below 0 for like sets: the mean over 100
    subsets of 1,000, drawn with a fixed seed, or one subset of all where a set
    has no more than that.

    References
    ----------
    M. Binkowski et al., "Demystifying MMD GANs", ICLR 2018, sec. 4.
    """
    from torchmetrics.image.kid import KernelInceptionDistance

    n_features, least = _checked(a, b), min(len(a), len(b))
    all_at_once = max(len(a), len(b)) <= _SUBSET and len(a) == len(b)
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it keeps all features, as it has to
        torch.manual_seed(0)
        metric = KernelInceptionDistance(
            _Given(n_features),
            subsets=1 if all_at_once else _N_SUBSETS,
            subset_size=min(least, _SUBSET),
        )
        return _compute(metric, a, b)


class _Given(nn.Module):
    """Stands where torchmetrics has Inception: features are given as they are."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def _compute(metric: Any, a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    metric.update(torch.from_numpy(b), real=True)
    metric.update(torch.from_numpy(a), real=False)
    value = metric.compute()
    number = float(value[0] if isinstance(value, tuple) else value)
    if not math.isfinite(number):
        raise ConfigError(f"the distance of the sets is {number}: their features are not finite")
    return number


def _checked(a: NDArray[np.float64], b: NDArray[np.float64]) -> int:
    """Return the number of features; ConfigError where sets do not fit or are too small."""
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ConfigError(
            f"features are {a.shape} and {b.shape}; expected [n, n_features], n of 2 at least"
        )
    return int(a.shape[1])


def _both(
    opened: Callable[[Path], Features],
    sets: tuple[Sequence[NDArray[np.uint8]], ...],
    weights: Path | None,
) -> list[NDArray[np.float64]]:
    """Return the features of each set."""
    if weights is None:
        raise MissingError(
            "no folder of weights was named: give --weights DIR; `gsc-sdr weights` writes one"
        )
    features = opened(weights)
    return [np.stack([features(image) for image in pictures]) for pictures in sets]


def _mobilenet_features(folder: Path) -> Features:
    network = MobileNet.load(folder)

    def features(image: NDArray[np.uint8]) -> NDArray[np.float64]:
        pixels = torch.from_numpy(np.array(image)).movedim(-1, 0)[None].float()
        with torch.inference_mode():
            return np.asarray(network(pixels * (2 / 255) - 1)[0].numpy(), dtype=np.float64)

    return features


def _notes(n_shown: int, n_images: int) -> list[str]:
    """Return what small sets do to the figures."""
    notes = []
    if min(n_shown, n_images) < _ENOUGH:
        notes.append(
            f"FID of {n_shown} and {n_images} pictures is biased upwards (customary are "
            f"{_ENOUGH} at least): compare it only between sets of the same size"
        )
    if min(n_shown, n_images) <= _SUBSET:
        notes.append(
            f"KID is one estimate over {min(n_shown, n_images)} pictures, not the mean over "
            f"subsets of {_SUBSET}: unbiased, but it scatters and may be below 0"
        )
    return notes
