# SPDX-License-Identifier: MIT
"""Rate, distortion, perception: two measures against each other, the rate as a mark's size."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.legend import codec_entries, failed_note, pictures_note, uneven_note
from gsc_sdr.plots.means import curve, with_figures
from gsc_sdr.plots.rows import Row, found, split
from gsc_sdr.plots.sheet import INK, SMALL, finish, sheet
from gsc_sdr.plots.style import look, measure

__all__ = ["scatter"]

_MOST_PANELS = 3


def scatter(
    rows: Sequence[Row],
    measures: tuple[str, str] = ("psnr_db", "lpips"),
    where: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Draw one measure against another, a panel for each SNR; better is up and right.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size, up to three SNRs.
    measures : (str, str)
        Along the horizontal and the vertical axis.
    where : str
        Goes into the title: channel and picture size.
    notes : sequence of str
        Sentences that the caption ends with.

    Raises
    ------
    ConfigError
        If no row has one of the measures, or there are more than three SNRs.
    """
    rows = [row for row in rows if row["snr_db"] is not None]
    with_figures(rows, measures)
    both = [row for row in rows if all(row.get(name) is not None for name in measures)]
    panels = split(both, "snr_db")
    if not 0 < len(panels) <= _MOST_PANELS:
        raise ConfigError(
            f"there are {len(panels)} SNRs with {' and '.join(measures)}, and a page holds 1 to "
            f"{_MOST_PANELS}: choose among {', '.join(f'{snr:g}' for snr in panels) or '-'}"
        )
    across, up = map(measure, measures)
    figure, axes = sheet(1, len(panels), 2.9, sharex=True, sharey=True)
    rates = found(both, "rate")
    for one, (snr_db, here) in zip(axes, panels.items(), strict=True):
        for own in split(here, "codec").values():
            _draw_codec(one, own, measures, rates)
        one.set_title(f"SNR {snr_db:g} dB", fontsize=SMALL + 0.5)
    axes[0].set_ylabel(up.label)
    _set_limits(axes[0], both, measures)
    for is_low, flip in ((across.is_better_low, "xaxis"), (up.is_better_low, "yaxis")):
        if is_low:
            getattr(axes[0], flip).set_inverted(True)
    title = f"{across.short} against {up.short}, {where}" if where else ""
    sizes = [_size_entry(rate, rates) for rate in rates]
    what = f"Marks: means over {pictures_note(both)}, joined from rate to rate; larger: more rate."
    said = [what, "Better is up and right.", uneven_note(both), _failed(both), *notes]
    entries = codec_entries(found(both, "codec")) + sizes
    return finish(figure, title or "Rate, distortion, perception", entries, said, across.label)


def _draw_codec(
    axes: Axes, rows: Sequence[Row], measures: tuple[str, str], rates: Sequence[str]
) -> None:
    """Draw one codec's means, a mark for each rate."""
    drawn = look(rows[0]["codec"])
    xs, ys = ([point.mean for point in curve(rows, name, "rate")] for name in measures)
    order = 40 - min(drawn.rank, 30)
    line = drawn.line() | {"linewidth": 0.7 * drawn.width}
    marker = line.pop("marker")
    size = line.pop("markersize") / 4.5
    axes.plot(xs, ys, marker="", zorder=order, **line)
    for x, y, rate in zip(xs, ys, found(rows, "rate"), strict=True):
        scale = {"markersize": size * _points(rate, rates)}
        axes.plot([x], [y], marker=marker, zorder=order + 0.5, **line | scale)


def _set_limits(axes: Axes, rows: Sequence[Row], measures: tuple[str, str]) -> None:
    """Fit the axes to means without failures: mid-grey would press them into a corner."""
    whole = [
        own
        for at_snr in split(rows, "snr_db").values()
        for at_rate in split(at_snr, "rate").values()
        for own in split(at_rate, "codec").values()
        if not any(row.get("failed") for row in own)
    ]
    for name, axis in zip(measures, "xy", strict=True):
        means = [point.mean for own in whole for point in curve(own, name, "snr_db")]
        if means:
            spare = 0.1 * (max(means) - min(means)) or 0.1
            axes.set(**{f"{axis}lim": (min(means) - spare, max(means) + spare)})


def _failed(rows: Sequence[Row]) -> str:
    note = failed_note(rows)
    is_off = any(row.get("failed") for row in rows)
    return f"{note} Means with such pictures in them may lie off the panel." if is_off else note


def _points(rate: str, rates: Sequence[str]) -> float:
    """Return a mark's size in points."""
    return 3.6 + 4.6 * rates.index(rate) / max(1, len(rates) - 1)


def _size_entry(rate: str, rates: Sequence[str]) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="",
        marker="o",
        markersize=_points(rate, rates),
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=0.7,
        label=f"rate {rate}",
    )
