# SPDX-License-Identifier: MIT
"""What every codec shares: the prompt beside a picture's symbols, and what arrives of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.config.rate import Rate, rate_by_id
from gsc_sdr.errors import ShapeError
from gsc_sdr.link.engine import Encoded, Received
from gsc_sdr.picture import MAX_SIDE
from gsc_sdr.prompt import code, text

__all__ = ["Arrived", "check_image", "put_together", "take_apart"]


@dataclass(frozen=True)
class Arrived:
    """A received stream, taken apart.

    Attributes
    ----------
    prompt : str
        Empty where it did not survive.
    prompt_ok : bool
        Whether the prompt's checksum holds.
    rate : Rate
        Of the picture.
    symbols : [rate.n_symbols], complex64
        The picture's symbols; zero where erased.
    noise_var : [rate.n_symbols], float32
        Their noise variance, linear; ``inf`` where erased. None is negative or NaN.
    """

    prompt: str
    prompt_ok: bool
    rate: Rate
    symbols: NDArray[np.complex64]
    noise_var: NDArray[np.float32]


def check_image(image: NDArray[np.uint8]) -> None:
    """Refuse what is no picture that a header can name.

    Raises
    ------
    ShapeError
        If the image is not [1..2048, 1..2048, 3].
    """
    if image.ndim != 3 or not 1 <= min(image.shape) <= max(image.shape) <= MAX_SIDE:
        raise ShapeError(f"image is {image.shape}; expected [1..{MAX_SIDE}, 1..{MAX_SIDE}, 3]")


def put_together(
    symbols: NDArray[np.complex64], image: NDArray[np.uint8], prompt: str, rate: Rate, level: int
) -> Encoded:
    """Lay a prompt's symbols beside those of its picture.

    Parameters
    ----------
    symbols : [rate.n_symbols], complex64
        The coded picture, of unit mean power.
    image : [height, width, 3], uint8
        The picture.
    prompt : str
        Up to 1000 bytes in UTF-8.
    rate : Rate
        Of the symbols.
    level : int
        The codec's own 6 bits.

    Raises
    ------
    ConfigError
        If the prompt is too long or not Unicode text.
    """
    height, width = image.shape[:2]
    n_bytes = len(text.to_bytes(prompt))
    return Encoded(symbols, code.encode(prompt), width, height, rate.id, n_bytes, level)


def take_apart(received: Received) -> Arrived:
    """Decode the prompt of a received stream and cut out its picture's symbols.

    What is not finite, or has no noise variance, counts as erased.

    Raises
    ------
    ConfigError
        If the header names no known rate.
    ShapeError
        If there are fewer symbols than the header promises.
    """
    rate = rate_by_id(received.rate_id)
    n_prompt = code.n_symbols(received.prompt_bytes)
    n_symbols = rate.n_symbols(received.width, received.height)
    if len(received.stream) < n_prompt + n_symbols:
        raise ShapeError(
            f"stream has {len(received.stream)} symbols; the header promises "
            f"{n_prompt} of prompt and {n_symbols} of picture"
        )
    stream, noise_var = _finite(received.stream, received.noise_var)
    prompt, ok = code.decode(stream[:n_prompt], noise_var[:n_prompt], received.prompt_bytes)
    part = slice(n_prompt, n_prompt + n_symbols)
    return Arrived(prompt, ok, rate, stream[part], noise_var[part])


def _finite(
    stream: NDArray[np.complex64], noise_var: NDArray[np.float32]
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Turn whatever is not finite into erasures."""
    heard = np.isfinite(stream) & np.isfinite(noise_var) & (noise_var >= 0)
    return (
        np.where(heard, stream, 0).astype(np.complex64),
        np.where(heard, noise_var, np.inf).astype(np.float32),
    )
