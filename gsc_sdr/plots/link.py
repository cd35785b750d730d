# SPDX-License-Identifier: MIT
"""The table of ``gsc-sdr bench link`` as curves: quality over SNR, one line a rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.figure import COLOURS, panels

__all__ = ["quality_over_snr"]


def quality_over_snr(
    rows: Sequence[Mapping[str, Any]], measure: str = "psnr_db", ceiling: float | None = None
) -> Figure:
    """Draw the mean of one measure over SNR, a line for each channel and rate.

    Parameters
    ----------
    rows : sequence of mappings
        Each with ``channel``, ``rate``, ``snr_db`` and ``measure``; rows that
        share the first three are averaged. Rows without a figure are left out.
    measure : str
        The key to draw.
    ceiling : float, optional
        Where the link cannot get: the autoencoder alone, drawn as a line.

    Raises
    ------
    ConfigError
        If no row has the measure.
    """
    lines: dict[tuple[str, str], dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.get(measure) is not None and row.get("snr_db") is not None:
            lines[row["channel"], row["rate"]][row["snr_db"]].append(row[measure])
    if not lines:
        raise ConfigError(f"no row has {measure} and snr_db; choose a measure that was taken")
    figure, (axes,) = panels(720, 440)
    for index, ((channel, rate), points) in enumerate(lines.items()):
        snr_db = sorted(points)
        means = [sum(points[at]) / len(points[at]) for at in snr_db]
        colour = COLOURS[index % len(COLOURS)]
        axes.plot(snr_db, means, color=colour, marker="o", label=f"{channel}, rate {rate}")
    if ceiling is not None:
        axes.axhline(ceiling, color="#777777", linestyle=":", label="autoencoder alone")
    axes.set_xlabel("SNR in dB (Es/N0 of a subcarrier)")
    axes.set_ylabel(measure)
    axes.legend(frameon=False, fontsize=9)
    return figure
