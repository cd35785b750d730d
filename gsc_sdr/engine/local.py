# SPDX-License-Identifier: MIT
"""An Engine in this process: the networks and the prompt's code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gsc_sdr.codec.convolution import quicken
from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.codec.latent import load_latent
from gsc_sdr.codec.load import load_codec
from gsc_sdr.codec.power import gain_of, normalise
from gsc_sdr.codec.precision import arithmetic, check_precision
from gsc_sdr.codec.tensors import torch_device
from gsc_sdr.config.rate import CELL, Rate, rate_by_name
from gsc_sdr.errors import ConfigError, ModelError
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.prompt.stream import check_image, put_together, take_apart

__all__ = ["LocalEngine", "load_jscc"]

_SHIPPED = "jscc"


class LocalEngine:
    """Pictures and prompts to symbols and back, by torch in this process.

    Parameters
    ----------
    vae : str or Path, optional
        Folder or hub id of an autoencoder; None is the shipped one.
    jscc : str or Path, optional
        Folder of a JsccCodec trained for that autoencoder; None is the shipped one.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    precision : str
        ``float32``, or ``bfloat16``, which is about twice as fast where the processor
        has it, and makes pictures differ by 0.01 dB or less, not alike on all machines.

    Raises
    ------
    ModelError
        If weights are missing or corrupt, or the two models do not fit.
    ConfigError
        If the device is not there, or has not that precision.
    """

    def __init__(
        self,
        vae: str | Path | None = None,
        jscc: str | Path | None = None,
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        self.device, self.precision = torch_device(device), precision
        check_precision(precision, self.device)
        self.latent = load_latent(vae).to(self.device)
        self.codec, self.codec_name = load_jscc(jscc)
        self.codec.to(self.device)
        if self.codec.config.latent_channels != self.latent.channels:
            raise ModelError(
                f"{self.codec_name} codes {self.codec.config.latent_channels} channels and "
                f"{self.latent.name} has {self.latent.channels}: train a codec for it with "
                "`gsc-sdr train jscc --vae ...` and give it with --jscc"
            )
        if self.device.type == "cpu":
            quicken(self.latent.model, precision)
            quicken(self.codec, precision)

    @property
    def models(self) -> dict[str, str]:
        """Names and checksums of the models, for reports."""
        return {"vae": self.latent.name, "jscc": self.codec_name}

    def reconstruct(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what the autoencoder alone makes of an image: the link's ceiling."""
        with self.arithmetic():
            return self.latent.decode(self.latent.encode(image), image.shape[1], image.shape[0])

    def arithmetic(self) -> torch.autocast:
        """Return the context in which the networks compute with this engine's precision."""
        return arithmetic(self.precision, self.device)

    @torch.inference_mode()
    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code an image [height, width, 3] and its prompt at a named rate.

        Raises
        ------
        ConfigError
            If there is no such rate, or the prompt is too long.
        ShapeError
            If the image is not [1..2048, 1..2048, 3].
        """
        chosen = rate_by_name(rate)
        check_image(image)
        self._check(chosen)
        with self.arithmetic():
            latents = self.latent.encode(image)
            cells = self.codec.encode(latents)[0, : chosen.n_channels]
        symbols, level = normalise(cells.cpu().numpy().ravel())
        return put_together(symbols, image, prompt, chosen, level)

    @torch.inference_mode()
    def decode(self, received: Received) -> Decoded:
        """Recover image and prompt from equalised symbols and their noise.

        Raises
        ------
        ConfigError
            If the header names no known rate, or one that the codec cannot send.
        ShapeError
            If there are fewer symbols than the header promises.
        """
        arrived = take_apart(received)
        self._check(arrived.rate)
        image = self._picture(arrived.symbols, arrived.noise_var, received)
        return Decoded(image, arrived.prompt, arrived.prompt_ok)

    def _check(self, rate: Rate) -> None:
        if rate.n_channels > self.codec.config.n_symbols:
            raise ConfigError(
                f"rate is {rate.name}, {rate.n_channels} symbols a cell; {self.codec_name} sends "
                f"up to {self.codec.config.n_symbols}: choose 1/48 or less"
            )

    def _picture(
        self,
        symbols: NDArray[np.complex64],
        noise_var: NDArray[np.float32],
        received: Received,
    ) -> NDArray[np.uint8]:
        """Decode one picture's symbols, undoing the transmit power first."""
        rows, cols = -(-received.height // CELL), -(-received.width // CELL)
        gain = np.float32(gain_of(received.level))
        shape = (1, -1, rows, cols)
        with self.arithmetic():
            latents = self.codec.decode(
                torch.from_numpy((symbols * gain).reshape(shape)).to(self.device),
                torch.from_numpy((noise_var * gain**2).reshape(shape)).to(self.device),
            )
            return self.latent.decode(latents, received.width, received.height)


def load_jscc(source: str | Path | None = None) -> tuple[JsccCodec, str]:
    """Load a joint source-channel codec and its name for reports."""
    return load_codec(JsccCodec, _SHIPPED, "gsc-sdr train jscc", source)
