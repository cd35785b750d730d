# SPDX-License-Identifier: MIT
"""Curves that others published, drawn beside ours where they were taken the same way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from gsc_sdr.plots.rows import Row

__all__ = ["Published", "published_curves", "published_for"]

_KODAK = re.compile(r"(.*/)?kodim\d\d\.\w+")


@dataclass(frozen=True)
class Published:
    """One curve, or one table, of one system.

    Attributes
    ----------
    name, measure, channel : str
        The system; a key of rows; the channel as our profiles name it, where it is
        one of them.
    points : tuple of (float, float, float)
        CBR, SNR in dB, and the figure.
    exact : bool
        Whether the figures were printed; else they are read off a plot.
    source : str
        Where they stand.
    """

    name: str
    measure: str
    channel: str
    points: tuple[tuple[float, float, float], ...]
    exact: bool
    source: str


@cache
def published_curves() -> tuple[Published, ...]:
    """Return every curve of ``data/published.json``, MS-SSIM as a share and not in dB.

    Examples
    --------
    >>> {curve.name for curve in published_curves()} >= {"SwinJSCC", "WITT", "BPG+LDPC"}
    True
    """
    text = (files("gsc_sdr") / "data" / "published.json").read_text(encoding="utf-8")
    return tuple(_curve(entry) for entry in json.loads(text)["curves"])


def published_for(rows: Sequence[Row], measure: str) -> Iterator[Published]:
    """Yield the curves that rows may be compared with: same pictures, size, channel.

    All are of the Kodak pictures at full size, so that rows of crops, or of any
    other picture, have none.
    """
    same = rows and all(
        row.get("size") == "full" and _KODAK.fullmatch(row["image"]) for row in rows
    )
    channels = {row["channel"] for row in rows}
    for curve in published_curves():
        if same and curve.measure == measure and channels == {curve.channel}:
            yield curve


def _curve(entry: dict[str, Any]) -> Published:
    """Return the curve that an entry of the file describes."""
    name, points = entry["measure"], entry["points"]
    if name == "ms_ssim_db":
        name = "ms_ssim"
        points = [(cbr, snr_db, 1 - 10 ** (-figure / 10)) for cbr, snr_db, figure in points]
    placed = tuple((float(Fraction(cbr)), float(snr), float(figure)) for cbr, snr, figure in points)
    return Published(entry["name"], name, entry["channel"], placed, entry["exact"], entry["source"])
