# SPDX-License-Identifier: MIT
"""Channel conditions for training: rate, SNR, fading and erasures of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from gsc_sdr.config.rate import RATES

__all__ = ["Conditions", "draw_alike", "draw_conditions", "fixed_conditions"]

_TRAINED = RATES[:4]  # what the codec sends; the rates above are of its rivals
_RATE_SHARES = (0.12, 0.15, 0.23, 0.5)  # of 1/384, 1/192, 1/96, 1/48
_ALIKE = (0.25, 0.25, 0.25, 0.25)
_FULL = 0.4  # share of the pictures past the codec that keep every channel


@dataclass(frozen=True)
class Conditions:
    """What the channel does to each picture of a batch.

    Attributes
    ----------
    noise_var : [batch, n_symbols, rows, cols], float32
        After zero-forcing, relative to unit symbol power; ``inf`` where erased.
    normal : [batch, n_symbols, rows, cols], complex64
        Circular normal noise of unit variance.
    kept : [batch], int64
        Symbols of a cell that the rate sends, or latent channels that are kept.
    bypass : [batch], bool
        Whether the picture's latents go past codec and channel.
    """

    noise_var: Tensor
    normal: Tensor
    kept: Tensor
    bypass: Tensor

    def to(self, device: torch.device | str) -> Conditions:
        """Return the same on a device."""
        return Conditions(*(getattr(self, field.name).to(device) for field in fields(self)))


def draw_conditions(
    rng: np.random.Generator,
    batch: int,
    cells: tuple[int, int],
    bypass: float = 0.0,
    low_rates: bool = False,
) -> Conditions:
    """Draw a channel condition and a rate for each picture of a batch.

    SNR is uniform in -5..25 dB. In half of the pictures symbols fade one by
    one (Rayleigh over the subcarriers, interleaved); in 30 % up to half of the
    symbols are erased, as lost frames do. A share ``bypass`` passes the codec by;
    half of the others go at 1/48, or with ``low_rates`` a quarter at each rate.
    """
    noise_var = _draw_noise_var(rng, (batch, _TRAINED[-1].n_channels, *cells))
    kept = rng.choice(
        [rate.n_channels for rate in _TRAINED], size=batch, p=_ALIKE if low_rates else _RATE_SHARES
    )
    passing = np.arange(batch) < round(bypass * batch)
    full = _TRAINED[-1].n_channels
    nested = np.floor(np.exp(rng.uniform(0, np.log(full), batch))).astype(int)
    nested[rng.random(batch) < _FULL] = full
    return _conditions(rng, noise_var, np.where(passing, nested, kept), passing)


def draw_alike(
    rng: np.random.Generator, batch: int, cells: tuple[int, int], counts: Sequence[int]
) -> Conditions:
    """Draw channel conditions as :func:`draw_conditions` does, for any rates.

    Each picture sends one of ``counts`` symbols a cell, all alike; none goes past
    the codec.
    """
    noise_var = _draw_noise_var(rng, (batch, max(counts), *cells))
    return _conditions(rng, noise_var, rng.choice(counts, size=batch), np.zeros(batch, bool))


def fixed_conditions(
    batch: int, rows: int, cols: int, kept: int, snr_db: float | None
) -> Conditions:
    """Return AWGN at one SNR and rate with repeatable noise; None: past the codec."""
    shape = (batch, max(kept, _TRAINED[-1].n_channels), rows, cols)
    noise_var = np.full(shape, 10 ** (-(snr_db or 0.0) / 10))
    passing = np.full(batch, snr_db is None)
    return _conditions(np.random.default_rng(kept), noise_var, np.full(batch, kept), passing)


def _draw_noise_var(
    rng: np.random.Generator, shape: tuple[int, int, int, int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Draw SNR, fading and erasures of [batch, n_symbols, rows, cols]."""
    one = (shape[0], 1, 1, 1)
    noise_var = 10 ** (-rng.uniform(-5, 25, one) / 10) * np.ones(shape)
    fade = np.where(rng.random(one) < 0.5, rng.exponential(size=shape), 1.0)
    erased = rng.random(shape) < np.where(rng.random(one) < 0.3, rng.uniform(0, 0.5, one), 0.0)
    return np.where(erased, np.inf, noise_var / np.maximum(fade, 1e-4))


def _conditions(
    rng: np.random.Generator,
    noise_var: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    kept: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    passing: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> Conditions:
    pair = rng.standard_normal((*noise_var.shape, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    return Conditions(
        torch.from_numpy(noise_var.astype(np.float32)),
        torch.view_as_complex(torch.from_numpy(pair)),
        torch.from_numpy(kept.astype(np.int64)),
        torch.from_numpy(passing),
    )
