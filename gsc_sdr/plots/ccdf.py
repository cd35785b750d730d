# SPDX-License-Identifier: MIT
"""How often it is worse: the share of pictures below a quality, of frames above a peak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.legend import codec_entries, failed_note, uneven_note
from gsc_sdr.plots.means import with_figures
from gsc_sdr.plots.rows import Row, found, split
from gsc_sdr.plots.sheet import SMALL, finish, sheet
from gsc_sdr.plots.style import look, measure

__all__ = ["outage", "peaks"]

_MOST_PANELS = 4


def outage(
    rows: Sequence[Row], name: str = "psnr_db", where: str = "", notes: Sequence[str] = ()
) -> Figure:
    """Draw the share of pictures that are worse than a quality, a panel for each SNR.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel, one picture size and one rate, up to four SNRs.
    name : str
        The measure.
    where : str
        Goes into the title: channel and picture size.
    notes : sequence of str
        Sentences that the caption ends with.

    Raises
    ------
    ConfigError
        If no row has the measure, or there are several rates or too many SNRs.
    """
    kept = [row for row in with_figures(rows, [name])[name] if row["snr_db"] is not None]
    panels, rates = split(kept, "snr_db"), found(kept, "rate")
    if len(rates) != 1 or not 0 < len(panels) <= _MOST_PANELS:
        raise ConfigError(
            f"there are {len(rates)} rates and {len(panels)} SNRs with {name}; outage is drawn for "
            f"one rate and 1 to {_MOST_PANELS} SNRs: choose with --rate and --snr-db "
            f"(rates: {', '.join(rates) or '-'})"
        )
    told = measure(name)
    figure, axes = sheet(1, len(panels), 2.3, sharex=True, sharey=True)
    for one, (snr_db, here) in zip(axes, panels.items(), strict=True):
        for own in split(here, "codec").values():
            _draw_share(one, own, name, told.is_better_low)
        one.set_title(f"SNR {snr_db:g} dB", fontsize=SMALL + 0.5)
    sign, word = (">", "above") if told.is_better_low else ("<", "below")
    axes[0].set_ylabel(f"P({told.short} {sign} x) in %")
    axes[0].set_ylim(-3, 103)
    title = f"Outage: pictures {word} a quality, rate {rates[0]}"
    side = "left" if told.is_better_low else "right"
    what = f"Share of the pictures sent whose {told.short} is {word} x; further {side} is better."
    said = [what, uneven_note(kept), failed_note(kept), *notes]
    entries = codec_entries(found(kept, "codec"))
    return finish(
        figure, f"{title}, {where}" if where else title, entries, said, f"x: {told.label}"
    )


def peaks(rows: Sequence[Row], where: str = "") -> Figure:
    """Draw how often the peak-to-average power ratio of a picture's frames is above a level.

    Parameters
    ----------
    rows : sequence of Row
        Of any rate and SNR: the transmitter knows neither fade nor noise.
    where : str
        Goes into the title.

    Raises
    ------
    ConfigError
        If no row has ``papr_db``.
    """
    kept = with_figures(rows, ["papr_db"])["papr_db"]
    figure, (axes,) = sheet(1, 1, 2.8)
    axes.set_yscale("log")
    least = 1.0
    for own in split(kept, "codec").values():
        _draw_share(axes, own, "papr_db", is_above=True, scale=1.0)
        least = min(least, 1 / len(own))
    axes.set_ylim(least * 0.8, 1.2)
    axes.set_ylabel("P(PAPR > x)")
    title = f"Peaks of what is sent, {where}" if where else "Peaks of what is sent"
    notes = ["PAPR: highest over mean power of all samples that one picture takes."]
    entries = codec_entries(found(kept, "codec"))
    return finish(figure, title, entries, notes, "x: PAPR in dB")


def _draw_share(
    axes: Axes, rows: Sequence[Row], name: str, is_above: bool, scale: float = 100.0
) -> None:
    """Draw the share of rows above (or below) a figure as steps, with a few marks."""
    values = np.sort([float(row[name]) for row in rows])
    n = len(values)
    drawn = look(rows[0]["codec"])
    # Right of the k-th smallest value (k from 1), n - k are above it and k below or at it.
    share = (np.arange(n, 0, -1) if is_above else np.arange(n)) / n
    xs, ys = np.append(values, values[-1]), scale * np.append(share, 0.0 if is_above else 1.0)
    if is_above and scale == 1.0:
        xs, ys = xs[:-1], ys[:-1]  # a logarithm has no zero
    style = drawn.line() | {"markevery": max(1, n // 5)}
    axes.plot(xs, ys, drawstyle="steps-pre", zorder=40 - min(drawn.rank, 30), **style)
