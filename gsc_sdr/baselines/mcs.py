# SPDX-License-Identifier: MIT
"""Modulation and coding schemes, and which of them a known mean SNR allows.

The set is in the manner of TS 38.214, table 5.1.3.1-2, with round code rates, and BPSK
below it. What each needs was measured through the whole link, frames, synchronisation,
channel estimate and equaliser included: ``gsc-sdr bench mcs``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gsc_sdr.errors import ConfigError

__all__ = ["MCS", "Mcs", "choose_mcs", "mcs_by_index", "threshold_db"]

_MODULATIONS = {"bpsk": 1, "qpsk": 2, "16qam": 4, "64qam": 6, "256qam": 8}
_RATES = {
    "bpsk": "1/5 1/4 1/3",
    "qpsk": "1/5 1/4 1/3 2/5 1/2 3/5 2/3 3/4",
    "16qam": "1/3 2/5 1/2 3/5 2/3 3/4 5/6",
    "64qam": "2/5 1/2 3/5 2/3 3/4 5/6",
    "256qam": "1/2 3/5 2/3 3/4 5/6 8/9",
}
_WITHOUT_FADING = ("awgn", "ideal", "usrp", "harsh")
_FADING = "tdl-c"  # stands for every fading channel that was not measured


@dataclass(frozen=True)
class Mcs:
    """One modulation with one code rate.

    Attributes
    ----------
    index : int
        0 to 63: what the frame header carries as the codec's level.
    bits_per_symbol : int
        1, 2, 4, 6 or 8.
    code_rate : float
        Information bits, checksums among them, over code bits.
    name : str
        For people: ``"16qam-1/2"``.
    """

    index: int
    bits_per_symbol: int
    code_rate: float
    name: str

    @property
    def efficiency(self) -> float:
        """Information bits of a symbol."""
        return self.bits_per_symbol * self.code_rate


MCS = tuple(
    Mcs(index, _MODULATIONS[modulation], float(Fraction(rate)), f"{modulation}-{rate}")
    for index, (modulation, rate) in enumerate(
        (modulation, rate) for modulation, rates in _RATES.items() for rate in rates.split()
    )
)


def mcs_by_index(index: int) -> Mcs:
    """Return the scheme that a header names; ConfigError says how many there are.

    >>> mcs_by_index(0).name
    'bpsk-1/5'
    """
    if 0 <= index < len(MCS):
        return MCS[index]
    raise ConfigError(f"MCS index is {index}; known ones are 0 to {len(MCS) - 1}")


def choose_mcs(snr_db: float, channel: str, n_symbols: int) -> Mcs | None:
    """Return the scheme of most information bits that the mean SNR allows.

    Allowed is a scheme whose measured threshold (:func:`threshold_db`) is not above
    ``snr_db``; of two with as many bits it is the one with the lower threshold.

    Parameters
    ----------
    snr_db : float, dB
        Mean Es/N0 of an active subcarrier, which the transmitter is told.
    channel : str
        Name of the channel profile. Those that were not measured are taken for one
        that was: ``ideal``, ``usrp`` and ``harsh``, which do not fade, for ``awgn``;
        all others for ``tdl-c``.
    n_symbols : int
        Symbols of the picture. The thresholds are those of the largest measured
        picture that is not larger, or of the smallest: shorter codes need more.

    Returns
    -------
    Mcs or None
        None where even the most robust scheme needs more.
    """
    measured = {mcs.name: threshold_db(mcs, channel, n_symbols) for mcs in MCS}
    allowed = [(mcs, at) for mcs in MCS if (at := measured[mcs.name]) is not None and at <= snr_db]
    if not allowed:
        return None
    return max(allowed, key=lambda pair: (pair[0].efficiency, -pair[1]))[0]


def threshold_db(mcs: Mcs, channel: str, n_symbols: int) -> float | None:
    """Return the lowest mean SNR in dB at which at most 1 % of code blocks failed.

    Parameters
    ----------
    mcs : Mcs
        The scheme.
    channel : str
        As for :func:`choose_mcs`.
    n_symbols : int
        As for :func:`choose_mcs`.

    Returns
    -------
    float or None
        None where no SNR that was tried was enough.
    """
    by_size = _table()[_stand_in(channel)]
    size = max((n for n in by_size if n <= n_symbols), default=min(by_size))
    return by_size[size].get(mcs.name)


def _stand_in(channel: str) -> str:
    """Return the measured channel that a channel is taken for."""
    if channel in _table():
        return channel
    return "awgn" if channel in _WITHOUT_FADING else _FADING


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[int, dict[str, float | None]]]:
    """Return the measured thresholds by channel, symbols of a picture, and scheme."""
    text = files("gsc_sdr").joinpath("data", "mcs.json").read_text(encoding="utf-8")
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    table: dict[str, dict[int, dict[str, float | None]]] = {}
    for cell in cells:
        found = {row["mcs"]: row["threshold_db"] for row in cell["rows"]}
        table.setdefault(cell["channel"], {})[cell["n_symbols"]] = found
    return table
