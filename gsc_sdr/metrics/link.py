# SPDX-License-Identifier: MIT
"""How good a link is: SNR of the symbols that arrived, and the energy that they took."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.units import db_to_power, power_to_db

__all__ = ["energy_j", "snr_post_db"]


def snr_post_db(
    received: NDArray[np.complexfloating[Any, Any]], sent: NDArray[np.complexfloating[Any, Any]]
) -> float:
    r"""Return the true SNR of equalised symbols, Es/N0, known from what was sent.

    .. math::
        \frac{|a|^2 \sum |s|^2}{\sum |r - a s|^2}, \quad
        a = \frac{\sum s^* r}{\sum |s|^2}

    One complex gain over all symbols is no noise; everything else is: noise of
    the channel, of its estimate, interference, and whatever the front end did.

    Parameters
    ----------
    received, sent : the same shape, complex
        Equalised symbols and the truth.

    Returns
    -------
    snr_db : float, dB
        ``inf`` where nothing but the gain differs, ``-inf`` where nothing is alike.

    Raises
    ------
    ShapeError
        If the shapes differ, or there is nothing to compare.
    """
    if received.shape != sent.shape or sent.size == 0:
        raise ShapeError(
            f"received is {received.shape} and sent {sent.shape}; pass the same shape, not empty"
        )
    r, s = received.astype(np.complex128).ravel(), sent.astype(np.complex128).ravel()
    energy = float(np.vdot(s, s).real)
    gain = complex(np.vdot(s, r)) / energy if energy else 0j
    noise = float((np.abs(r - gain * s) ** 2).sum())
    return power_to_db(abs(gain) ** 2 * energy / noise) if noise else math.inf


def energy_j(tx_power_dbm: float, air_time_s: float) -> float:
    """Return the energy that a transmission radiates: its mean power times its air time.

    What an amplifier wastes and a processor burns is not in it.

    >>> energy_j(20.0, 0.5)
    0.05
    """
    return db_to_power(tx_power_dbm) / 1000 * air_time_s
