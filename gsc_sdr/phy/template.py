# SPDX-License-Identifier: MIT
"""What acquisition knows of a preamble beforehand, as arrays that a kernel can take."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble, training

__all__ = ["Template", "search_reach", "template"]

_OFFSETS = np.linspace(-0.42, 0.42, 43)  # carriers, around the coarse offset


class Template(NamedTuple):
    """What acquisition looks for.

    Attributes
    ----------
    n_fft, n_cp, reach, payload_end : int, samples
        Of the frame; how far on either side of a suspicion to look; and where in a
        frame the shadow of the next one may begin.
    short, long : [n_fft], complex64
        One n_fft of short and of long training, of unit energy.
    begins : [6], int64
        Where blocks of it begin in the preamble, clear of edges: four short, two long.
    offsets : [43], float64, carriers
        Carrier offsets tried around the coarse one.
    lines : [15, 43], complex64
        By how much each turns one block against a later one, for each pair of blocks.
    """

    n_fft: int
    n_cp: int
    reach: int
    payload_end: int
    short: NDArray[np.complex64]
    long: NDArray[np.complex64]
    begins: NDArray[np.int64]
    offsets: NDArray[np.float64]
    lines: NDArray[np.complex64]


def search_reach(config: OfdmConfig) -> int:
    """Return how many samples on either side of a suspicion acquisition looks."""
    return 5 * config.n_fft  # as far as short training casts its shadow


@lru_cache(maxsize=8)
def template(config: OfdmConfig) -> Template:
    """Return what acquisition looks for."""
    samples, n_fft = preamble(config).astype(np.complex128), config.n_fft
    short, long = (
        (piece / np.sqrt((np.abs(piece) ** 2).sum())).astype(np.complex64)
        for piece in (samples[:n_fft], samples[-n_fft:])
    )
    begins, reach = training(config).begins, search_reach(config)
    early, late = np.triu_indices(len(begins), 1)
    turns = np.outer(begins[late] - begins[early], _OFFSETS) / n_fft
    return Template(
        n_fft,
        config.n_cp,
        reach,
        config.frame_length - reach,
        short,
        long,
        begins,
        _OFFSETS,
        np.exp(-2j * np.pi * turns).astype(np.complex64),
    )
