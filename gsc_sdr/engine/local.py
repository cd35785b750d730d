# SPDX-License-Identifier: MIT
"""An Engine in this process: the networks and the prompt's code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gsc_sdr.codec.checkpoint import checksum, shipped_model, verify_shipped
from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.codec.latent import load_latent
from gsc_sdr.codec.power import gain_of, normalise
from gsc_sdr.config.rate import CELL, rate_by_id, rate_by_name
from gsc_sdr.errors import ConfigError, ModelError, ShapeError
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.picture import MAX_SIDE
from gsc_sdr.prompt import code, text

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

    Raises
    ------
    ModelError
        If weights are missing or corrupt, or the two models do not fit.
    ConfigError
        If the device is not there.
    """

    def __init__(
        self, vae: str | Path | None = None, jscc: str | Path | None = None, device: str = "cpu"
    ) -> None:
        self.device = _device(device)
        self.latent = load_latent(vae).to(self.device)
        self.codec, self.codec_name = load_jscc(jscc)
        self.codec.to(self.device)
        if self.codec.config.latent_channels != self.latent.channels:
            raise ModelError(
                f"{self.codec_name} codes {self.codec.config.latent_channels} channels and "
                f"{self.latent.name} has {self.latent.channels}: train a codec for it with "
                "`gsc-sdr train jscc --vae ...` and give it with --jscc"
            )

    @property
    def models(self) -> dict[str, str]:
        """Names and checksums of the models, for reports."""
        return {"vae": self.latent.name, "jscc": self.codec_name}

    def reconstruct(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what the autoencoder alone makes of an image: the link's ceiling."""
        return self.latent.decode(self.latent.encode(image), image.shape[1], image.shape[0])

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
        if image.ndim != 3 or not 1 <= min(image.shape) <= max(image.shape) <= MAX_SIDE:
            raise ShapeError(f"image is {image.shape}; expected [1..{MAX_SIDE}, 1..{MAX_SIDE}, 3]")
        if chosen.n_channels > self.codec.config.n_symbols:
            raise ConfigError(
                f"rate is {rate}, {chosen.n_channels} symbols a cell; {self.codec_name} sends up "
                f"to {self.codec.config.n_symbols}: choose 1/48 or less"
            )
        latents = self.latent.encode(image)
        cells = self.codec.encode(latents)[0, : chosen.n_channels]
        symbols, level = normalise(cells.cpu().numpy().ravel())
        return Encoded(
            symbols,
            code.encode(prompt),
            image.shape[1],
            image.shape[0],
            chosen.id,
            len(text.to_bytes(prompt)),
            level,
        )

    @torch.inference_mode()
    def decode(self, received: Received) -> Decoded:
        """Recover image and prompt from equalised symbols and their noise.

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
        image = self._picture(stream[part], noise_var[part], received)
        return Decoded(image, prompt, ok)

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
        latents = self.codec.decode(
            torch.from_numpy((symbols * gain).reshape(shape)).to(self.device),
            torch.from_numpy((noise_var * gain**2).reshape(shape)).to(self.device),
        )
        return self.latent.decode(latents, received.width, received.height)


def load_jscc(source: str | Path | None = None) -> tuple[JsccCodec, str]:
    """Load a joint source-channel codec and its name for reports."""
    folder = shipped_model(_SHIPPED) if source is None else Path(source)
    if source is None:
        verify_shipped(folder)
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"codec {str(folder)!r} has no config.json: give a folder that "
            "`gsc-sdr train jscc` wrote"
        )
    try:
        codec = JsccCodec.from_pretrained(folder, use_safetensors=True, torch_dtype=torch.float32)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"codec {str(folder)!r} cannot be loaded ({line}): give a folder that "
            "`gsc-sdr train jscc` wrote"
        ) from error
    return codec.float().eval().requires_grad_(False), f"{folder.name}@{checksum(folder)}"


def _device(name: str) -> torch.device:
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"--device is {name!r}; choose auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("--device is cuda, but torch sees no GPU: use auto, or a CUDA torch")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _finite(
    stream: NDArray[np.complex64], noise_var: NDArray[np.float32]
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Turn whatever is not finite into erasures."""
    heard = np.isfinite(stream) & np.isfinite(noise_var) & (noise_var >= 0)
    return (
        np.where(heard, stream, 0).astype(np.complex64),
        np.where(heard, noise_var, np.inf).astype(np.float32),
    )
