# SPDX-License-Identifier: MIT
"""The gains of a channel's paths on a grid in time, hop after hop, for ever.

A delay line is drawn anew for each hop and the draws are joined; a line of sight,
and the rays of a clustered delay line, turn evenly and are never drawn again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.oscillator import phase_step, unit_circle
from gsc_sdr.errors import ConfigError
from gsc_sdr.jit import kernel
from gsc_sdr.nr.cdl import CdlRays
from gsc_sdr.nr.tdl import TdlConfig, tdl_diffuse, tdl_specular

__all__ = ["HOP", "cdl_paths", "grid_step", "tdl_paths"]

HOP = 1024  # grid points between two draws
_OVERLAP = 256  # grid points over which one draw fades into the next
_POINTS_PER_DOPPLER = 32  # a straight line then misses a sinusoid by -46 dB at most
_MAX_STEP = 1 << 40


def grid_step(doppler_hz: float, sample_rate: float) -> int:
    """Return how many samples apart grid points may lie.

    Raises
    ------
    ConfigError
        If the channel changes too fast for the sample rate.
    """
    step = int(min(sample_rate / max(_POINTS_PER_DOPPLER * doppler_hz, 1e-12), _MAX_STEP))
    if step < 1:
        raise ConfigError(
            f"a Doppler shift of {doppler_hz:g} Hz is too fast for {sample_rate:g} samples/s: "
            "lower speed_mps or carrier_hz, or raise the sample rate"
        )
    return step


def tdl_paths(config: TdlConfig, step_s: float, seed: int) -> Iterator[NDArray[np.complex64]]:
    """Yield the gains of a tapped delay line, [HOP, n_paths] at a time.

    Stretches of independent draws are joined with cos and sin weights, which
    keep the mean power of every path; the line of sight is one for all.

    Parameters
    ----------
    config : TdlConfig
        The delay line, with a speed above 0.
    step_s : float, seconds
        Time between two grid points.
    seed : int
        0 or more.
    """
    line = _line_of_sight(config, step_s, seed)
    place = (np.arange(_OVERLAP) + 0.5) / _OVERLAP
    angle = (np.pi / 2 * np.sin(np.pi / 2 * place) ** 2).astype(np.float32)  # sets out gently
    tail, number = np.zeros((0, 0), np.complex64), 0
    while True:
        words = np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)
        gains, _ = tdl_diffuse(config, HOP + _OVERLAP, step_s, int(words[0]))
        if number:
            gains[:, :_OVERLAP] = np.cos(angle) * tail + np.sin(angle) * gains[:, :_OVERLAP]
        hop, tail, number = np.ascontiguousarray(gains[:, :HOP].T), gains[:, HOP:], number + 1
        hop[:, :1] += next(line)
        yield hop


def cdl_paths(rays: CdlRays, step_s: float) -> Iterator[NDArray[np.complex64]]:
    """Yield the gains of a clustered delay line, [HOP, n_paths] at a time.

    Parameters
    ----------
    rays : CdlRays
        The rays, each of which turns evenly.
    step_s : float, seconds
        Time between two grid points.
    """
    steps = np.array([phase_step(shift * step_s) for shift in rays.doppler_hz], np.uint64)
    phases = np.array([phase_step(turn / (2 * np.pi)) for turn in np.angle(rays.gains)], np.uint64)
    amplitudes = np.abs(rays.gains)
    while True:
        hop = np.zeros((HOP, len(rays.delays_s)), np.complex128)
        _add_rays(hop, amplitudes, rays.path, (phases, steps))
        phases = phases + steps * np.uint64(HOP)
        yield hop.astype(np.complex64)


def _line_of_sight(config: TdlConfig, step_s: float, seed: int) -> Iterator[NDArray[np.complex64]]:
    """Yield the line of sight of a tapped delay line as paths of one ray, [HOP, 1]."""
    specular = tdl_specular(config)
    angle = 2 * np.pi * np.random.default_rng([seed, 6]).random()
    gain = math.sqrt(specular.power) * np.exp(1j * np.array([angle]))
    shift, first = np.array([specular.doppler_hz]), np.zeros(1, np.int64)
    return cdl_paths(CdlRays(gain, shift, first, np.zeros(1)), step_s)


@kernel
def _add_rays(
    hop: NDArray[np.complex128],
    amplitudes: NDArray[np.float64],
    path: NDArray[np.int64],
    turning: tuple[NDArray[np.uint64], NDArray[np.uint64]],
) -> None:
    """Add every ray to its path, at each grid point."""
    phases, steps = turning
    for point in range(len(hop)):
        for ray in range(len(amplitudes)):
            phase = phases[ray] + np.uint64(point) * steps[ray]
            hop[point, path[ray]] += amplitudes[ray] * unit_circle(phase)
