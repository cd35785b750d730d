# SPDX-License-Identifier: MIT
"""Recipe of the joint source-channel codec: picture error over random channels."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.codec.latent import LatentCodec
from gsc_sdr.config.rate import CELL
from gsc_sdr.errors import ConfigError
from gsc_sdr.train.conditions import Conditions, draw_conditions, fixed_conditions
from gsc_sdr.train.loss import PictureLoss
from gsc_sdr.train.pictures import Pictures
from gsc_sdr.train.state import save_half
from gsc_sdr.train.vae import picture_strip

__all__ = ["JsccOptions", "JsccRecipe", "Link", "send"]

_BYPASS = 0.1875
_JUDGED = ((2, 0.0), (4, 10.0), (8, 10.0), (16, 0.0), (16, 10.0), (16, 20.0))


@dataclass(frozen=True)
class JsccOptions:
    """How a codec is trained.

    Attributes
    ----------
    batch : int
        Crops a step.
    seed : int
        Of the weights and of the channels.
    tune_vae : bool
        Whether the autoencoder is trained too.
    tolerance : float
        Mean squared picture error (pixels in -1..1) that each latent channel is
        disturbed by in pictures past the codec. Detail below it is not kept: the
        forward test channel of rate-distortion theory. 0 trains the autoencoder
        for its own ceiling.
    picture_loss : PictureLoss
        What is made small; squared error alone unless told otherwise.
    low_rates : bool
        Whether all rates are drawn alike; else half of the pictures go at 1/48.

    References
    ----------
    T. M. Cover and J. A. Thomas, Elements of Information Theory, 2nd ed.,
    section 10.3.3 (reverse water-filling).
    """

    batch: int = 16
    seed: int = 0
    tune_vae: bool = False
    tolerance: float = 0.0
    picture_loss: PictureLoss = field(default_factory=PictureLoss)
    low_rates: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance < 1:
            raise ConfigError(f"tolerance is {self.tolerance}; choose 0 to 1, 0.0015 say")
        if self.tolerance and not self.tune_vae:
            raise ConfigError(
                f"tolerance is {self.tolerance}, but the autoencoder is not trained: "
                "add --tune-vae, or leave --tolerance out"
            )


class JsccRecipe:
    """Train a JsccCodec through the decoder of its autoencoder.

    Where the autoencoder learns along, a fifth of each batch passes the codec by
    under nested dropout, so that the latents stay ordered.

    Parameters
    ----------
    pictures : Pictures
        Where crops come from.
    latent : LatentCodec
        The autoencoder whose latents are sent.
    options : JsccOptions
        All else.
    codec : JsccCodec, optional
        To start from; None starts from the linear code.
    """

    def __init__(
        self,
        pictures: Pictures,
        latent: LatentCodec,
        options: JsccOptions,
        codec: JsccCodec | None = None,
    ) -> None:
        torch.manual_seed(options.seed)
        self.pictures, self.options = pictures, options
        with torch.no_grad():
            latents = latent.to_latents(pictures.batch(step=2**31, size=128))
            importance = latent.importance(latents[:8])
        if codec is None:
            codec = JsccCodec(latent_channels=latent.channels)
            codec.set_linear(latents, importance)
        spread = latents.std(dim=(0, 2, 3))
        disturbance = options.tolerance**0.5 / (importance * spread)
        codec.requires_grad_(True)
        latent.model.requires_grad_(options.tune_vae)
        link = Link(codec, latent, disturbance)
        self.model: nn.Module = link.to(memory_format=torch.channels_last)
        self.validation = pictures.validation(16)

    def loss(self, step: int, device: torch.device, rank: int) -> Tensor:
        """Return the loss of one batch, see PictureLoss."""
        options = self.options
        x = self.pictures.batch(step, options.batch, rank)
        x = x.to(device, memory_format=torch.channels_last)
        rng = np.random.default_rng([options.seed, step, rank, 2])
        rows, cols = x.shape[2] // CELL, x.shape[3] // CELL
        bypass = _BYPASS if options.tune_vae else 0.0
        draw = draw_conditions(rng, options.batch, (rows, cols), bypass, options.low_rates)
        torch.manual_seed(options.seed * 2**24 + step * 64 + rank)  # of what disturbs the latents
        shown = self.model.train()(x, draw.to(device))
        return options.picture_loss(shown.float(), x, ~draw.bypass.to(device))

    @torch.no_grad()
    def validate(self, model: nn.Module) -> dict[str, float]:
        """Return figures of held-out pictures at some rates and SNRs (AWGN)."""
        picture_loss = self.options.picture_loss
        shown = {f"{kept}_at_{db:.0f}_db": self._show(model, kept, db) for kept, db in _JUDGED}
        link = {f"psnr_{name}": self._psnr_db(pictures) for name, pictures in shown.items()}
        vae = {
            f"psnr_vae_{kept}_db": self._psnr_db(self._show(model, kept, None))
            for kept in (4, 8, 16)
        }
        score = float(np.mean(list(link.values()))) + 0.1 * float(np.mean(list(vae.values())))
        looks: dict[str, float] = {}
        if picture_loss.metric is not None:
            metric = picture_loss.metric.to(self.validation.device)
            looks = {
                f"lpips_{name}": float(metric(pictures, self.validation).mean())
                for name, pictures in shown.items()
            }
            score = picture_loss.score_db(score, float(np.mean(list(looks.values()))))
        return link | vae | looks | {"score": score}

    def save(self, model: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write both models (config, fp16 weights), facts and sample pictures."""
        for name, trained in (("jscc", model.codec), ("vae", model.autoencoder)):
            save_half(trained, folder / name)
        (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
        with torch.no_grad():
            shown = [self._show(model, kept, snr_db)[:6] for kept, snr_db in _JUDGED[::-1]]
        picture_strip([self.validation[:6], *shown]).save(folder.parent / "samples.png")

    def _psnr_db(self, shown: Tensor) -> float:
        error = (shown - self.validation).square().mean(dim=(1, 2, 3))
        return float((10 * torch.log10(4 / error)).mean())

    def _show(self, model: nn.Module, kept: int, snr_db: float | None) -> Tensor:
        """Send the held-out pictures; an SNR of None leaves the codec out."""
        x = self.validation.to(next(model.parameters()).device)
        rows, cols = x.shape[2] // CELL, x.shape[3] // CELL
        draw = fixed_conditions(len(x), rows, cols, kept, snr_db).to(x.device)
        shown: Tensor = model.eval()(x, draw)
        return shown.float().clamp(-1, 1).cpu()


class Link(nn.Module):
    """Autoencoder, codec, power normalisation and channel as one module.

    Parameters
    ----------
    codec : JsccCodec
        Latents to symbols and back.
    latent : LatentCodec
        Pictures to latents and back.
    disturbance : [c], float32
        Noise on latents past the codec, over each channel's own deviation.
    """

    disturbance: Tensor

    def __init__(self, codec: JsccCodec, latent: LatentCodec, disturbance: Tensor) -> None:
        super().__init__()
        self.register_buffer("disturbance", disturbance, persistent=False)
        self.codec, self.autoencoder = codec, latent.model
        self.scale, self.shift = latent.scale, latent.shift

    def forward(self, x: Tensor, draw: Conditions) -> Tensor:
        """Return the pictures [batch, 3, h, w] that arrive under the drawn conditions."""
        out = self.autoencoder.encode(x)
        latents = out.latent_dist.mode() if hasattr(out, "latent_dist") else out.latents
        latents = (latents - self.shift) * self.scale
        arrived = send(self.codec, latents, draw)
        plain = self._disturb(latents) * _first(latents, draw.kept)
        chosen = torch.where(draw.bypass[:, None, None, None], plain, arrived)
        sample: Tensor = self.autoencoder.decode(chosen / self.scale + self.shift).sample
        return sample

    def _disturb(self, latents: Tensor) -> Tensor:
        """Add noise in training, relative to the deviation, so that scaling gains nothing."""
        if not self.training or not self.disturbance.any():
            return latents
        deviation = latents.std(dim=(0, 2, 3), keepdim=True)
        noise = torch.randn_like(latents) * self.disturbance[:, None, None]
        return latents + noise * deviation


def send(codec: nn.Module, latents: Tensor, draw: Conditions) -> Tensor:
    """Send latents [batch, c, 2h, 2w] through codec and channel at unit mean power.

    Symbols of a cell beyond those that ``draw`` has a channel for are not sent. A
    codec of pictures serves as well, with pictures as its latents.
    """
    net: Any = codec
    symbols = net.encode(latents)[:, : draw.noise_var.shape[1]]
    sent = _first(symbols, draw.kept)
    energy = torch.where(sent, symbols.real.square() + symbols.imag.square(), 0)
    counted = draw.kept[:, None, None, None] * symbols[0, 0].numel()
    power = energy.sum(dim=(1, 2, 3), keepdim=True) / counted + 1e-6
    heard = sent & draw.noise_var.isfinite()
    finite = torch.where(heard, draw.noise_var, 0)  # inf times a gradient of 0 would be nan
    noise = finite.sqrt() * power.sqrt() * draw.normal
    noise_var = torch.where(heard, finite * power, torch.inf)
    out: Tensor = net.decode(symbols + noise, noise_var)
    return out


def _first(values: Tensor, kept: Tensor) -> Tensor:
    """Tell which channels are among the first ``kept`` [batch]: [batch, c, 1, 1]."""
    index = torch.arange(values.shape[1], device=values.device)
    return (index < kept[:, None])[:, :, None, None]
