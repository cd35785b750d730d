# SPDX-License-Identifier: MIT
"""Images as tensors for the networks, whole cells at a time, and back."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gsc_sdr.config.rate import CELL
from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["to_image", "to_tensor", "torch_device"]


def to_tensor(image: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """Turn an image [height, width, 3], uint8, into [1, 3, 16r, 16s] in -1..1.

    The image is padded with its edge to r x s whole cells of 16 x 16.

    Raises
    ------
    ShapeError
        If the image is not [height, width, 3] with both at least 1.
    """
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ShapeError(f"image is {image.shape}; expected [height, width, 3]")
    pad = [(0, -image.shape[0] % CELL), (0, -image.shape[1] % CELL), (0, 0)]
    padded = np.pad(image, pad, mode="edge")
    pixels = torch.from_numpy(padded).to(device).movedim(-1, 0)[None]
    return pixels.float() / 127.5 - 1


def to_image(picture: Tensor, width: int, height: int) -> NDArray[np.uint8]:
    """Crop a picture [1, 3, h, w] in -1..1 to an image [height, width, 3], uint8."""
    sample = picture[0, :, :height, :width].movedim(0, -1)
    pixels = sample.float().add(1).mul(127.5).round().clamp(0, 255)
    return pixels.to(torch.uint8).cpu().numpy()


def torch_device(name: str) -> torch.device:
    """Return the device called ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ConfigError
        If there is no such name, or no such device here.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"--device is {name!r}; choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device is cuda, but torch sees no GPU: use auto, or a CUDA torch")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
