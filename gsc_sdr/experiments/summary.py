# SPDX-License-Identifier: MIT
"""Rows of a sweep reduced to means over pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["summarise_points"]

_POINT = ("codec", "size", "channel", "rate", "snr_db")

Row = dict[str, Any]


def summarise_points(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Reduce rows to one a codec, size, channel, rate and SNR.

    Parameters
    ----------
    rows : sequence of dict
        Of any sweeps.
    names : sequence of str
        The figures to average; over the pictures that have them, else None.

    Returns
    -------
    points : list of dict
        In the order in which the points come first; ``n_images`` counts the pictures
        and ``failed`` those of them that the codec could not show.
    """
    points: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        points.setdefault(tuple(row[name] for name in _POINT), []).append(row)
    return [
        dict(zip(_POINT, point, strict=True))
        | {"n_images": len(group), "failed": sum(bool(row.get("failed")) for row in group)}
        | {name: _mean([row.get(name) for row in group]) for name in names}
        for point, group in points.items()
    ]


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are there; None where none is."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
