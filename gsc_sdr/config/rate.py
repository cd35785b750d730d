# SPDX-License-Identifier: MIT
"""Transmission rates: complex symbols per source value (CBR), by name.

A picture is coded in cells of 16 x 16 pixels (768 source values). The codec's rates
are nested: the symbols of a lower one are the first of every higher one. It goes up
to 1/48; the rates above are for what is measured beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gsc_sdr.errors import ConfigError

__all__ = ["CELL", "RATES", "Rate", "rate_by_id", "rate_by_name"]

CELL = 16  # pixels along one side of a cell


@dataclass(frozen=True)
class Rate:
    """One transmission rate.

    Attributes
    ----------
    name : str
        Channel uses per source value, as users write it: ``"1/48"``.
    id : int
        What the frame header carries.
    n_channels : int
        Complex symbols per cell.
    """

    name: str
    id: int
    n_channels: int

    def n_symbols(self, width: int, height: int) -> int:
        """Return the complex symbols of a picture of [height, width] pixels.

        >>> rate_by_name("1/48").n_symbols(256, 256)
        4096
        """
        return -(-width // CELL) * -(-height // CELL) * self.n_channels


RATES = tuple(
    Rate(name, index, n_channels)
    for index, (name, n_channels) in enumerate(
        [
            ("1/384", 2),
            ("1/192", 4),
            ("1/96", 8),
            ("1/48", 16),
            ("1/24", 32),
            ("1/16", 48),
            ("1/12", 64),
            ("1/8", 96),
        ]
    )
)


def rate_by_name(name: str) -> Rate:
    """Return the rate called ``name``; ConfigError lists those that exist."""
    for rate in RATES:
        if rate.name == name:
            return rate
    known = ", ".join(rate.name for rate in RATES)
    raise ConfigError(f"rate is {name!r}; choose one of: {known}")


def rate_by_id(rate_id: int) -> Rate:
    """Return the rate that a header names; ConfigError lists the ids."""
    if 0 <= rate_id < len(RATES):
        return RATES[rate_id]
    raise ConfigError(f"rate id is {rate_id}; known ids are 0 to {len(RATES) - 1}")
