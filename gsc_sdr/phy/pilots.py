# SPDX-License-Identifier: MIT
"""Pilot values: a sign for each carrier, turned over by a sequence in time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["pilot_values"]


@lru_cache(maxsize=8)
def pilot_values(config: OfdmConfig) -> NDArray[np.float64]:
    """Return the pilots of a frame's header and payload symbols.

    Symbol n has the signs of carrier p times the n-th member of a sequence of
    period 127, as in IEEE 802.11a (17.3.5.9): no spectral line, and no OFDM
    symbol that looks like the one before.

    Returns
    -------
    values : [n_header + n_payload, n_pilots], float64
        +1 or -1; read-only.
    """
    n_symbols, n_pilots = config.n_header + config.n_payload, len(config.pilot_carriers)
    sequence = 1.0 - 2.0 * scipy.signal.max_len_seq(7)[0]
    signs = np.resize([1.0, 1.0, 1.0, -1.0], n_pilots)
    values: NDArray[np.float64] = np.resize(sequence, n_symbols)[:, None] * signs
    values.flags.writeable = False
    return values
