# SPDX-License-Identifier: MIT
"""Training pictures: a folder of images as reproducible batches of crops."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from gsc_sdr.errors import ConfigError

__all__ = ["Pictures", "to_unit_range"]

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
_HELD_OUT_PERCENT = 2


def to_unit_range(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn pixels [batch, h, w, 3], uint8, into a tensor [batch, 3, h, w] in -1..1."""
    return torch.from_numpy(pixels).movedim(-1, 1).float().div_(127.5).sub_(1)


class Pictures:
    """All pictures below a folder, kept in memory once decoded.

    About 2 % of the files, chosen by a checksum of their names, are held out
    for validation and never drawn.

    Parameters
    ----------
    folder : Path
        Searched recursively for pictures that Pillow opens.
    crop : int, pixels
        Side of the square crops.
    seed : int
        With the step, decides every crop: a resumed run draws the same ones.

    Raises
    ------
    ConfigError
        If the folder is missing or holds fewer than two pictures.
    """

    def __init__(self, folder: Path, crop: int, seed: int = 0) -> None:
        if not folder.is_dir():
            raise ConfigError(
                f"--data is {str(folder)!r}, which is no folder: give one of pictures"
            )
        files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if len(files) < 2:
            raise ConfigError(
                f"--data {str(folder)!r} holds {len(files)} pictures; at least 2 are needed"
            )
        held = {p for p in files if zlib.crc32(p.name.encode()) % 100 < _HELD_OUT_PERCENT}
        held = held or {files[0]}
        self.held_out = sorted(held)
        self.files = [p for p in files if p not in held] or files
        self.crop = crop
        self.seed = seed
        self._decoded: dict[Path, NDArray[np.uint8]] = {}

    def batch(self, step: int, size: int, rank: int = 0) -> Tensor:
        """Draw the crops of one step: [size, 3, crop, crop], float32 in -1..1."""
        rng = np.random.default_rng([self.seed, step, rank])
        chosen = rng.integers(len(self.files), size=size)
        draws = rng.random((size, 3))
        with ThreadPoolExecutor(4) as pool:
            pictures = list(pool.map(self._open, (self.files[i] for i in chosen)))
        crops = [self._crop(p, d) for p, d in zip(pictures, draws, strict=True)]
        return to_unit_range(np.stack(crops))

    def validation(self, count: int = 32, side: int = 256) -> Tensor:
        """Return centre crops of held-out pictures: [<= count, 3, side, side]."""
        return self.squares(self.held_out[:count], side)

    def squares(self, files: list[Path], side: int) -> Tensor:
        """Return the centre crops of given files: [n, 3, side, side], -1..1."""
        middle = np.array([0.5, 0.5, 1.0])
        crops = [self._crop(self._open(p), middle, side) for p in files]
        return to_unit_range(np.stack(crops))

    def _open(self, path: Path) -> NDArray[np.uint8]:
        if path not in self._decoded:
            with Image.open(path) as image:
                upright = ImageOps.exif_transpose(image).convert("RGB")
                self._decoded[path] = np.asarray(upright, dtype=np.uint8)
        return self._decoded[path]

    def _crop(
        self, pixels: NDArray[np.uint8], draw: NDArray[np.float64], side: int | None = None
    ) -> NDArray[np.uint8]:
        """Cut a square at the drawn place; small pictures are enlarged first."""
        side = side or self.crop
        if min(pixels.shape[:2]) < side:
            scale = side / min(pixels.shape[:2])
            rows, cols = (max(side, round(length * scale)) for length in pixels.shape[:2])
            pixels = np.asarray(
                Image.fromarray(pixels).resize((cols, rows), Image.Resampling.BICUBIC)
            )
        top = int(draw[0] * (pixels.shape[0] - side + 1))
        left = int(draw[1] * (pixels.shape[1] - side + 1))
        crop = pixels[top : top + side, left : left + side]
        return crop[:, ::-1] if draw[2] < 0.5 else crop
