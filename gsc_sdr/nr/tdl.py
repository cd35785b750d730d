# SPDX-License-Identifier: MIT
"""Tapped delay lines of TR 38.901 on arrays, from Sionna's model.

Sionna draws from one generator for the whole process; here each call has its
own, so that a seed means the same channel wherever it is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError
from gsc_sdr.units import doppler_hz

__all__ = ["TDL_MODELS", "Specular", "TdlConfig", "tdl_diffuse", "tdl_specular", "tdl_taps"]

TDL_MODELS = ("A", "B", "C", "D", "E")
_LOS_COSINE = 0.7  # of the line of sight to the direction of travel: TR 38.901, 7.7.2


@dataclass(frozen=True)
class TdlConfig:
    """One tapped delay line.

    Attributes
    ----------
    model : str
        A letter of ``TDL_MODELS``; D and E have a line of sight.
    delay_spread_s : float, seconds
        RMS delay spread, by which the table's delays are scaled.
    carrier_hz : float, hertz
        Carrier frequency; with the speed it sets the Doppler shift.
    speed_mps : float, metres per second
        Speed of the receiver.
    """

    model: str
    delay_spread_s: float
    carrier_hz: float
    speed_mps: float

    def __post_init__(self) -> None:
        if self.model not in TDL_MODELS:
            known = ", ".join(TDL_MODELS)
            raise ConfigError(f"TDL model is {self.model!r}; choose one of: {known}")


@dataclass(frozen=True)
class Specular:
    """The line of sight, which arrives on the first path.

    Attributes
    ----------
    power : float
        Its share of the mean power of all paths; 0 where there is none.
    doppler_hz : float, hertz
        Its Doppler shift, 0.7 of the largest.
    """

    power: float
    doppler_hz: float


def tdl_taps(
    config: TdlConfig, n_steps: int, step_s: float, seed: int
) -> tuple[NDArray[np.complex64], NDArray[np.float64]]:
    """Draw the gain of each path over a stretch of time.

    Every path is a sum of sinusoids with the Doppler spectrum of Clarke's
    model, autocorrelation ``J0(2 pi f_d t)``; another seed is another draw of
    angles and phases.

    Parameters
    ----------
    config : TdlConfig
        The delay line.
    n_steps : int
        Points in time, 1 or more.
    step_s : float, seconds
        Time between two points.
    seed : int
        0 to 2**64 - 1.

    Returns
    -------
    gains : [n_paths, n_steps], complex64
        Linear amplitude; the paths' mean powers add up to 1.
    delays_s : [n_paths], float64, seconds
        Delays, ascending from 0.

    References
    ----------
    3GPP TR 38.901, tables 7.7.2-1 to 7.7.2-5.
    """
    return _in_order(_seeded_model(config, seed)(1, n_steps, 1.0 / step_s))


def tdl_diffuse(
    config: TdlConfig, n_steps: int, step_s: float, seed: int
) -> tuple[NDArray[np.complex64], NDArray[np.float64]]:
    """Draw as :func:`tdl_taps` does, without the line of sight.

    For one who joins several draws: of :func:`tdl_specular` there must be one alone.
    """
    model = _seeded_model(config, seed)
    model._los = False  # noqa: SLF001 -- leaves it out of the sum; the powers stay
    return _in_order(model(1, n_steps, 1.0 / step_s))


def tdl_specular(config: TdlConfig) -> Specular:
    """Return the line of sight of a delay line."""
    model = _seeded_model(config, 0)
    power = float(model.mean_power_los) if model.los else 0.0
    return Specular(power, _LOS_COSINE * doppler_hz(config.speed_mps, config.carrier_hz))


def _in_order(drawn: Any) -> tuple[NDArray[np.complex64], NDArray[np.float64]]:
    gains, delays = drawn
    delays_s = delays[0, 0, 0].numpy().astype(np.float64)
    order = np.argsort(delays_s, kind="stable")  # table C is not in order of delay
    # one link of one antenna at each end: five leading dimensions of 1
    return gains[0, 0, 0, 0, 0].numpy()[order], delays_s[order]


def _seeded_model(config: TdlConfig, seed: int) -> Any:
    """Return Sionna's model with a generator of its own."""
    import torch
    from sionna.phy.channel.tr38901 import TDL

    generator = torch.Generator(device="cpu").manual_seed(seed)
    seeded = type("SeededTdl", (TDL,), {"torch_rng": property(lambda _: generator)})
    return seeded(
        model=config.model,
        delay_spread=config.delay_spread_s,
        carrier_frequency=config.carrier_hz,
        los_angle_of_arrival=math.acos(_LOS_COSINE),
        min_speed=config.speed_mps,
        precision="single",
        device="cpu",
    )
