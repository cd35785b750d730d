# SPDX-License-Identifier: MIT
"""How like two pictures are: PSNR, and structural similarity at one scale and over five."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["check_pair", "ms_ssim", "psnr_db", "ssim"]

_PEAK = 255.0
_SSIM_SIDE = 11  # the window
_MS_SSIM_SIDE = 11 * 2**4  # the window of 11 pixels fits into the fifth scale


def psnr_db(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float:
    r"""Return the peak signal-to-noise ratio of two pictures, in dB.

    .. math:: 10 \log_{10} \frac{255^2}{\overline{(a - b)^2}}

    with the mean over all pixels and colours.

    Parameters
    ----------
    image, reference : [height, width, 3], uint8
        The pictures, sRGB.

    Returns
    -------
    psnr_db : float, dB
        ``inf`` where the pictures are equal.

    Raises
    ------
    ShapeError
        If the pictures are not two of one size, [height, width, 3] and uint8.

    Examples
    --------
    >>> black = np.zeros((2, 2, 3), np.uint8)
    >>> round(psnr_db(black, black + 51), 2)
    13.98
    """
    check_pair(image, reference)
    error = np.subtract(image, reference, dtype=np.float32)
    mse = float(np.mean(np.square(error), dtype=np.float64))
    return 10 * math.log10(_PEAK**2 / mse) if mse else math.inf


def ssim(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float | None:
    """Return the structural similarity of two pictures, mean over places and colours.

    Edges are reflected, as torchmetrics does; other programs leave them out, and
    differ in the third digit.

    Parameters
    ----------
    image, reference : [height, width, 3], uint8
        The pictures, sRGB.

    Returns
    -------
    ssim : float or None
        -1 to 1, 1 where the pictures are equal; None where a side is under 11 pixels.

    Raises
    ------
    ShapeError
        If the pictures are not two of one size, [height, width, 3] and uint8.

    References
    ----------
    Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error
    visibility to structural similarity", IEEE TIP 2004; Gaussian window of 11
    pixels, sigma 1.5.
    """
    check_pair(image, reference)
    if min(image.shape[:2]) < _SSIM_SIDE:
        return None
    from torchmetrics.functional.image import structural_similarity_index_measure

    if np.array_equal(image, reference):
        return 1.0  # float32 would give 4e-6 less, and float64 takes 30 times as long
    first, second = _tensors(image, reference)
    return float(structural_similarity_index_measure(first, second, data_range=_PEAK))


def ms_ssim(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> float | None:
    """Return the multi-scale structural similarity of two pictures.

    Five scales, each half the size of the one before, with a Gaussian window
    of 11 pixels: a side under 176 pixels leaves no window at the fifth scale, and
    fewer scales would give figures that do not compare.

    Parameters
    ----------
    image, reference : [height, width, 3], uint8
        The pictures, sRGB.

    Returns
    -------
    ms_ssim : float or None
        0 to 1, 1 where the pictures are equal; None where a side is under 176 pixels.

    Raises
    ------
    ShapeError
        If the pictures are not two of one size, [height, width, 3] and uint8.

    References
    ----------
    Wang, Simoncelli, Bovik, "Multiscale structural similarity for image
    quality assessment", Asilomar 2003.
    """
    check_pair(image, reference)
    if min(image.shape[:2]) < _MS_SSIM_SIDE:
        return None
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    first, second = _tensors(image, reference)
    value = multiscale_structural_similarity_index_measure(
        first, second, data_range=_PEAK, normalize="relu"
    )
    return float(value)


def check_pair(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> None:
    """Refuse what are not two uint8 pictures of one size, by ShapeError."""
    shapes = image.shape, reference.shape
    is_picture = len(image.shape) == 3 and image.shape[-1:] == (3,) and image.size > 0
    if (
        not is_picture
        or shapes[0] != shapes[1]
        or {image.dtype, reference.dtype} != {np.dtype(np.uint8)}
    ):
        raise ShapeError(
            f"the pictures are {shapes[0]} {image.dtype} and {shapes[1]} {reference.dtype}; "
            "expected one size [height, width, 3] and uint8: crop or convert one of them"
        )


def _tensors(*pictures: NDArray[np.uint8]) -> tuple[Tensor, ...]:
    """Return pictures as [1, 3, height, width], float32, 0 to 255."""
    import torch

    stacked = torch.from_numpy(np.stack(pictures)).movedim(-1, 1).to(torch.float32)
    return tuple(stacked[index : index + 1] for index in range(len(pictures)))
