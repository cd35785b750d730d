# SPDX-License-Identifier: MIT
"""The floor: latents sent as they are, with nothing learned for the channel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gsc_sdr.codec.latent import load_latent
from gsc_sdr.codec.power import gain_of, normalise
from gsc_sdr.codec.tensors import torch_device
from gsc_sdr.config.rate import CELL, RATES, Rate, rate_by_name
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.prompt.stream import check_image, put_together, take_apart

__all__ = ["UncodedEngine"]

_POSITIONS = 4  # latent positions of a cell


class UncodedEngine:
    r"""An autoencoder's latents as uncoded analog symbols.

    A cell has four latent positions, so that k of their channels are 4k real
    values: 2k complex symbols, two neighbours of a row in one. A rate sends the
    first channels that fill its symbols exactly, which are the most important of an
    autoencoder with ordered channels: 1, 2, 4, 8 and 16 channels at 1/384, 1/192,
    1/96, 1/48 and 1/24. All values go as they are under one scale for the picture,
    which makes the mean power 1 and is told in the header. The receiver takes, with
    the noise variance :math:`\sigma^2` that it measured for each symbol,

    .. math:: \hat u = \frac{y}{1 + \sigma^2},

    the linear estimate of least squared error for zero-mean values of that power,
    and undoes the scale. What was erased or not sent is a latent of zero; with all of
    it lost, what the autoencoder shows is a mean picture.

    Nothing here is learned for a channel or measured on pictures: neither what
    share of the power a channel deserves, nor how the values depend on each other.

    Parameters
    ----------
    vae : str or Path, optional
        Folder or hub id of an autoencoder; None is the shipped one. Where channels
        have no order of importance, low rates send the wrong ones.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    ModelError
        If weights are missing or corrupt.
    ConfigError
        If the device is not there.
    """

    def __init__(self, vae: str | Path | None = None, device: str = "cpu") -> None:
        self.device = torch_device(device)
        self.latent = load_latent(vae).to(self.device)

    @property
    def models(self) -> dict[str, str]:
        """Name and checksum of the model, for reports."""
        return {"vae": self.latent.name}

    def reconstruct(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what the autoencoder alone makes of an image: the link's ceiling."""
        return self.latent.decode(self.latent.encode(image), image.shape[1], image.shape[0])

    @torch.inference_mode()
    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code an image [height, width, 3] and its prompt at a named rate.

        Raises
        ------
        ConfigError
            If there is no such rate, the latent has fewer channels than it sends,
            or the prompt is too long.
        ShapeError
            If the image is not [1..2048, 1..2048, 3].
        """
        chosen = rate_by_name(rate)
        check_image(image)
        latents = self.latent.encode(image)[0, : self._n_channels(chosen)]
        pairs = latents.float().cpu().contiguous().numpy().reshape(-1, 2)
        symbols, level = normalise(pairs.view(np.complex64).ravel())
        return put_together(symbols, image, prompt, chosen, level)

    @torch.inference_mode()
    def decode(self, received: Received) -> Decoded:
        """Recover image and prompt from equalised symbols and their noise.

        Raises
        ------
        ConfigError
            If the header names no known rate, or one that is not sent.
        ShapeError
            If there are fewer symbols than the header promises.
        """
        arrived = take_apart(received)
        n_channels = self._n_channels(arrived.rate)
        estimate = arrived.symbols * np.float32(gain_of(received.level)) / (1 + arrived.noise_var)
        rows, cols = 2 * -(-received.height // CELL), 2 * -(-received.width // CELL)
        latents = torch.zeros(1, self.latent.channels, rows, cols)
        values = estimate.astype(np.complex64).view(np.float32).reshape(n_channels, rows, cols)
        latents[0, :n_channels] = torch.from_numpy(values)
        image = self.latent.decode(latents.to(self.device), received.width, received.height)
        return Decoded(image, arrived.prompt, arrived.prompt_ok)

    def _n_channels(self, rate: Rate) -> int:
        """Return how many latent channels fill a rate's symbols."""
        n_channels = 2 * rate.n_channels // _POSITIONS
        if n_channels > self.latent.channels:
            highest = _POSITIONS * self.latent.channels // 2
            names = [one.name for one in RATES if one.n_channels <= highest]
            raise ConfigError(
                f"rate is {rate.name}, {n_channels} latent channels sent as they are; "
                f"{self.latent.name} has {self.latent.channels}: choose one of {', '.join(names)}"
            )
        return n_channels
