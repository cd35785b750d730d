# SPDX-License-Identifier: MIT
"""Means over pictures, with the interval that holds the true one in 95 of 100 cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.rows import Row, found, split

__all__ = ["Point", "curve", "per_image", "student", "with_figures"]

_LEVEL = 0.95


@dataclass(frozen=True)
class Point:
    """One point of a curve.

    Attributes
    ----------
    x : float
        Where it stands.
    mean, low, high : float
        Mean over pictures, and its 95 % confidence interval; all three are equal
        where there is one picture.
    n_images, n_failed : int
        Pictures, and rows among them in which the user sees mid-grey.
    """

    x: float
    mean: float
    low: float
    high: float
    n_images: int
    n_failed: int


def curve(rows: Sequence[Row], name: str, x: str) -> list[Point]:
    """Return the mean of a measure over pictures at each value of a key.

    Rows of one picture (seeds, repeats) are averaged first: they tell less than
    as many pictures would. Rows without a figure are left out.
    """
    points = []
    for at, here in split(rows, x).items():
        figures = per_image(here, name)
        if not figures:
            continue
        mean, half = student(list(figures.values()))
        n_failed = sum(bool(row.get("failed")) for row in here)
        points.append(Point(at, mean, mean - half, mean + half, len(figures), n_failed))
    return points


def per_image(rows: Sequence[Row], name: str) -> dict[str, float]:
    """Return the mean figure of each picture that has one."""
    figures: dict[str, list[float]] = {}
    for row in rows:
        if row.get(name) is not None:
            figures.setdefault(row["image"], []).append(float(row[name]))
    return {image: sum(values) / len(values) for image, values in figures.items()}


def student(values: Sequence[float]) -> tuple[float, float]:
    r"""Return a mean and half the width of its 95 % confidence interval.

    The half-width is :math:`t_{n-1} s / \sqrt{n}`; zero for a single value, which
    says nothing of the spread.

    Examples
    --------
    >>> student([1.0, 3.0])[0]
    2.0
    """
    mean, n = float(np.mean(values)), len(values)
    if n < 2:
        return mean, 0.0
    quantile = float(stdtrit(n - 1, (1 + _LEVEL) / 2))
    return mean, quantile * float(np.std(values, ddof=1)) / n**0.5


def with_figures(rows: Sequence[Row], names: Sequence[str]) -> Mapping[str, list[Row]]:
    """Return by measure the rows that have a figure of it.

    Raises
    ------
    ConfigError
        If no row has one of the measures; it names those that there are.
    """
    parts = {name: [row for row in rows if row.get(name) is not None] for name in names}
    empty = [name for name, kept in parts.items() if not kept]
    if empty:
        raise ConfigError(f"no row has {empty[0]}; there is: {', '.join(_numeric(rows)) or '-'}")
    return parts


def _numeric(rows: Sequence[Row]) -> list[str]:
    """Return the keys that some row has a number for, of those whose figures vary."""
    keys = {key for row in rows for key, value in row.items() if isinstance(value, float)}
    return [key for key in sorted(keys - {"snr_db"}) if len(found(rows, key)) > 1]
