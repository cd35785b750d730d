# SPDX-License-Identifier: MIT
"""Recipe of the pixel codec: squared picture error over random channels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gsc_sdr.codec.pixel import PixelCodec
from gsc_sdr.config.rate import CELL
from gsc_sdr.train.conditions import Conditions, draw_alike, fixed_conditions
from gsc_sdr.train.jscc import send
from gsc_sdr.train.loss import PictureLoss
from gsc_sdr.train.pictures import Pictures
from gsc_sdr.train.state import save_half
from gsc_sdr.train.vae import picture_strip

__all__ = ["PixelRecipe"]

_JUDGED = ((0.0, 1), (10.0, 1), (20.0, 1), (0.0, 2), (10.0, 2), (20.0, 2))  # dB, halves sent


class PixelRecipe:
    """Train a PixelCodec end to end over the channels that the product's codec sees.

    The loss is that of the product too: the logarithm of each picture's squared
    error (:class:`gsc_sdr.train.loss.PictureLoss` with nothing beside it). Half of
    the pictures send every symbol of a cell, the others the first half.

    Parameters
    ----------
    pictures : Pictures
        Where crops come from.
    batch : int
        Crops a step.
    seed : int
        Of the weights and of the channels.
    options : dict
        Arguments of PixelCodec other than its defaults.
    """

    def __init__(self, pictures: Pictures, batch: int, seed: int = 0, **options: Any) -> None:
        torch.manual_seed(seed)
        self.pictures, self.batch, self.seed = pictures, batch, seed
        codec = PixelCodec(**options)
        codec.set_linear(pictures.batch(step=2**31, size=512))
        self.half = codec.config.n_symbols // 2
        self.model: nn.Module = _Link(codec).to(memory_format=torch.channels_last)
        self.validation = pictures.validation(16)

    def loss(self, step: int, device: torch.device, rank: int) -> Tensor:
        """Return the loss of one batch, see PictureLoss."""
        x = self.pictures.batch(step, self.batch, rank)
        x = x.to(device, memory_format=torch.channels_last)
        rng = np.random.default_rng([self.seed, step, rank, 3])
        cells = x.shape[2] // CELL, x.shape[3] // CELL
        draw = draw_alike(rng, self.batch, cells, (self.half, 2 * self.half)).to(device)
        shown = self.model.train()(x, draw)
        return PictureLoss()(shown.float(), x, ~draw.bypass)

    @torch.no_grad()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Return mean PSNR of held-out pictures at both rates and some SNRs (AWGN), in dB."""
        figures = {}
        for snr_db, halves in _JUDGED:
            error = self._show(model, snr_db, halves) - self.validation
            psnr_db = 10 * torch.log10(4 / error.square().mean(dim=(1, 2, 3)))
            figures[f"psnr_{halves * self.half}_at_{snr_db:.0f}_db"] = float(psnr_db.mean())
        return figures | {"score": float(np.mean(list(figures.values())))}

    def save(self, model: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write config, fp16 weights, facts and a strip of sample pictures."""
        trained: Any = model
        save_half(trained.codec, folder)
        (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
        with torch.no_grad():
            shown = [self._show(model, *judged)[:6] for judged in _JUDGED[::-1]]
        picture_strip([self.validation[:6], *shown]).save(folder.parent / "samples.png")

    def _show(self, model: nn.Module, snr_db: float, halves: int) -> Tensor:
        """Send the held-out pictures through AWGN."""
        x = self.validation.to(next(model.parameters()).device)
        rows, cols = x.shape[2] // CELL, x.shape[3] // CELL
        draw = fixed_conditions(len(x), rows, cols, halves * self.half, snr_db).to(x.device)
        shown: Tensor = model.eval()(x, draw)
        return shown.float().clamp(-1, 1).cpu()


class _Link(nn.Module):
    """Codec, power normalisation and channel as one module."""

    def __init__(self, codec: PixelCodec) -> None:
        super().__init__()
        self.codec = codec

    def forward(self, x: Tensor, draw: Conditions) -> Tensor:
        """Return the pictures [batch, 3, h, w] that arrive under the drawn conditions."""
        return send(self.codec, x, draw)
