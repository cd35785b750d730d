# SPDX-License-Identifier: MIT
"""The seam between radio and learning: symbols out, symbols and CSI in.

Blocks and transceivers hold an Engine and never know whether the networks run
in this process, in another one, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.config.rate import rate_by_id, rate_by_name

__all__ = ["Decoded", "Encoded", "Engine", "FakeEngine", "Received"]

Facts: TypeAlias = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True)
class Encoded:
    """One picture and its prompt, ready for the air.

    Attributes
    ----------
    symbols : [n_symbols], complex64
        Semantic symbols, unit mean power.
    prompt_symbols : [n_prompt_symbols], complex64
        Coded prompt, QPSK, unit power; empty for an empty prompt.
    width, height : int, pixels
        Size of the picture before padding, 1 to 2048.
    rate_id : int
        Index of the rate, see :mod:`gsc_sdr.config.rate`.
    prompt_bytes : int
        Length of the UTF-8 prompt, 0 to 1000.
    level : int
        The codec's own 6 bits of side information, 0 to 63: the power of the
        symbols before normalisation.
    facts : mapping of str to number, text, bool or None
        What the codec says of its own work, for reports; not sent over the air.
    """

    symbols: NDArray[np.complex64]
    prompt_symbols: NDArray[np.complex64]
    width: int
    height: int
    rate_id: int
    prompt_bytes: int
    level: int = 0
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """What the air left of one picture: the receiver's half of Encoded.

    Attributes
    ----------
    stream : [n], complex64
        Equalised symbols: prompt symbols, then semantic symbols, then padding.
        Erased symbols are zero.
    noise_var : [n], float32
        Noise variance of each equalised symbol, linear; ``inf`` where erased.
    width, height, rate_id, prompt_bytes, level : int
        As in Encoded, read from the frame headers.
    """

    stream: NDArray[np.complex64]
    noise_var: NDArray[np.float32]
    width: int
    height: int
    rate_id: int
    prompt_bytes: int
    level: int = 0


@dataclass(frozen=True)
class Decoded:
    """What the user sees.

    Attributes
    ----------
    image : [height, width, 3], uint8
        The received picture, sRGB.
    prompt : str
        The prompt; empty where it did not survive.
    prompt_ok : bool
        Whether the prompt's checksum holds.
    facts : mapping of str to number, text, bool or None
        What the codec says of its own work, for reports.
    """

    image: NDArray[np.uint8]
    prompt: str
    prompt_ok: bool
    facts: Facts = field(default_factory=dict)


class Engine(Protocol):
    """Anything that turns pictures into symbols and back."""

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture [height, width, 3] and its prompt at a named rate."""
        ...

    def decode(self, received: Received) -> Decoded:
        """Recover picture and prompt from equalised symbols and their noise."""
        ...


class FakeEngine:
    """An Engine without networks: mean colours of cells as symbols, and counts.

    For tests of the radio. A symbol holds the mean luminance of one cell in
    its real part; the prompt goes as raw QPSK without protection.
    """

    def __init__(self) -> None:
        self.encoded = 0
        self.decoded = 0

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture as cell means repeated over the rate's channels."""
        self.encoded += 1
        chosen = rate_by_name(rate)
        height, width = image.shape[:2]
        grey = image.mean(axis=2) / 127.5 - 1
        pad = [(0, -height % 16), (0, -width % 16)]
        padded = np.pad(grey, pad, mode="edge")
        cells = padded.reshape(padded.shape[0] // 16, 16, -1, 16).mean(axis=(1, 3))
        values = np.tile(cells.ravel(), chosen.n_channels)
        symbols = ((values + 1j) / np.sqrt(2)).astype(np.complex64)
        bits = np.unpackbits(np.frombuffer(prompt.encode(), np.uint8)).reshape(-1, 2)
        qpsk = ((1 - 2.0 * bits) @ np.array([1, 1j]) / np.sqrt(2)).astype(np.complex64)
        return Encoded(symbols, qpsk, width, height, chosen.id, len(prompt.encode()))

    def decode(self, received: Received) -> Decoded:
        """Average the channels of each cell; decide the prompt's bits."""
        self.decoded += 1
        n_prompt = received.prompt_bytes * 4
        qpsk = received.stream[:n_prompt]
        bits = np.stack([qpsk.real < 0, qpsk.imag < 0], axis=1)
        text = np.packbits(bits).tobytes().decode(errors="replace")
        rows, cols = -(-received.height // 16), -(-received.width // 16)
        n_symbols = rate_by_id(received.rate_id).n_symbols(received.width, received.height)
        values = received.stream[n_prompt : n_prompt + n_symbols].real * np.sqrt(2)
        cells = values.reshape(-1, rows, cols).mean(axis=0)
        grey = np.clip((cells + 1) * 127.5, 0, 255).astype(np.uint8)
        picture = grey.repeat(16, axis=0).repeat(16, axis=1)
        picture = picture[: received.height, : received.width]
        return Decoded(np.repeat(picture[..., None], 3, axis=2), text, "\ufffd" not in text)
