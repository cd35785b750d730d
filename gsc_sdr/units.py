# SPDX-License-Identifier: MIT
"""Decibels, powers and Doppler: each conversion in one place.

Everything is power: 10 dB is a factor of 10, never an amplitude.
"""

from __future__ import annotations

import math

from gsc_sdr.errors import ConfigError

__all__ = ["SPEED_OF_LIGHT_MPS", "db_to_power", "doppler_hz", "noise_var", "power_to_db"]

SPEED_OF_LIGHT_MPS = 299_792_458.0


def db_to_power(value_db: float) -> float:
    """Return the power ratio of ``value_db``.

    >>> db_to_power(20.0)
    100.0
    """
    return float(10.0 ** (value_db / 10.0))


def power_to_db(power: float) -> float:
    """Return a power ratio in dB; 0 gives ``-inf``.

    Raises
    ------
    ConfigError
        If ``power`` is negative or not a number.

    Examples
    --------
    >>> power_to_db(0.001)
    -30.0
    """
    if not power >= 0.0:
        raise ConfigError(f"power is {power}; decibels need a power of 0 or more")
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf


def noise_var(snr_db: float | None) -> float:
    r"""Return the noise variance per complex sample at unit symbol energy.

    :math:`N_0 = 10^{-\mathrm{snr\_db}/10}`, the total of both dimensions.

    Parameters
    ----------
    snr_db : float, dB
        Es/N0 of one complex symbol; None means no noise.

    Raises
    ------
    ConfigError
        If ``snr_db`` is not a number between -100 and 200.
    """
    if snr_db is None:
        return 0.0
    if not -100.0 <= snr_db <= 200.0:
        raise ConfigError(f"snr_db is {snr_db}; give -100 to 200, or none for no noise")
    return db_to_power(-snr_db)


def doppler_hz(speed_mps: float, carrier_hz: float) -> float:
    """Return the largest Doppler shift of a receiver moving at ``speed_mps``.

    >>> round(doppler_hz(3.0, 2.4e9), 1)
    24.0
    """
    return speed_mps * carrier_hz / SPEED_OF_LIGHT_MPS
