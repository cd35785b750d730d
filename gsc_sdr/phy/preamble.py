# SPDX-License-Identifier: MIT
"""The training signal that opens each frame: what the receiver already knows.

Short training repeats every n_fft / 4 samples, twenty times: it is found
without knowing the channel, and its phase step gives the carrier offset over
+-2 carriers. Long training is two OFDM symbols behind a double prefix: it gives
exact time and the gain of every carrier. Both are of the payload's mean power.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.scramble import gold_bits, qpsk_phases

__all__ = ["Training", "long_training", "preamble", "short_training", "training"]

_N_TRIED = 512  # sequences among which that of the lowest peak is taken


@dataclass(frozen=True)
class Training:
    """The blocks of n_fft samples of a preamble that a receiver transforms.

    Attributes
    ----------
    begins : [6], int64
        First sample of each in the frame: four blocks of short training, clear
        of its edges, and two of long training.
    sent : [6, n_active], complex128
        What was sent on each carrier; 0 where short training has none.
    """

    begins: NDArray[np.int64]
    sent: NDArray[np.complex128]


@lru_cache(maxsize=8)
def training(config: OfdmConfig) -> Training:
    """Return where the preamble's blocks are, and what they hold."""
    short = 3 * config.n_fft // 4 + np.arange(4) * config.n_fft
    long = config.preamble_length - np.array([2, 1]) * config.n_fft
    sent = [short_training(config)] * 4 + [long_training(config)] * 2
    return Training(np.concatenate([short, long]), np.stack(sent))


@lru_cache(maxsize=8)
def short_training(config: OfdmConfig) -> NDArray[np.complex128]:
    """Return the short training's carriers [n_active]; zero where it has none."""
    used = np.array([c % 4 == 0 for c in config.active_carriers])
    phases = qpsk_phases(np.arange(_N_TRIED), int(used.sum())).astype(np.complex128)
    tried = np.zeros((_N_TRIED, config.n_active), np.complex128)
    tried[:, used] = phases * np.sqrt(config.n_active / used.sum())
    return _lowest_peak(tried, config)


@lru_cache(maxsize=8)
def long_training(config: OfdmConfig) -> NDArray[np.complex128]:
    """Return the long training's carriers [n_active], each +1 or -1."""
    bits = gold_bits(np.arange(_N_TRIED), config.n_active)
    return _lowest_peak((1.0 - 2.0 * bits).astype(np.complex128), config)


@lru_cache(maxsize=8)
def preamble(config: OfdmConfig) -> NDArray[np.complex64]:
    """Return short and long training as samples [preamble_length]."""
    short = _samples(short_training(config), config)
    long = _samples(long_training(config), config)
    parts = [np.tile(short, 5), long[-2 * config.n_cp :], long, long]
    samples: NDArray[np.complex64] = np.concatenate(parts).astype(np.complex64)
    samples.flags.writeable = False
    return samples


def _samples(carriers: NDArray[np.complex128], config: OfdmConfig) -> NDArray[np.complex128]:
    """Return active carriers [..., n_active] as samples [..., n_fft]."""
    grid = np.zeros((*carriers.shape[:-1], config.n_fft), np.complex128)
    grid[..., config.bins] = carriers
    samples: NDArray[np.complex128] = scipy.fft.ifft(grid, axis=-1, norm="ortho")
    return samples


def _lowest_peak(tried: NDArray[np.complex128], config: OfdmConfig) -> NDArray[np.complex128]:
    """Return the row of [n_tried, n_active] whose samples peak least; read-only."""
    peaks = np.abs(_samples(tried, config)).max(axis=1)
    best: NDArray[np.complex128] = tried[peaks.argmin()].copy()
    best.flags.writeable = False
    return best
