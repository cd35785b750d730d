# SPDX-License-Identifier: MIT
"""DISTS: how different two pictures are in structure and texture.

The formula and its weights are torchmetrics'. Its network asks for torchvision,
which has no CPU build for every torch, so the layers are laid out here and take
the published VGG-16 as safetensors.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torchmetrics.functional.image import dists as published

from gsc_sdr.errors import MissingError, ModelError, ShapeError

__all__ = ["VGG_FILE", "Dists"]

VGG_FILE = "vgg16/model.safetensors"
_STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's of ImageNet
_HEADS = "dists_models/weights.pt"  # 2,950 numbers that come with torchmetrics
_LEAST = 32  # pixels of a side: 2 remain at the last stage


class Dists(published.DISTSNetwork):  # type: ignore[misc]  # torchmetrics has no types
    """Distance in structure and texture over six layers of VGG-16, at the pictures' own size.

    References
    ----------
    K. Ding, K. Ma, S. Wang and E. Simoncelli, "Image quality assessment:
    unifying structure and texture similarity", IEEE TPAMI 2022, eq. (6).
    """

    def __init__(self) -> None:
        nn.Module.__init__(self)
        index, n_in = count(), 3  # layers have the numbers of torchvision's vgg16.features
        for number, widths in enumerate(_STAGES, 1):
            stage = nn.Sequential()
            if number > 1:
                stage.add_module(str(next(index)), published.L2pooling(channels=n_in))
            for width in widths:
                stage.add_module(str(next(index)), nn.Conv2d(n_in, width, 3, padding=1))
                stage.add_module(str(next(index)), nn.ReLU())
                n_in = width
            self.add_module(f"stage{number}", stage)
        self.chns = [3, *(widths[-1] for widths in _STAGES)]
        for name in ("alpha", "beta"):
            self.register_parameter(name, nn.Parameter(torch.ones(1, sum(self.chns), 1, 1)))
        for name, values in (("mean", _MEAN), ("std", _DEVIATION)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)
        self.requires_grad_(False)
        self.eval()

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read VGG-16 as torchvision trained it; the rest is in torchmetrics.

        Parameters
        ----------
        path : Path
            A safetensors file with keys ``features.0.weight`` ..., as timm's
            ``vgg16.tv_in1k`` has them on the hub.

        Raises
        ------
        MissingError
            If there is no such file.
        ModelError
            If the file holds something else.
        """
        if not path.is_file():
            raise MissingError(
                f"there is no {path}: put VGG-16 there, e.g. "
                f"`hf download timm/vgg16.tv_in1k model.safetensors --local-dir {path.parent}`"
            )
        model = cls()
        convolutions = {
            f"features.{name.partition('.')[2]}": parameter
            for name, parameter in model.named_parameters()
            if name.startswith("stage")
        }
        try:
            with safe_open(path, "pt") as file:
                for key, parameter in convolutions.items():
                    parameter.copy_(file.get_tensor(key))
        except (SafetensorError, RuntimeError) as error:
            raise ModelError(f"{path} does not hold VGG-16 ({error})") from error
        heads = torch.load(Path(published.__file__).parent / _HEADS, weights_only=True)
        model.alpha.copy_(heads["alpha"])
        model.beta.copy_(heads["beta"])
        return model

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distance [batch] of pictures [batch, 3, h, w] in 0..1.

        Raises
        ------
        ShapeError
            If the pictures are not of one size, or a side is under 32 pixels.
        """
        if a.shape != b.shape or a.ndim != 4 or min(a.shape[2:]) < _LEAST:
            raise ShapeError(
                f"the pictures are {tuple(a.shape)} and {tuple(b.shape)}; expected one size, "
                f"[batch, 3, h, w] with sides of at least {_LEAST} pixels"
            )
        distance: Tensor = super().forward(a, b)
        return distance.reshape(len(a))
