# SPDX-License-Identifier: MIT
"""LPIPS: how different two pictures look to the features of a small network.

The metric of Zhang et al. on SqueezeNet 1.1. torchvision has no CPU build for
every torch, so the trunk stands here; it takes torchvision's weights as they are.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from gsc_sdr.errors import MissingError, ModelError, ShapeError

__all__ = ["LPIPS_FILE", "Lpips", "convert_lpips"]

LPIPS_FILE = "lpips_squeeze.safetensors"  # trunk and heads in one
_MEAN = (-0.030, -0.088, -0.188)  # of pictures in -1..1, as the authors' ScalingLayer has it
_DEVIATION = (0.458, 0.448, 0.450)
_LEAST = 32  # pixels of a side: the last pooling needs them
_FIRE = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128)}
_FIRE |= {9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256)}
_TAPS = {1: 64, 4: 128, 7: 256, 9: 384, 10: 384, 11: 512, 12: 512}  # layer: channels


class Lpips(nn.Module):
    r"""Learned perceptual distance of pictures.

    .. math:: d = \sum_l \overline{\sum_c w_{l,c}\,(\hat a_{l,c} - \hat b_{l,c})^2}

    over seven layers of features, each normalised over channels; the bar is the
    mean over places.

    References
    ----------
    R. Zhang, P. Isola, A. Efros, E. Shechtman and O. Wang, "The unreasonable
    effectiveness of deep features as a perceptual metric", CVPR 2018, eq. (1);
    F. Iandola et al., "SqueezeNet", arXiv 1602.07360.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        pool = (nn.MaxPool2d(3, 2, ceil_mode=True) for _ in range(3))
        rest = (_Fire(*_FIRE[index]) if index in _FIRE else next(pool) for index in range(2, 13))
        self.features = nn.Sequential(nn.Conv2d(3, 64, 3, 2), nn.ReLU(), *rest)
        self.heads = nn.ParameterList(nn.Parameter(torch.zeros(n)) for n in _TAPS.values())
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)
        self.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the metric's weights from a folder.

        Raises
        ------
        MissingError
            If the folder has no such file.
        ModelError
            If the file holds something else.
        """
        path = folder / LPIPS_FILE
        if not path.is_file():
            raise MissingError(
                f"there is no {path}: name the folder that `gsc-sdr weights lpips` wrote"
            )
        model = cls()
        try:
            model.load_state_dict({key: value.float() for key, value in load_file(path).items()})
        except (RuntimeError, SafetensorError) as error:
            raise ModelError(f"{path} does not hold LPIPS weights ({error})") from error
        return model.eval()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the distance [batch] of pictures [batch, 3, h, w] in -1..1.

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
        both = (torch.cat([a, b]) - self.mean) / self.deviation
        total = torch.zeros(len(a), device=a.device)
        heads = iter(self.heads)
        for index, layer in enumerate(self.features):
            both = layer(both)
            if index in _TAPS:
                unit = both / (both.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
                first, second = unit.chunk(2)
                weighted = torch.einsum("bchw,c->bhw", (first - second).square(), next(heads))
                total = total + weighted.mean(dim=(1, 2))
        return total


def convert_lpips(trunk: Path, heads: Path, folder: Path) -> Path:
    """Write the published weights of trunk and heads as one safetensors file.

    Parameters
    ----------
    trunk : Path
        torchvision's ``squeezenet1_1`` as safetensors, any precision.
    heads : Path
        ``weights/v0.1/squeeze.pth`` of the authors' repository. This once a
        file of torch's own kind is read, by its loader that makes tensors only.
    folder : Path
        Where ``lpips_squeeze.safetensors`` goes; made if missing.

    Raises
    ------
    ModelError
        If a file does not hold what it should.
    """
    try:
        weights = load_file(trunk)
        lines = torch.load(heads, map_location="cpu", weights_only=True)
        kept = {k: v.float() for k, v in weights.items() if k.startswith("features.")}
        for index in range(len(_TAPS)):
            kept[f"heads.{index}"] = lines[f"lin{index}.model.1.weight"].float().flatten()
        Lpips().load_state_dict(kept)
    except (SafetensorError, RuntimeError, KeyError, pickle.UnpicklingError) as error:
        raise ModelError(
            f"{trunk} and {heads} are not SqueezeNet 1.1 and LPIPS v0.1 squeeze ({error})"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    save_file(kept, folder / LPIPS_FILE)
    return folder / LPIPS_FILE


class _Fire(nn.Module):
    """Squeeze by 1x1, expand by 1x1 and 3x3."""

    def __init__(self, n_in: int, n_squeezed: int, n_expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(n_in, n_squeezed, 1)
        self.expand1x1 = nn.Conv2d(n_squeezed, n_expanded, 1)
        self.expand3x3 = nn.Conv2d(n_squeezed, n_expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1))
