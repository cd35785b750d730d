# SPDX-License-Identifier: MIT
"""How like two pictures are: PSNR, and structural similarity over scales."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError

__all__ = ["ms_ssim", "psnr_db"]

_PEAK = 255.0
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
    _check(image, reference)
    error = np.subtract(image, reference, dtype=np.float32)
    mse = float(np.mean(np.square(error), dtype=np.float64))
    return 10 * math.log10(_PEAK**2 / mse) if mse else math.inf


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
    _check(image, reference)
    if min(image.shape[:2]) < _MS_SSIM_SIDE:
        return None
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    pair = torch.from_numpy(np.stack([image, reference])).movedim(-1, 1).to(torch.float32)
    value = multiscale_structural_similarity_index_measure(
        pair[:1], pair[1:], data_range=_PEAK, normalize="relu"
    )
    return float(value)


def _check(image: NDArray[np.uint8], reference: NDArray[np.uint8]) -> None:
    """Refuse what are not two uint8 pictures of one size."""
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
