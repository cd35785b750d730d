# SPDX-License-Identifier: MIT
"""An Engine over the pixel codec: the plain neural rival on the product's own link."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gsc_sdr.codec.load import load_codec
from gsc_sdr.codec.pixel import PixelCodec
from gsc_sdr.codec.power import gain_of, normalise
from gsc_sdr.codec.tensors import to_image, to_tensor, torch_device
from gsc_sdr.config.rate import CELL, RATES, Rate, rate_by_name
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.prompt.stream import check_image, put_together, take_apart

__all__ = ["PixelEngine"]

_SHIPPED = "deepjscc"


class PixelEngine:
    """Pictures to symbols and back by a :class:`gsc_sdr.codec.pixel.PixelCodec`.

    Serves the two rates that the codec was trained for: that of all symbols of a
    cell and that of the first half, 1/24 and 1/48 for the shipped one.

    Parameters
    ----------
    model : str or Path, optional
        Folder of a PixelCodec; None is the shipped one.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If weights are missing or corrupt, or of another kind of model.
    ConfigError
        If the device is not there.
    """

    def __init__(self, model: str | Path | None = None, device: str = "cpu") -> None:
        self.device = torch_device(device)
        self.codec, self.name = load_codec(PixelCodec, _SHIPPED, "gsc-sdr train pixel", model)
        self.codec.to(self.device)

    @property
    def models(self) -> dict[str, str]:
        """Name and checksum of the model, for reports."""
        return {"deepjscc": self.name}

    @torch.inference_mode()
    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code an image [height, width, 3] and its prompt at a named rate.

        Raises
        ------
        ConfigError
            If the codec was not trained for the rate, or the prompt is too long.
        ShapeError
            If the image is not [1..2048, 1..2048, 3].
        """
        chosen = rate_by_name(rate)
        self._check(chosen)
        check_image(image)
        cells = self.codec.encode(to_tensor(image, self.device))[0, : chosen.n_channels]
        symbols, level = normalise(cells.cpu().numpy().ravel())
        return put_together(symbols, image, prompt, chosen, level)

    @torch.inference_mode()
    def decode(self, received: Received) -> Decoded:
        """Recover image and prompt from equalised symbols and their noise.

        Raises
        ------
        ConfigError
            If the header names no known rate, or one that the codec was not trained for.
        ShapeError
            If there are fewer symbols than the header promises.
        """
        arrived = take_apart(received)
        self._check(arrived.rate)
        gain = np.float32(gain_of(received.level))
        shape = (1, -1, -(-received.height // CELL), -(-received.width // CELL))
        picture = self.codec.decode(
            torch.from_numpy((arrived.symbols * gain).reshape(shape)).to(self.device),
            torch.from_numpy((arrived.noise_var * gain**2).reshape(shape)).to(self.device),
        )
        image = to_image(picture, received.width, received.height)
        return Decoded(image, arrived.prompt, arrived.prompt_ok)

    def _check(self, rate: Rate) -> None:
        n_symbols = int(self.codec.config.n_symbols)
        trained = (n_symbols // 2, n_symbols)
        if rate.n_channels not in trained:
            names = [one.name for one in RATES if one.n_channels in trained]
            raise ConfigError(
                f"rate is {rate.name}; {self.name} was trained for {' and '.join(names)}: "
                "choose one of them"
            )
