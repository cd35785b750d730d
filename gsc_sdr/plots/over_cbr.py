# SPDX-License-Identifier: MIT
"""Quality over the rate: a row of panels for each measure, a column for each SNR."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from gsc_sdr.plots.curves import Plan, draw_curves
from gsc_sdr.plots.rows import Row

__all__ = ["over_cbr"]

_LABEL = "CBR: symbols a source value"


def over_cbr(
    rows: Sequence[Row],
    measures: Sequence[str],
    where: str = "",
    published: bool = False,
    notes: Sequence[str] = (),
) -> Figure:
    """Draw means over the channel bandwidth ratio, a line for each codec.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size, up to four SNRs.
    measures : sequence of str
        Keys of rows, e.g. ``("psnr_db", "lpips")``.
    where : str
        Goes into the title: channel and picture size.
    published : bool
        Whether to draw published curves at their own SNRs.
    notes : sequence of str
        Sentences that the caption ends with.

    Raises
    ------
    ConfigError
        If no row has one of the measures, or there are more than four SNRs.
    """
    title = f"Quality over rate, {where}" if where else "Quality over rate"
    plan = Plan("rate", "snr_db", _LABEL, title, "SNR {} dB")
    return draw_curves(rows, measures, plan, published, notes)
