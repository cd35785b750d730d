# SPDX-License-Identifier: MIT
"""Quality over SNR: a row of panels for each measure, a column for each rate."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from gsc_sdr.plots.curves import Plan, draw_curves
from gsc_sdr.plots.rows import Row
from gsc_sdr.plots.sheet import SNR_LABEL

__all__ = ["over_snr"]


def over_snr(
    rows: Sequence[Row],
    measures: Sequence[str],
    where: str = "",
    published: bool = False,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw means over SNR with their 95 % confidence bands, a line for each codec.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size, up to four rates.
    measures : sequence of str
        Keys of rows, e.g. ``("psnr_db", "lpips")``.
    where : str
        Goes into the title: channel and picture size.
    published : bool
        Whether to draw published curves at their own rates.
    notes : sequence of str
        Sentences that the caption ends with.

    Raises
    ------
    ConfigError
        If no row has one of the measures, or there are more than four rates.
    """
    title = f"Quality over SNR, {where}" if where else "Quality over SNR"
    plan = Plan("snr_db", "rate", SNR_LABEL, title, "rate {}")
    return draw_curves(rows, measures, plan, published, notes)
