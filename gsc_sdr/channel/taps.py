# SPDX-License-Identifier: MIT
"""Fading as filter taps on a grid in time.

A process answers which taps hold at grid points that lie ``step`` samples
apart; between two points the taps run in a straight line. Drawing depends on
the grid index alone, never on how a stream is cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.paths import cdl_paths, grid_step, tdl_paths
from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.cdl import CdlConfig, cdl_rays
from gsc_sdr.nr.tdl import TdlConfig, tdl_taps
from gsc_sdr.units import db_to_power, doppler_hz

__all__ = ["BlockTaps", "HeldTaps", "MovingTaps", "TapProcess", "tap_process"]

_MAX_TAPS = 1024
_HALF = 6  # samples of the interpolation filter on each side
_KAISER_BETA = 4.0  # flat to 0.05 dB over the occupied 52/64 of the band


class TapProcess(Protocol):
    """Taps on a grid; read forward only.

    Attributes
    ----------
    step : int, samples
        Distance of two grid points.
    n_taps : int
        Length of the filter.
    delay : int, samples
        Where in the filter a path without delay lies.
    """

    step: int
    n_taps: int
    delay: int

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return taps at ``count`` grid points and their change to the next.

        Both are of shape [count, n_taps]; ``first`` never falls.
        """
        ...


class HeldTaps:
    """Taps that stay as they are."""

    def __init__(self, taps: NDArray[np.complex64], delay: int) -> None:
        self.step, self.n_taps, self.delay = 1 << 62, len(taps), delay
        self._taps = taps[None]

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return the same taps for any grid point, with no change."""
        taps = np.repeat(self._taps, count, axis=0)
        return taps, np.zeros_like(taps)


class BlockTaps:
    """One tap that is drawn anew at each grid point and held.

    Parameters
    ----------
    step : int, samples
        Length of a block.
    seed : int
        0 or more.
    k_factor : float
        Power of a line of sight, whose phase stays, over that of the rest, which
        is drawn as CN(0, 1); together they have unit power.
    """

    n_taps, delay = 1, 0

    def __init__(self, step: int, seed: int, k_factor: float = 0.0) -> None:
        self.step = step
        self._rng = np.random.default_rng(seed)
        angle = 2 * np.pi * np.random.default_rng([seed, 6]).random()
        self._line = math.sqrt(k_factor / (1 + k_factor)) * np.exp(1j * angle)
        self._rest_rms = math.sqrt(1 / (1 + k_factor))
        self._next = 0
        self._last = np.zeros(1, np.complex64)

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return the gains of ``count`` blocks, with no change inside them."""
        n_new = first + count - self._next
        parts = self._rng.normal(scale=np.sqrt(0.5), size=(max(n_new, 0), 2))
        new = self._line + self._rest_rms * parts.view(np.complex128)[:, 0]
        known = np.concatenate([self._last, new.astype(np.complex64)])
        self._next, self._last = max(first + count, self._next), known[-1:]
        taps = known[-count:, None]
        return taps, np.zeros_like(taps)


class MovingTaps:
    """The taps of paths whose gains change.

    Parameters
    ----------
    hops : iterator of [HOP, n_paths], complex64
        The paths' gains at the grid points, hop after hop, for ever.
    delays : [n_paths], float64, samples
        The paths' delays.
    step : int, samples
        Distance of two grid points.
    """

    def __init__(
        self, hops: Iterator[NDArray[np.complex64]], delays: NDArray[np.float64], step: int
    ) -> None:
        self.step = step
        self._hops, self._kernel = hops, _kernel(delays)
        self.n_taps, self.delay = self._kernel.shape[1], _HALF
        self._first = 0
        self._taps = np.zeros((0, self.n_taps), np.complex64)

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return taps at ``count`` grid points and their change to the next."""
        while first + count >= self._first + len(self._taps):
            gone = min(max(first - self._first, 0), len(self._taps))
            # Whole hops only: a product's last bits may depend on how many rows it has.
            new = next(self._hops) @ self._kernel
            self._taps = np.concatenate([self._taps[gone:], new])
            self._first += gone
        begin = first - self._first
        taps = self._taps[begin : begin + count + 1]
        return taps[:-1], np.diff(taps, axis=0)


def tap_process(profile: ChannelProfile, sample_rate: float, seed: int) -> TapProcess | None:
    """Return the taps of a profile, or None where nothing fades."""
    if profile.model == "none":
        return None
    if profile.model in ("rayleigh", "rician"):
        k_factor = db_to_power(profile.k_db) if profile.model == "rician" else 0.0
        return BlockTaps(max(1, round(profile.block_s * sample_rate)), seed, k_factor)
    family, letter = profile.model.upper().split("-")
    about = (letter, profile.delay_spread_s, profile.carrier_hz, profile.speed_mps)
    doppler = doppler_hz(profile.speed_mps, profile.carrier_hz)
    step = grid_step(doppler, sample_rate)
    if family == "CDL":
        rays = cdl_rays(CdlConfig(*about), seed)
        hops = cdl_paths(rays, step / sample_rate)
        return MovingTaps(hops, rays.delays_s * sample_rate, step)
    config = TdlConfig(*about)
    gains, delays_s = tdl_taps(config, 1, 1.0, seed)
    if doppler == 0.0:
        return HeldTaps(gains[:, 0] @ _kernel(delays_s * sample_rate), _HALF)
    hops = tdl_paths(config, step / sample_rate, seed)
    return MovingTaps(hops, delays_s * sample_rate, step)


def _kernel(delays: NDArray[np.float64]) -> NDArray[np.complex64]:
    """Return each path's windowed sinc, [n_paths, n_taps], for delays in samples."""
    n_taps = 2 * _HALF + 1 + int(np.ceil(delays.max()))
    if n_taps > _MAX_TAPS:
        raise ConfigError(
            f"the longest path is {delays.max():.0f} samples late; at most {_MAX_TAPS} taps fit: "
            "lower delay_spread_s or the sample rate"
        )
    offset = np.arange(n_taps) - _HALF - delays[:, None]
    inside = np.clip(1.0 - (offset / (_HALF + 1)) ** 2, 0.0, None)
    window = np.where(inside > 0, np.i0(_KAISER_BETA * np.sqrt(inside)), 0) / np.i0(_KAISER_BETA)
    return np.asarray(np.sinc(offset) * window, dtype=np.complex64)
