# SPDX-License-Identifier: MIT
"""Pictures to latents and back, with any autoencoder of diffusers' interface.

The shipped NestedAutoencoder is the default; AutoencoderTiny and AutoencoderKL
of the Stable Diffusion family (4, 16, 32 channels) drop in from a folder or a
hub id. Channels and scale come from the model's own config.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gsc_sdr.codec.checkpoint import checksum, model_config, shipped_model, verify_shipped
from gsc_sdr.codec.tensors import to_image, to_tensor
from gsc_sdr.config.rate import CELL
from gsc_sdr.errors import ModelError

__all__ = ["LatentCodec", "load_autoencoder", "load_latent"]

_SHIPPED = "nested_autoencoder"


class LatentCodec:
    """An autoencoder with its scale, on pixels or on tensors.

    Parameters
    ----------
    autoencoder : nn.Module
        Has ``encode``, ``decode`` and ``config`` as in diffusers.
    name : str
        For reports: where it came from, and the checksum.
    """

    def __init__(self, autoencoder: nn.Module, name: str = "unnamed") -> None:
        config: Any = autoencoder.config
        self.model = autoencoder.eval().requires_grad_(False)
        self.name = name
        self.channels = int(config.latent_channels)
        self.scale = float(getattr(config, "scaling_factor", None) or 1.0)
        self.shift = float(getattr(config, "shift_factor", None) or 0.0)
        down = _downscale(autoencoder)
        if down != CELL // 2:
            raise ModelError(
                f"{name} reduces by {down}; expected 8: choose a VAE of the Stable Diffusion family"
            )

    def to(self, device: torch.device | str) -> LatentCodec:
        """Move the networks to a device."""
        self.model.to(device)
        return self

    def to_latents(self, pictures: Tensor) -> Tensor:
        """Code pictures [batch, 3, 8h, 8w] in -1..1 as latents [batch, c, h, w]."""
        model: Any = self.model
        out = model.encode(pictures)
        latents: Tensor = out.latent_dist.mode() if hasattr(out, "latent_dist") else out.latents
        return (latents - self.shift) * self.scale

    def to_pictures(self, latents: Tensor) -> Tensor:
        """Decode latents [batch, c, h, w] to pictures [batch, 3, 8h, 8w], about -1..1."""
        model: Any = self.model
        sample: Tensor = model.decode(latents / self.scale + self.shift).sample
        return sample

    @torch.inference_mode()
    def encode(self, image: NDArray[np.uint8]) -> Tensor:
        """Code one image [height, width, 3], uint8, of any size as [1, c, 2r, 2s].

        The image is padded with its edge to r x s whole cells of 16 x 16.

        Raises
        ------
        ShapeError
            If the image is not [height, width, 3] with both at least 1.
        """
        device = next(self.model.parameters()).device
        return self.to_latents(to_tensor(image, device))

    @torch.inference_mode()
    def decode(self, latents: Tensor, width: int, height: int) -> NDArray[np.uint8]:
        """Decode [1, c, h, w] and crop to an image [height, width, 3], uint8."""
        return to_image(self.to_pictures(latents), width, height)

    @torch.no_grad()
    def importance(self, latents: Tensor, step: float = 0.1) -> Tensor:
        """Return what a unit error of each latent channel does to the picture.

        Measured by disturbing one channel at a time around given latents
        [batch, c, h, w]; root-mean-square pixel error over disturbance, [c].
        """
        noise = torch.randn(latents[:, :1].shape, generator=torch.Generator().manual_seed(0)) * step
        plain = self.to_pictures(latents)
        gains = []
        for channel in range(self.channels):
            moved = latents.clone()
            moved[:, channel : channel + 1] += noise.to(latents.device)
            gains.append((self.to_pictures(moved) - plain).square().mean().sqrt() / step)
        return torch.stack(gains).cpu()


def load_latent(source: str | Path | None = None) -> LatentCodec:
    """Load the autoencoder of a folder or hub id; None means the shipped one.

    Raises
    ------
    ModelError
        If it is missing, corrupt, of an unknown class or not of factor 8.
    """
    folder = shipped_model(_SHIPPED) if source is None else Path(source)
    if source is None:
        verify_shipped(folder)
    model = load_autoencoder(folder if folder.is_dir() else str(source))
    name = f"{folder.name}@{checksum(folder)}" if folder.is_dir() else str(source)
    return LatentCodec(model.float(), name)


def load_autoencoder(source: str | Path) -> nn.Module:
    """Load an autoencoder by the class that its config names; safetensors only."""
    from diffusers import AutoModel

    from gsc_sdr.codec.autoencoder import NestedAutoencoder

    options = {"use_safetensors": True, "torch_dtype": torch.float32}
    try:
        if isinstance(source, Path):
            nested = source / "vae"
            source = nested if nested.is_dir() else source
            if model_config(source).get("_class_name") == "NestedAutoencoder":
                model: nn.Module = NestedAutoencoder.from_pretrained(source, **options)
                return model
        model = AutoModel.from_pretrained(str(source), **options)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"autoencoder {str(source)!r} cannot be loaded ({line}): "
            "give a folder with config.json and safetensors, or a hub id that can be reached"
        ) from error
    return model


def _downscale(autoencoder: nn.Module) -> int:
    """Return the factor between picture and latent, from the model's config."""
    config: Any = autoencoder.config
    if config.get("_class_name") == "NestedAutoencoder" or "widths" in config:
        return CELL // 2
    widths = config.get("block_out_channels") or config.get("encoder_block_out_channels") or ()
    return int(2 ** (len(widths) - 1))
