# SPDX-License-Identifier: MIT
"""Every figure that rows allow, in one go and under fixed names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.ccdf import outage, peaks
from gsc_sdr.plots.curves import OVER_CBR, OVER_SNR, draw_curves
from gsc_sdr.plots.figure import save_both
from gsc_sdr.plots.latency import latency_of_rows
from gsc_sdr.plots.pick import few, leading, place_of
from gsc_sdr.plots.published import published_for
from gsc_sdr.plots.rows import Choice, Row, choose, found, split
from gsc_sdr.plots.scatter import scatter
from gsc_sdr.plots.winners import winners

__all__ = ["KINDS", "Wish", "figures"]

KINDS = ("over-snr", "over-cbr", "winners", "scatter", "ccdf", "latency", "papr")
_MEASURES = ("psnr_db", "ms_ssim", "lpips")
_MOST = 4  # panels side by side
_AT_DB = 10.0  # where most is published
_LOG = logging.getLogger(__name__)

_Drawn = Iterator[tuple[str, str, Callable[[], Figure]]]  # kind, file name, how


@dataclass(frozen=True)
class Wish:
    """What is to be drawn.

    Attributes
    ----------
    kinds : tuple of str
        Of :data:`KINDS`; empty: all that the rows allow.
    measures : tuple of str
        Keys of rows; empty: PSNR, MS-SSIM and LPIPS, as far as they were taken.
    choice : Choice
        Which rows.
    ours : str
        The codec that the maps compare with the best digital one.
    published : bool
        Whether to draw published curves beside rows that were taken the same way.

    Raises
    ------
    ConfigError
        If there is no such kind.
    """

    kinds: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    choice: Choice = field(default_factory=Choice)
    ours: str = "gsc"
    published: bool = True

    def __post_init__(self) -> None:
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise ConfigError(f"kind is {unknown[0]!r}; choose among: {', '.join(KINDS)}")


def figures(rows: Sequence[Row], out: Path, wish: Wish | None = None) -> list[Path]:
    """Draw figures for each channel and picture size, each as PNG and SVG.

    Where no kinds are asked for, a figure that the rows do not allow (one codec
    only, a measure that was not taken) is left out and logged.

    Parameters
    ----------
    rows : sequence of Row
        Of a sweep.
    out : Path
        A folder; made if need be.
    wish : Wish, optional
        What to draw; by default, everything.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    ConfigError
        If what is asked for cannot be drawn, or nothing can.
    """
    wish = wish or Wish()
    chosen = choose(rows, wish.choice)
    paths: list[Path] = []
    for kind, name, draw in _all(chosen, wish):
        if kind not in (wish.kinds or KINDS):
            continue
        try:
            paths += save_both(draw(), out / name)
        except ConfigError as error:
            if wish.kinds:
                raise
            _LOG.info("%s is not drawn: %s", name, error)
    if not paths:
        raise ConfigError(f"none of the {len(rows)} rows can be drawn; -v says why")
    return paths


def _all(rows: Sequence[Row], wish: Wish) -> _Drawn:
    """Yield every figure: those of a channel and picture size, then those of a size."""
    for size, of_size in split(rows, "size").items():
        for channel, here in split(of_size, "channel").items():
            for kind, name, draw in _of_place(here, place_of(channel, size), wish):
                yield kind, _file(name, channel, size), draw
        kept, where = _fitting(of_size, wish), place_of("", size)
        yield "latency", _file("latency", size), partial(latency_of_rows, kept, where)
        yield "papr", _file("papr", size), partial(peaks, kept, where)


def _of_place(rows: Sequence[Row], where: str, wish: Wish) -> _Drawn:
    """Yield the figures of one channel and one picture size."""
    kept = _fitting(rows, wish)
    taken = [name for name in _MEASURES if any(row.get(name) is not None for row in rows)]
    measures = wish.measures or tuple(taken)
    published = wish.published and any(any(published_for(rows, name)) for name in measures)
    notes = _left_out(rows, kept)
    groups = _groups_of_rates(kept, wish)
    for index, group in enumerate(groups):
        here = choose(kept, Choice(rates=group))
        name = "_".join(["over_snr", *(group if index else ())])
        yield (
            "over-snr",
            name,
            partial(draw_curves, here, measures, OVER_SNR.at(where), published, notes),
        )
    snrs = wish.choice.snrs_db or few(found(kept, "snr_db"), _MOST)
    at_few = choose(kept, Choice(snrs_db=snrs))
    yield (
        "over-cbr",
        "over_cbr",
        partial(draw_curves, at_few, measures, OVER_CBR.at(where), published, notes),
    )
    if published and _AT_DB in found(kept, "snr_db"):
        at_ten = choose(kept, Choice(snrs_db=(_AT_DB,)))
        yield (
            "over-cbr",
            "over_cbr_published",
            partial(draw_curves, at_ten, measures[:1], OVER_CBR.at(where), True, notes),
        )
    yield "winners", "winners", partial(winners, rows, measures, wish.ours, where)
    low = choose(kept, Choice(rates=groups[0]))
    pair = (measures[0], measures[1]) if len(wish.measures) == 2 else ("psnr_db", "lpips")
    at_three = choose(low, Choice(snrs_db=few(snrs, 3)))
    yield "scatter", "scatter", partial(scatter, at_three, pair, where, notes)
    middle = "1/96" if "1/96" in groups[0] else groups[0][len(groups[0]) // 2]
    one_rate = choose(at_few, Choice(rates=(middle,)))
    for name in wish.measures or measures[:1]:
        tail = "" if name == "psnr_db" else f"_{name}"
        yield "ccdf", f"ccdf{tail}", partial(outage, one_rate, name, where, notes)


def _fitting(rows: Sequence[Row], wish: Wish) -> list[Row]:
    """Return the rows of the codecs asked for, else of as many as a figure has room for."""
    codecs = wish.choice.codecs or leading(rows, wish.ours)
    return [row for row in rows if row["codec"] in codecs]


def _groups_of_rates(rows: Sequence[Row], wish: Wish) -> list[tuple[str, ...]]:
    """Return rates that share a figure: first those that our codec has."""
    rates = found(rows, "rate")
    if wish.choice.rates:
        return [tuple(rates[at : at + _MOST]) for at in range(0, len(rates), _MOST)]
    own = found([row for row in rows if row["codec"] == wish.ours], "rate") or rates
    own = own[-_MOST:]
    return [tuple(own), *((rate,) for rate in rates if rate not in own)]


def _left_out(rows: Sequence[Row], kept: Sequence[Row]) -> list[str]:
    """Return a sentence on the codecs that a figure has no room for."""
    absent = sorted(set(found(rows, "codec")) - set(found(kept, "codec")))
    return [f"In the rows but not drawn: {', '.join(absent)}."] if absent else []


def _file(*parts: str) -> str:
    """Return a file's name without its ending: what a profile is called may be anything."""
    return re.sub(r"[^\w.-]+", "-", "_".join(map(str, parts)))
