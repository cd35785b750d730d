# SPDX-License-Identifier: MIT
"""Who wins: the neural link beside the best digital baseline, cell by cell.

A cell is one channel, rate and SNR. In each, for each metric, the neural link meets
the digital codec that is best there by that metric: the choice is the rival's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from gsc_sdr.errors import ConfigError
from gsc_sdr.experiments.summary import summarise_points

__all__ = ["METRICS", "compare_cells", "mean_rows"]

METRICS = {"psnr_db": 1, "ms_ssim": 1, "lpips": -1}  # 1: more is better; -1: less is
_OURS = "gsc"
_DIGITAL = "+ldpc"
_FIGURES = ("psnr_db", "ms_ssim", "lpips", "bits", "n_symbols")

Row = dict[str, Any]
Cell = tuple[str, str, str, float]


def mean_rows(rows: Iterable[Row]) -> list[Row]:
    """Reduce rows of a sweep to one a codec and cell: means over pictures.

    In each cell, all codecs are averaged over the same pictures: those that every
    codec has a row for. A picture that a codec could not show counts as what the
    user sees.

    Parameters
    ----------
    rows : iterable of dict
        Of one sweep; see :mod:`gsc_sdr.experiments.sweep`.

    Returns
    -------
    means : list of dict
        ``codec``, ``rate``, ``snr_db``, ``channel``, ``size``, the means ``psnr_db``,
        ``ms_ssim``, ``lpips``, ``bits`` and ``n_symbols``, ``mcs`` (all that were used,
        the most used first; None for a codec that has none), ``failed`` (pictures not
        shown) and ``n_images``.
    """
    return [row for group in _by_cell(rows) for row in _cell_means(group)]


def compare_cells(means: Sequence[Row], ours: str = _OURS) -> list[Row]:
    """Set the neural link against the best digital baseline of each cell.

    Parameters
    ----------
    means : sequence of dict
        From :func:`mean_rows`.
    ours : str
        The codec that is compared.

    Returns
    -------
    cells : list of dict
        ``channel``, ``size``, ``rate``, ``snr_db``, ``n_images``, and for each metric a
        dict of ``ours``, ``best`` (the digital codec), ``best_value``, ``margin`` (above 0:
        ours is better by so much) and ``winner``; ``winner`` is None, and ``best`` too,
        where the metric is absent. ``bound`` has the best codec at capacity, if the rows
        have one: no system of that codec does better.

    Raises
    ------
    ConfigError
        If no cell has both ours and a digital baseline.
    """
    found = []
    for group in _grouped(means).values():
        codecs = {row["codec"]: row for row in group}
        digital = [row for row in group if _DIGITAL in row["codec"]]
        if ours not in codecs or not digital:
            continue
        first = group[0]
        cell = {name: first[name] for name in ("channel", "size", "rate", "snr_db", "n_images")}
        bounds = [row for row in group if row["codec"].endswith("+capacity")]
        for metric, sign in METRICS.items():
            cell[metric] = _duel(codecs[ours], digital, metric, sign)
            cell[metric]["bound"] = _best(bounds, metric, sign)
        found.append(cell)
    if not found:
        raise ConfigError(
            f"no cell has rows of {ours} and of a digital baseline: sweep both, as in "
            f"--codecs {ours},avif+ldpc"
        )
    return found


def _by_cell(rows: Iterable[Row]) -> list[list[Row]]:
    """Group rows by cell, and keep the pictures that all codecs of a cell have."""
    kept = []
    for group in _grouped(rows).values():
        pictures: dict[str, set[str]] = {}
        for row in group:
            pictures.setdefault(row["codec"], set()).add(row["image"])
        common = set.intersection(*pictures.values())
        kept.append([row for row in group if row["image"] in common])
    return kept


def _grouped(rows: Iterable[Row]) -> dict[Cell, list[Row]]:
    """Return rows by channel, size, rate and SNR, in the order of their first ones."""
    groups: dict[Cell, list[Row]] = {}
    for row in rows:
        cell = (row["channel"], row["size"], row["rate"], row["snr_db"])
        groups.setdefault(cell, []).append(row)
    return groups


def _cell_means(group: Sequence[Row]) -> list[Row]:
    """Average one cell's rows over pictures, codec by codec."""
    means = summarise_points(group, _FIGURES)
    for row in means:
        used = Counter(r.get("mcs") for r in group if r["codec"] == row["codec"])
        names = [str(name) for name, _ in used.most_common() if name is not None]
        row["mcs"] = ", ".join(names) or None
    return means


def _best(rows: Sequence[Row], metric: str, sign: int) -> Row | None:
    """Return codec and value of the best of some codecs; None where none has a figure."""
    there = [row for row in rows if row[metric] is not None]
    if not there:
        return None
    best = max(there, key=lambda row: sign * row[metric])
    return {"codec": best["codec"], "value": best[metric]}


def _duel(ours: Row, rivals: Sequence[Row], metric: str, sign: int) -> Row:
    """Set one figure against the best of its rivals'."""
    value, best = ours[metric], _best(rivals, metric, sign)
    if value is None or best is None:
        return dict.fromkeys(("best", "best_value", "margin", "winner")) | {"ours": value}
    margin = sign * (value - best["value"])
    return {
        "ours": value,
        "best": best["codec"],
        "best_value": best["value"],
        "margin": margin,
        "winner": ours["codec"] if margin > 0 else best["codec"] if margin < 0 else "tie",
    }
