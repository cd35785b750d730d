# SPDX-License-Identifier: MIT
"""Inception's features, those of the published FID and KID, where torch-fidelity is installed."""

from __future__ import annotations

import pickle
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gsc_sdr.errors import MissingError, ModelError
from gsc_sdr.metrics.semantic import Features

__all__ = ["INCEPTION_FILE", "convert_inception", "inception_features"]

INCEPTION_FILE = "inception_2015_12_05.safetensors"
_N_FEATURES = 2048


def inception_features(folder: Path) -> Features:
    """Return the features of which FID and KID are made, from a folder's weights.

    Raises
    ------
    MissingError
        If torch-fidelity is not installed, or the folder has no such weights.
    ModelError
        If the file holds something else.
    """
    path = folder / INCEPTION_FILE
    if find_spec("torch_fidelity") is None:
        raise MissingError(
            "torch-fidelity, which lays Inception out, is not installed: pip install "
            "torch-fidelity (it needs a torchvision that fits torch)"
        )
    if not path.is_file():
        raise MissingError(f"there is no {path}: make it by `gsc-sdr weights inception`")
    from torchmetrics.image.fid import NoTrainInceptionV3

    try:
        # torch-fidelity reads any pickle, so it is given one that is made here, of tensors only.
        with TemporaryDirectory() as place:
            torch.save(load_file(path), Path(place) / "weights.pth")
            network = NoTrainInceptionV3(
                "inception-v3-compat", [str(_N_FEATURES)], str(Path(place) / "weights.pth")
            )
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(f"{path} does not hold Inception's weights ({error})") from error

    def features(image: NDArray[np.uint8]) -> NDArray[np.float64]:
        pixels = torch.from_numpy(np.ascontiguousarray(image)).movedim(-1, 0)[None]
        with torch.inference_mode():
            return np.asarray(network(pixels)[0].numpy(), dtype=np.float64)

    return features


def convert_inception(source: Path, folder: Path) -> Path:
    """Write torch-fidelity's published weights as safetensors.

    Parameters
    ----------
    source : Path
        ``weights-inception-2015-12-05-6726825d.pth``; read by torch's loader
        that makes tensors only.
    folder : Path
        Where ``inception_2015_12_05.safetensors`` goes; made if missing.

    Raises
    ------
    ModelError
        If the file does not hold a network's weights.
    """
    try:
        weights = torch.load(source, map_location="cpu", weights_only=True)
        kept = {name: value.contiguous() for name, value in weights.items()}
    except (RuntimeError, AttributeError, pickle.UnpicklingError) as error:
        raise ModelError(f"{source} does not hold Inception's weights ({error})") from error
    folder.mkdir(parents=True, exist_ok=True)
    save_file(kept, folder / INCEPTION_FILE)
    return folder / INCEPTION_FILE
