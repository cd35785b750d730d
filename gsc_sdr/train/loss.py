# SPDX-License-Identifier: MIT
"""What is small when a picture arrives well: squared error, structure, and how it looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.metrics.lpips import Lpips

__all__ = ["PictureLoss"]

_FLOOR = 1e-3  # squared error below which a picture counts as perfect: 36 dB
_DB = 10 / math.log(10)  # of a natural logarithm
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363)  # of MS-SSIM; a fifth needs sides of 176 pixels
_STRUCTURE_SIDE = 99  # pixels that four scales of a window of 11 need
_BETAS = tuple(beta / sum(_SCALES) for beta in _SCALES)


@dataclass(frozen=True)
class PictureLoss:
    r"""Mean over pictures of :math:`\ln(e + e_0) + w\,d + v\,(1 - s)`, the last two where sent.

    The logarithm of the squared error :math:`e` is the picture's PSNR, so that
    poor conditions do not drown good ones; :math:`d` is LPIPS, which blur raises
    where squared error forgives it; :math:`s` is the structural similarity over four
    scales, each :math:`(1 + s_l) / 2`, which has a slope also where nothing is alike.

    Attributes
    ----------
    weight : float
        :math:`w`; 0 leaves LPIPS out.
    metric : Lpips or None
        Needed where ``weight`` is not 0.
    structure : float
        :math:`v`; 0 leaves structural similarity out.
    anchor : float
        How much the squared error of a picture that was not sent counts over that of
        one that was: what looks good after a channel shall not cost the autoencoder.
    """

    weight: float = 0.0
    metric: Lpips | None = None
    structure: float = 0.0
    anchor: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 100:
            raise ConfigError(f"the weight of LPIPS is {self.weight}; choose 0 to 100, 2 say")
        if not 0 < self.anchor <= 100:
            raise ConfigError(f"the weight of the anchor is {self.anchor}; choose 1 to 100, 3 say")
        if not 0 <= self.structure <= 100:
            raise ConfigError(
                f"the weight of structure is {self.structure}; choose 0 to 100, 6 say"
            )
        if self.weight and self.metric is None:
            raise ConfigError(
                f"the weight of LPIPS is {self.weight}, but no weights of LPIPS were named: "
                "add --lpips FOLDER"
            )

    def __call__(self, shown: Tensor, wanted: Tensor, is_sent: Tensor) -> Tensor:
        """Return the loss, a scalar.

        Parameters
        ----------
        shown, wanted : [batch, 3, h, w], float32
            Pictures in -1..1.
        is_sent : [batch], bool
            Which pictures are looked at: those that crossed a channel. The others'
            latents were disturbed, which the decoder would learn to show as texture.

        Raises
        ------
        ShapeError
            If the pictures are too small for the scales of structural similarity.
        """
        error = torch.log((shown - wanted).square().mean(dim=(1, 2, 3)) + _FLOOR)
        loss = torch.where(is_sent, error, self.anchor * error).mean()
        if self.weight and self.metric is not None and is_sent.any():
            metric = self.metric.to(shown.device)
            looks = metric(shown[is_sent], wanted[is_sent])
            loss = loss + self.weight * looks.sum() / len(shown)
        if self.structure and min(wanted.shape[2:]) < _STRUCTURE_SIDE:
            raise ShapeError(
                f"pictures are {tuple(wanted.shape[2:])}; the weight of structure needs sides of "
                f"at least {_STRUCTURE_SIDE} pixels: choose --crop 112 or more"
            )
        if self.structure and is_sent.any():
            alike = multiscale_structural_similarity_index_measure(
                shown[is_sent],
                wanted[is_sent],
                data_range=2.0,
                betas=_BETAS,
                reduction="none",
                normalize="simple",
            )
            loss = loss + self.structure * (1 - alike).sum() / len(shown)
        return loss

    def score_db(self, psnr_db: float, lpips: float) -> float:
        """Return the negative loss of mean figures, in dB of squared error."""
        return psnr_db - _DB * self.weight * lpips
