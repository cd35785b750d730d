# SPDX-License-Identifier: MIT
"""Recipe of the nested autoencoder: squared error under nested dropout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.train.pictures import Pictures
from gsc_sdr.train.state import save_half

__all__ = ["VaeRecipe", "picture_strip"]

_JUDGED = (4, 8, 16)  # channels kept at validation
_FULL = 0.5  # share of the batch that keeps every channel


class VaeRecipe:
    """Train a NestedAutoencoder on crops of pictures.

    Half of each batch keeps all channels; the others keep the first k, with
    log-uniform k, so that any prefix decodes.

    Parameters
    ----------
    pictures : Pictures
        Where crops come from.
    batch : int
        Crops a step.
    seed : int
        Of the weights and of the draws of k.
    options : dict
        Arguments of NestedAutoencoder other than its defaults.
    """

    def __init__(self, pictures: Pictures, batch: int, seed: int = 0, **options: Any) -> None:
        torch.manual_seed(seed)
        self.pictures, self.batch, self.seed = pictures, batch, seed
        network = NestedAutoencoder(**options)
        network.set_linear(pictures.batch(step=2**31, size=512))
        self.latent_channels = int(network.config.latent_channels)
        self.model: nn.Module = network.to(memory_format=torch.channels_last)
        self.validation = pictures.validation()

    def loss(self, step: int, device: torch.device, rank: int) -> Tensor:
        """Return the mean squared error of one batch, pixels in -1..1."""
        x = self.pictures.batch(step, self.batch, rank).to(
            device, memory_format=torch.channels_last
        )
        rng = np.random.default_rng([self.seed, step, rank, 1])
        full = self.latent_channels
        kept = np.floor(np.exp(rng.uniform(0, np.log(full), self.batch))).astype(int)
        kept[rng.random(self.batch) < _FULL] = full
        out = self.model(x, torch.as_tensor(kept, device=device))
        return nn.functional.mse_loss(out.float(), x)

    @torch.no_grad()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Return mean PSNR of held-out pictures at 4, 8 and 16 channels, in dB."""
        figures = {}
        for kept in _JUDGED:
            shown = self._show(model, kept)
            error = (shown - self.validation).square().mean(dim=(1, 2, 3))
            figures[f"psnr_{kept}_db"] = float((10 * torch.log10(4 / error)).mean())
        return figures | {"score": figures["psnr_16_db"] + 0.1 * figures["psnr_4_db"]}

    def save(self, model: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write config, fp16 weights, facts and a strip of sample pictures."""
        save_half(model, folder)
        (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
        rows = [self.validation[:6]] + [self._show(model, kept)[:6] for kept in _JUDGED[::-1]]
        picture_strip(rows).save(folder.parent / "samples.png")

    @torch.no_grad()
    def _show(self, model: nn.Module, kept: int) -> Tensor:
        device = next(model.parameters()).device
        outs = []
        for x in self.validation.split(8):
            count = torch.full((len(x),), kept, device=device)
            outs.append(model(x.to(device), count).clamp(-1, 1).cpu())
        return torch.cat(outs)


def picture_strip(rows: list[Tensor]) -> Image.Image:
    """Lay rows of pictures [n, 3, h, w] in -1..1 out as one image."""
    lines = [torch.cat(list(row), dim=2) for row in rows]
    sheet = torch.cat(lines, dim=1).add(1).mul(127.5).clamp(0, 255).byte()
    return Image.fromarray(sheet.movedim(0, -1).numpy())
