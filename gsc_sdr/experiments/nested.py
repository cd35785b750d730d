# SPDX-License-Identifier: MIT
"""What the first channels of an autoencoder's latents are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from gsc_sdr.codec.latent import LatentCodec
from gsc_sdr.metrics.image import psnr_db

__all__ = ["nested_psnr_db"]


def nested_psnr_db(
    images: Sequence[NDArray[np.uint8]], codec: LatentCodec, kept: Sequence[int]
) -> dict[int, float]:
    """Decode images from the first channels of their latents.

    Parameters
    ----------
    images : sequence of [height, width, 3], uint8
        Of any sizes.
    codec : LatentCodec
        The autoencoder; channels that are not kept are zero.
    kept : sequence of int
        How many channels to keep, each at most ``codec.channels``.

    Returns
    -------
    psnr_db : dict of int to float, dB
        Mean over the images, for each of ``kept``.
    """
    found: dict[int, list[float]] = {count: [] for count in kept}
    for image in images:
        latents = codec.encode(image)
        for count, values in found.items():
            first = torch.zeros_like(latents)
            first[:, :count] = latents[:, :count]
            shown = codec.decode(first, image.shape[1], image.shape[0])
            values.append(psnr_db(shown, image))
    return {count: float(np.mean(values)) for count, values in found.items()}
