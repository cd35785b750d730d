# SPDX-License-Identifier: MIT
"""Any picture that Pillow opens, as upright 8-bit sRGB pixels, and back to a file."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

import gsc_sdr
from gsc_sdr.errors import ImageError

__all__ = ["MAX_SIDE", "open_picture", "save_picture"]

MAX_SIDE = 2048  # pixels; what the frame header can say


def open_picture(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Open a picture as [height, width, 3], uint8, sRGB, upright.

    Transparent pixels are laid on white; 16-bit grey is scaled by its range of
    16 bits; EXIF rotation is applied.

    Parameters
    ----------
    path : str or path
        A file; ``demo``, where there is no such file, is the picture that ships.

    Raises
    ------
    ImageError
        If the file is missing, is no picture, is damaged, or has a side over
        2048 pixels.
    """
    if str(path) == "demo" and not Path(path).exists():
        path = Path(gsc_sdr.__file__).parent / "data" / "demo.png"
    try:
        with warnings.catch_warnings(), Image.open(path) as opened:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _check_size(path, opened.size)
            return np.asarray(_to_rgb(ImageOps.exif_transpose(opened)), dtype=np.uint8)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(_too_large(path, "more pixels than can be opened safely")) from error
    except FileNotFoundError as error:
        raise ImageError(f"{path} does not exist: name a picture file") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageError(
            f"{path} cannot be read as a picture ({_reason(error)}): give a PNG, JPEG, WebP ..."
        ) from error


def save_picture(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write pixels [height, width, 3] as a file that appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        Image.fromarray(pixels).save(part, format="PNG")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ImageError(
            f"{path} cannot be written ({_reason(error)}): choose another --out"
        ) from error


def _check_size(path: str | os.PathLike[str], size: tuple[int, int]) -> None:
    if 0 in size:
        raise ImageError(f"{path} is {size[0]} x {size[1]} pixels; both sides must be at least 1")
    if max(size) > MAX_SIDE:
        raise ImageError(_too_large(path, f"{size[0]} x {size[1]} pixels"))


def _too_large(path: str | os.PathLike[str], found: str) -> str:
    return f"{path} has {found}; at most {MAX_SIDE} a side: scale it down first"


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert any of Pillow's modes to RGB."""
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        values = np.nan_to_num(values)
        top = 65535.0 if image.mode != "F" or values.max() > 1 else 1.0
        return Image.fromarray((values / top * 255).clip(0, 255).round().astype(np.uint8)).convert(
            "RGB"
        )
    if image.has_transparency_data:
        over = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    return image.convert("RGB")


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.splitlines()[0][:120] if text else type(error).__name__
