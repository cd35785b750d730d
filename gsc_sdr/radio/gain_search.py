# SPDX-License-Identifier: MIT
"""The search for the two gains of a link, apart from the radios that it asks.

Too little gain drowns the signal in the receiver's noise, too much clips it in
the amplifier or in the receiver's converter; between them the error is flat.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gsc_sdr.errors import GscError

__all__ = ["GainReading", "search_gains"]

Measure = Callable[[float, float], "GainReading"]

_MOST_CLIPPED = 1e-4  # of samples: less is not seen in the error
_COARSE_DB = 12.0
_FINE_DB = (6.0, 3.0, 1.5, 0.75)
_FLAT_DB = 0.3  # errors that differ by less are the same: then the lower gain is better


@dataclass(frozen=True)
class GainReading:
    """What the receiver saw at one pair of gains.

    Attributes
    ----------
    tx_gain_db, rx_gain_db : float, dB
        The gains.
    evm_db : float, dB
        Error of the received symbols over their power; ``inf`` if no frame was read.
    clipped : float
        Share of the received samples at full scale.
    """

    tx_gain_db: float
    rx_gain_db: float
    evm_db: float
    clipped: float

    @property
    def is_clipped(self) -> bool:
        """Whether the receiver's converter clips."""
        return self.clipped > _MOST_CLIPPED

    @property
    def is_usable(self) -> bool:
        """Whether frames came, without clipping."""
        return math.isfinite(self.evm_db) and not self.is_clipped


def search_gains(
    measure: Measure, tx_range_db: tuple[float, float], rx_range_db: tuple[float, float]
) -> tuple[GainReading, list[GainReading]]:
    """Find the gains of the least error without clipping.

    First a coarse grid, from below and no further than to where the receiver
    clips; then steps around the best, halved until they are below 1 dB. Of
    readings whose errors are the same, the lowest transmit gain wins.

    Parameters
    ----------
    measure : (tx_gain_db, rx_gain_db) -> GainReading
        Asks the radios.
    tx_range_db, rx_range_db : (float, float), dB
        Lowest and highest.

    Returns
    -------
    best : GainReading
        The one to use.
    readings : list of GainReading
        All of them, in the order in which they were taken.

    Raises
    ------
    GscError
        If no reading is usable; says whether all was silence or all clipped.
    """
    taken: dict[tuple[float, float], GainReading] = {}

    def read(tx: float, rx: float) -> GainReading:
        tx = round(min(max(tx, tx_range_db[0]), tx_range_db[1]), 2)
        rx = round(min(max(rx, rx_range_db[0]), rx_range_db[1]), 2)
        if (tx, rx) not in taken:
            taken[tx, rx] = measure(tx, rx)
        return taken[tx, rx]

    for tx in _grid(tx_range_db):
        for rx in _grid(rx_range_db):
            if read(tx, rx).is_clipped:
                break  # more gain clips more
    best = _least(list(taken.values()))
    for step in _FINE_DB:
        best = _descend(read, best, step)
    readings = list(taken.values())
    flat = [r for r in readings if r.is_usable and r.evm_db <= best.evm_db + _FLAT_DB]
    return min(flat, key=lambda r: (r.tx_gain_db, r.rx_gain_db)), readings


def _descend(read: Measure, best: GainReading, step: float) -> GainReading:
    """Walk in steps of ``step`` dB while the error falls; the level at the receiver may stay."""
    ways = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)]
    while True:
        tx, rx = best.tx_gain_db, best.rx_gain_db
        around = _least([best, *(read(tx + a * step, rx + b * step) for a, b in ways)])
        if around is best:
            return best
        best = around


def _least(readings: list[GainReading]) -> GainReading:
    """Return the usable reading of the least error."""
    usable = [reading for reading in readings if reading.is_usable]
    if usable:
        return min(usable, key=lambda reading: reading.evm_db)
    if any(reading.is_clipped for reading in readings):
        raise GscError(
            "the receiver clips at every gain at which frames arrive: put in more attenuation, "
            "or lower gain_range_db"
        )
    raise GscError(
        "no frame arrived at any gain: look at the cable, the antenna ports and the frequency; "
        "hardware/README.md has a list"
    )


def _grid(limits: tuple[float, float]) -> list[float]:
    """Return gains from lowest to highest, about 12 dB apart."""
    low, high = limits
    n = max(1, math.ceil((high - low) / _COARSE_DB))
    return [low + (high - low) * i / n for i in range(n + 1)]
