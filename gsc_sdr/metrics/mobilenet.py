# SPDX-License-Identifier: MIT
"""Features of MobileNet v1, for measures that no training here has seen.

Our codecs may be trained on LPIPS, which looks through SqueezeNet. A codec can
please the network that it was trained on; this is another one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from gsc_sdr.errors import MissingError, ModelError, ShapeError

__all__ = ["MOBILENET_FILE", "MobileNet", "convert_mobilenet", "deep_distance"]

MOBILENET_FILE = "mobilenet_v1_pw12.safetensors"
_PUBLISHED = "mobilenet_v1_100_*.safetensors"  # 1.0 wide; its keys are those that we read
_LEAST = 32  # pixels of a side: the deepest features have a place for each 32 pixels
_EPS = 1e-3  # TensorFlow's of batch normalisation
_WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024)
_HALVING = frozenset({2, 4, 6, 12})  # depthwise layers of stride 2
_PADDING = {1: (1, 1, 1, 1), 2: (0, 1, 0, 1)}  # TensorFlow's, by stride
_TAPS = (1, 3, 5, 11, 12)  # the last layer of each size


class MobileNet(nn.Module):
    """MobileNet v1, 1.0 wide, up to its twelfth pointwise layer; fixed.

    Attributes
    ----------
    n_features : int
        Length of a feature vector.

    References
    ----------
    A. Howard et al., "MobileNets: efficient convolutional neural networks for
    mobile vision applications", arXiv 1704.04861, table 1.
    """

    n_features = _WIDTHS[-1]

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, 2, bias=False)
        self.conv1_bn = nn.BatchNorm2d(32, eps=_EPS)
        for index, (n_in, n_out) in enumerate(zip((32, *_WIDTHS), _WIDTHS, strict=False), 1):
            depthwise = nn.Conv2d(n_in, n_in, 3, _stride(index), groups=n_in, bias=False)
            self.add_module(f"conv_dw_{index}", depthwise)
            self.add_module(f"conv_dw_{index}_bn", nn.BatchNorm2d(n_in, eps=_EPS))
            self.add_module(f"conv_pw_{index}", nn.Conv2d(n_in, n_out, 1, bias=False))
            self.add_module(f"conv_pw_{index}_bn", nn.BatchNorm2d(n_out, eps=_EPS))
        self.requires_grad_(False)
        self.eval()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the weights from a folder: our file, or the published one.

        Raises
        ------
        MissingError
            If the folder has no such file.
        ModelError
            If the file holds something else.
        """
        own = folder / MOBILENET_FILE
        path = own if own.is_file() else next(iter(sorted(folder.glob(_PUBLISHED))), own)
        if not path.is_file():
            raise MissingError(
                f"there is no {path}: name a folder that `gsc-sdr weights mobilenet` wrote"
            )
        model = cls()
        model.load_state_dict(_read(path), strict=False)  # it does not count batches
        return model

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """Return the last feature map of each size, [batch, n, h / 2^k, w / 2^k].

        Parameters
        ----------
        pictures : [batch, 3, h, w], float32
            In -1..1, sides of at least 32 pixels.
        """
        if pictures.ndim != 4 or min(pictures.shape[2:]) < _LEAST:
            raise ShapeError(
                f"the pictures are {tuple(pictures.shape)}; expected [batch, 3, h, w] "
                f"with sides of at least {_LEAST} pixels"
            )
        x, found = self._layer("conv1", pictures, _PADDING[2]), []
        for index in range(1, len(_WIDTHS) + 1):
            x = self._layer(f"conv_dw_{index}", x, _PADDING[_stride(index)])
            x = self._layer(f"conv_pw_{index}", x)
            if index in _TAPS:
                found.append(x)
        return found

    def forward(self, pictures: Tensor) -> Tensor:
        """Return feature vectors [batch, n_features] of pictures in -1..1: means over places."""
        return self.maps(pictures)[-1].mean(dim=(2, 3))

    def _layer(self, name: str, x: Tensor, padding: tuple[int, ...] = ()) -> Tensor:
        """Convolve, normalise, and clip at 0 and 6."""
        x = functional.pad(x, padding) if padding else x
        return functional.relu6(self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)))


def deep_distance(a: list[Tensor], b: list[Tensor]) -> Tensor:
    r"""Return the distance [batch] of pictures by their feature maps.

    .. math:: d = \frac{1}{L} \sum_l \overline{\sum_c (\hat a_{l,c} - \hat b_{l,c})^2}

    over L layers, each normalised over channels; the bar is the mean over places.
    It is LPIPS without learned weights, 0 to 2 for features that are never
    negative; its figures do not compare with those of LPIPS.

    Parameters
    ----------
    a, b : list of [batch, n, h, w]
        What :meth:`MobileNet.maps` gives, of pictures of one size.

    Raises
    ------
    ShapeError
        If the maps are not of one shape.
    """
    shapes = [[tuple(one.shape) for one in maps] for maps in (a, b)]
    if shapes[0] != shapes[1] or not a:
        raise ShapeError(f"the maps are {shapes[0]} and {shapes[1]}; pass pictures of one size")
    apart = [(_unit(first) - _unit(second)).square() for first, second in zip(a, b, strict=True)]
    return torch.stack([one.sum(dim=1).mean(dim=(1, 2)) for one in apart]).mean(dim=0)


def convert_mobilenet(source: Path, folder: Path) -> Path:
    """Write the layers of a published file that are needed, in its precision.

    Parameters
    ----------
    source : Path
        MobileNet v1 1.0 as safetensors; keys ``conv1.weight``, ``conv_dw_1_bn.bias`` ...
    folder : Path
        Where ``mobilenet_v1_pw12.safetensors`` goes; made if missing.

    Raises
    ------
    ModelError
        If the file does not hold what it should.
    """
    kept = _read(source)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(kept, folder / MOBILENET_FILE)
    return folder / MOBILENET_FILE


def _read(path: Path) -> dict[str, Tensor]:
    """Return the weights in a file that fit, and nothing else; ModelError if one lacks."""
    expected = MobileNet().state_dict()
    counters = {key for key in expected if key.endswith("num_batches_tracked")}
    try:
        found = load_file(path)
    except SafetensorError as error:
        raise ModelError(f"{path} is no file of weights ({error})") from error
    for key in expected.keys() - counters:
        shape = tuple(found[key].shape) if key in found else None
        if shape != tuple(expected[key].shape):
            raise ModelError(
                f"{path} does not hold MobileNet v1 1.0: {key} is {shape}, "
                f"expected {tuple(expected[key].shape)}"
            )
    return {key: found[key] for key in expected.keys() - counters}


def _stride(index: int) -> int:
    return 2 if index in _HALVING else 1


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)
