# SPDX-License-Identifier: MIT
"""Clustered delay lines of TR 38.901 as rays, from Sionna's model.

Between two single vertical antennas that hear all round, a ray is a gain, a
Doppler shift and a delay. As rays, the channel can be asked for any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError
from gsc_sdr.units import doppler_hz

__all__ = ["CDL_MODELS", "CdlConfig", "CdlRays", "cdl_rays"]

CDL_MODELS = ("A", "B", "C", "D", "E")


@dataclass(frozen=True)
class CdlConfig:
    """One clustered delay line between single antennas.

    Attributes
    ----------
    model : str
        A letter of ``CDL_MODELS``; D and E have a line of sight.
    delay_spread_s : float, seconds
        RMS delay spread, by which the table's delays are scaled.
    carrier_hz : float, hertz
        Carrier frequency; with the speed it sets the Doppler shifts.
    speed_mps : float, metres per second
        Speed of the receiver, which travels level.
    """

    model: str
    delay_spread_s: float
    carrier_hz: float
    speed_mps: float

    def __post_init__(self) -> None:
        if self.model not in CDL_MODELS:
            known = ", ".join(CDL_MODELS)
            raise ConfigError(f"CDL model is {self.model!r}; choose one of: {known}")


@dataclass(frozen=True)
class CdlRays:
    r"""Rays: path p has the gain :math:`\sum_{r \in p} a_r e^{2 \pi j f_r t}`.

    Attributes
    ----------
    gains : [n_rays], complex128
        Each at time 0; their powers add up to 1.
    doppler_hz : [n_rays], float64, hertz
        Doppler shifts.
    path : [n_rays], int64
        Which path, that is, cluster, a ray belongs to; ascending.
    delays_s : [n_paths], float64, seconds
        Delays, ascending from 0.
    """

    gains: NDArray[np.complex128]
    doppler_hz: NDArray[np.float64]
    path: NDArray[np.int64]
    delays_s: NDArray[np.float64]


def cdl_rays(config: CdlConfig, seed: int) -> CdlRays:
    """Draw the rays of a clustered delay line.

    Drawn are the direction of travel, how the rays' angles are coupled and their
    phases; the clusters' angles and powers are the standard's.

    Parameters
    ----------
    config : CdlConfig
        The delay line.
    seed : int
        0 to 2**63 - 1.

    References
    ----------
    3GPP TR 38.901, clause 7.7.1 and tables 7.7.1-1 to 7.7.1-5.
    """
    rng = np.random.default_rng([seed, 7])
    heading = 2 * np.pi * rng.random()
    fastest = doppler_hz(config.speed_mps, config.carrier_hz)
    model = _seeded_model(config, seed)
    powers, azimuth, zenith, delays_s = model.rays()
    path = np.repeat(np.arange(len(delays_s)), azimuth.shape[1])
    power = np.repeat(powers / azimuth.shape[1], azimuth.shape[1])
    azimuth, zenith = azimuth.ravel(), zenith.ravel()
    if model.k_factor:  # a last ray: the line of sight, on the first path
        power = np.append(power / (1 + model.k_factor), model.k_factor / (1 + model.k_factor))
        azimuth, zenith = np.append(azimuth, model.los[0]), np.append(zenith, model.los[1])
        path = np.append(path, 0)
    order = np.argsort(delays_s, kind="stable")
    place = np.argsort(order)[path]  # of each ray's path among the delays in order
    sort = np.argsort(place, kind="stable")
    gains = np.sqrt(power) * np.exp(2j * np.pi * rng.random(len(power)))
    shifts = fastest * np.sin(zenith) * np.cos(azimuth - heading)
    return CdlRays(gains[sort], shifts[sort], place[sort], delays_s[order])


def _seeded_model(config: CdlConfig, seed: int) -> Any:
    """Return Sionna's model with a generator of its own, which tells its rays."""
    import torch
    from sionna.phy.channel.tr38901 import CDL, Antenna

    generator = torch.Generator(device="cpu").manual_seed(seed)

    class Seeded(CDL):  # type: ignore[misc]
        """Sionna's model; its rays and line of sight as arrays of numpy."""

        torch_rng = property(lambda _: generator)

        @property
        def k_factor(self) -> float:
            return float(self._k_factor)

        @property
        def los(self) -> tuple[float, float]:
            return float(self._los_aoa), float(self._los_zoa)

        def rays(self) -> tuple[NDArray[np.float64], ...]:
            """Return powers [n_paths], arrival angles [n_paths, n] twice, delays [n_paths]."""
            rays = self._create_rays(1)
            drawn = (rays.powers, rays.aoa, rays.zoa, rays.delays)
            return tuple(values[0, 0, 0].numpy().astype(np.float64) for values in drawn)

    antenna = Antenna("single", "V", "omni", config.carrier_hz, precision="single", device="cpu")
    return Seeded(
        model=config.model,
        delay_spread=config.delay_spread_s,
        carrier_frequency=config.carrier_hz,
        ut_array=antenna,
        bs_array=antenna,
        precision="single",
        device="cpu",
    )
