# SPDX-License-Identifier: MIT
"""Fading as filter taps on a grid in time.

A process answers which taps hold at grid points that lie ``step`` samples
apart; between two points the taps run in a straight line. Drawing depends on
the grid index alone, never on how a stream is cut.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.errors import ConfigError
from gsc_sdr.nr.tdl import TdlConfig, tdl_taps
from gsc_sdr.units import doppler_hz

__all__ = ["BlockTaps", "HeldTaps", "MovingTaps", "TapProcess", "tap_process"]

_POINTS_PER_DOPPLER = 32  # a straight line then misses a sinusoid by -46 dB at most
_HOP, _OVERLAP = 1024, 128  # grid points between two draws of a TDL, and of their crossfade
_MIN_STEP = 8
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
    """One tap that is drawn anew, CN(0, 1), at each grid point and held.

    Parameters
    ----------
    step : int, samples
        Length of a block.
    seed : int
        0 or more.
    """

    n_taps, delay = 1, 0

    def __init__(self, step: int, seed: int) -> None:
        self.step = step
        self._rng = np.random.default_rng(seed)
        self._next = 0
        self._last = np.zeros(1, np.complex64)

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return the gains of ``count`` blocks, with no change inside them."""
        n_new = first + count - self._next
        parts = self._rng.normal(scale=np.sqrt(0.5), size=(max(n_new, 0), 2))
        known = np.concatenate([self._last, (parts @ np.array([1, 1j])).astype(np.complex64)])
        self._next, self._last = max(first + count, self._next), known[-1:]
        taps = known[-count:, None]
        return taps, np.zeros_like(taps)


class MovingTaps:
    """The taps of a TDL whose paths turn with the Doppler shift.

    Stretches of independent draws are joined with cos and sin weights, which
    keep the mean power of every path.

    Parameters
    ----------
    config : TdlConfig
        The delay line, with a speed above 0.
    sample_rate : float, samples per second
        Rate of the stream.
    seed : int
        0 or more.
    """

    def __init__(self, config: TdlConfig, sample_rate: float, seed: int) -> None:
        doppler = doppler_hz(config.speed_mps, config.carrier_hz)
        self.step = int(min(sample_rate / (_POINTS_PER_DOPPLER * doppler), 1 << 40))
        if self.step < _MIN_STEP:
            raise ConfigError(
                f"a Doppler shift of {doppler:g} Hz is too fast for {sample_rate:g} samples/s: "
                "lower speed_mps or carrier_hz, or raise the sample rate"
            )
        self._config, self._step_s, self._seed = config, self.step / sample_rate, seed
        gains, delays_s = self._draw(0)
        self._kernel = _kernel(delays_s * sample_rate)
        self.n_taps, self.delay = self._kernel.shape[1], _HALF
        self._first, self._hops = 0, 1
        self._gains, self._tail = gains[:, :_HOP], gains[:, _HOP:]

    def at(self, first: int, count: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return taps at ``count`` grid points and their change to the next."""
        self._gains = self._gains[:, max(first - self._first, 0) :]
        self._first = max(first, self._first)
        while self._gains.shape[1] <= count:
            self._grow()
        taps = self._gains[:, : count + 1].T @ self._kernel  # [count + 1, n_taps]
        return taps[:-1], np.diff(taps, axis=0)

    def _grow(self) -> None:
        """Join the next draw to the gains that are known."""
        gains, _ = self._draw(self._hops)
        angle = np.arange(_OVERLAP, dtype=np.float32) * np.float32(np.pi / 2 / _OVERLAP)
        gains[:, :_OVERLAP] = np.cos(angle) * self._tail + np.sin(angle) * gains[:, :_OVERLAP]
        self._gains = np.concatenate([self._gains, gains[:, :_HOP]], axis=1)
        self._tail = gains[:, _HOP:]
        self._hops += 1

    def _draw(self, hop: int) -> tuple[NDArray[np.complex64], NDArray[np.float64]]:
        seed = int(np.random.SeedSequence([self._seed, hop]).generate_state(1, np.uint64)[0])
        return tdl_taps(self._config, _HOP + _OVERLAP, self._step_s, seed)


def tap_process(profile: ChannelProfile, sample_rate: float, seed: int) -> TapProcess | None:
    """Return the taps of a profile, or None where nothing fades."""
    if profile.model == "none":
        return None
    if profile.model == "rayleigh":
        return BlockTaps(max(1, round(profile.block_s * sample_rate)), seed)
    letter = profile.model[-1].upper()
    config = TdlConfig(letter, profile.delay_spread_s, profile.carrier_hz, profile.speed_mps)
    if profile.speed_mps > 0.0:
        return MovingTaps(config, sample_rate, seed)
    gains, delays_s = tdl_taps(config, 1, 1.0, seed)
    return HeldTaps(gains[:, 0] @ _kernel(delays_s * sample_rate), _HALF)


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
