# SPDX-License-Identifier: MIT
"""An image codec at Shannon's capacity: what no channel code can beat.

No air and no error: the symbols are taken to carry ``log2(1 + snr)`` bits each, as they
could on AWGN with a code of unbounded length. With the mean SNR of a fading channel it
is an upper bound too, for log is concave (Jensen).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.baselines.pixels import grey
from gsc_sdr.baselines.search import search_best, show_payload
from gsc_sdr.baselines.source import source_codec
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError, MissingError
from gsc_sdr.link.engine import Facts
from gsc_sdr.units import db_to_power

__all__ = ["at_capacity", "capacity_bits"]


def capacity_bits(n_symbols: int, snr_db: float) -> int:
    """Return the bits that complex symbols carry at capacity, rounded down.

    >>> capacity_bits(100, 0.0)
    100
    """
    if not math.isfinite(snr_db):
        raise ConfigError(f"snr_db is {snr_db}; give a finite number of dB")
    return math.floor(n_symbols * math.log2(1 + db_to_power(snr_db)))


def at_capacity(
    image: NDArray[np.uint8], source: str, rate: str, snr_db: float
) -> tuple[NDArray[np.uint8], Facts]:
    """Show the best picture that the bits of capacity hold.

    Parameters
    ----------
    image : [height, width, 3], uint8
        The picture.
    source : str
        Name of an image codec, see :mod:`gsc_sdr.baselines.source`.
    rate : str
        Name of a rate, as the neural codec's.
    snr_db : float, dB
        Mean Es/N0 of a complex symbol.

    Returns
    -------
    shown : [height, width, 3], uint8
        Mid-grey where nothing fits.
    facts : mapping
        As DigitalEngine's, with ``mcs`` "capacity".

    Raises
    ------
    MissingError
        If the codec's library is not installed.
    ConfigError
        If there is no such codec or rate, or the SNR is not finite.
    """
    codec = source_codec(source)
    if codec.missing:
        raise MissingError(codec.missing)
    height, width = image.shape[:2]
    n_bytes = capacity_bits(rate_by_name(rate).n_symbols(width, height), snr_db) // 8
    fit = search_best(image, codec, n_bytes)
    shown = show_payload(fit.payload, codec, (width, height)) if fit else grey(width, height)
    return shown, {
        "mcs": "capacity",
        "n_payload_bytes": n_bytes,
        "bits": 8 * len(fit.payload) if fit else 0,
        "quality": fit.quality if fit else None,
        "scale": fit.scale if fit else None,
        "why": None if fit else f"budget of {n_bytes} bytes is too small for {codec.name}",
        "failed": fit is None,
        "partial": False,
        "blocks": 0,
        "blocks_failed": 0,
    }
