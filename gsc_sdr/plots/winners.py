# SPDX-License-Identifier: MIT
"""Who wins where: a map of rates and SNRs for each measure, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from gsc_sdr.plots.duel import Duel, duels
from gsc_sdr.plots.rows import Row, found
from gsc_sdr.plots.sheet import INK, SMALL, SNR_LABEL, finish, sheet
from gsc_sdr.plots.style import look, measure

__all__ = ["winners"]

_FULL = {"psnr_db": 3.0, "ms_ssim": 0.1, "ssim": 0.1, "lpips": 0.15}  # margins of full colour
_HATCH, _HATCHED = "////", "#d9a7a2"
_WON = LinearSegmentedColormap.from_list("won", ["#b9c6e4", "#0f2d68"])


def winners(
    rows: Sequence[Row], measures: Sequence[str], ours: str = "gsc", where: str = ""
) -> Figure:
    """Draw a map for each measure: cells by rate and SNR, filled where ours wins.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size.
    measures : sequence of str
        Keys of rows.
    ours : str
        The codec that is compared with the best digital one of each cell.
    where : str
        Goes into the title: channel and picture size.

    Raises
    ------
    ConfigError
        If no row has one of the measures, or no cell has both sides.
    """
    cells = {name: duels(rows, name, ours) for name in measures}
    every = [cell for own in cells.values() for cell in own]
    rates = [rate for rate in found(rows, "rate") if any(cell.rate == rate for cell in every)]
    snrs = sorted({cell.snr_db for cell in every})
    figure, axes = sheet(len(measures), 1, 0.52 + 0.24 * len(rates), sharex=True)
    for one, (name, own) in zip(axes, cells.items(), strict=True):
        one.grid(visible=False)
        for cell in own:
            _draw_cell(one, cell, (snrs.index(cell.snr_db), rates.index(cell.rate)), name)
        one.set_title(_head(name, own, ours), fontsize=SMALL + 0.5, loc="left")
        one.set(xlim=(-0.5, len(snrs) - 0.5), ylim=(-0.5, len(rates) - 0.5))
        one.set_xticks(range(len(snrs)), [f"{snr_db:g}".replace("-", "\u2212") for snr_db in snrs])
        one.set_yticks(range(len(rates)), rates)
        one.set_ylabel("rate")
        one.tick_params(length=0)
        for spine in one.spines.values():
            spine.set_visible(False)
    entries = [
        Patch(facecolor=_WON(0.9), label=f"{ours} wins; the darker, the clearer"),
        Patch(facecolor="white", edgecolor=_HATCHED, hatch=_HATCH, label="the best digital wins"),
        Patch(facecolor="white", edgecolor="#999999", label="not told apart"),
    ]
    title = f"{ours} against the best digital codec of each cell"
    least, most = (pick(cell.n_images for cell in every) for pick in (min, max))
    count = f"{most}" if least == most else f"{least} to {most}"
    what = f"In a cell: who is better, and by how much, on the mean over {count} pictures of both."
    notes = [
        what,
        "Not told apart: the 95 % interval of the mean difference, picture by picture, holds zero.",
        "Digital: image codec, 5G LDPC, and the QAM and code rate chosen for the SNR.",
    ]
    if any(cell.n_failed for cell in every):
        notes.append("*: it fails on some of the pictures, which are shown and count as mid-grey.")
    return finish(figure, f"{title}, {where}" if where else title, entries, notes, SNR_LABEL)


def _head(name: str, cells: Sequence[Duel], ours: str) -> str:
    """Return a panel's title: the measure, and how many cells each side wins."""
    n_ours = sum(cell.winner == ours for cell in cells)
    n_open = sum(not cell.winner for cell in cells)
    n_lost = len(cells) - n_ours - n_open
    return f"{measure(name).label}: {ours} ahead in {n_ours}, behind in {n_lost}, open {n_open}"


def _draw_cell(axes: Axes, cell: Duel, at: tuple[int, int], name: str) -> None:
    """Draw one cell: its fill says who wins, its text by how much."""
    ahead = cell.ours if cell.margin >= 0 else cell.rival
    full = _FULL.get(name) or max(abs(cell.margin), 1e-12)
    face: Any = "white"
    edge, hatch, ink = "#999999", "", INK
    if cell.winner == cell.ours:
        face = _WON(min(1.0, cell.margin / full))
        edge, ink = "white", "white" if _luminance(face) < 0.5 else INK
    elif cell.winner:
        edge, hatch = _HATCHED, _HATCH
    x, y = at
    axes.add_patch(
        Rectangle(
            (x - 0.48, y - 0.44), 0.96, 0.88, facecolor=face, edgecolor=edge, hatch=hatch, lw=0.8
        )
    )
    margin = f"{abs(cell.margin):{measure(name).form}}"
    text = f"{look(ahead).label.removesuffix('+ldpc')} +{margin}{'*' * bool(cell.n_failed)}"
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if hatch else None
    axes.text(x, y, text, fontsize=SMALL, color=ink, ha="center", va="center", bbox=box)


def _luminance(colour: Any) -> float:
    red, green, blue = to_rgb(colour)
    return 0.3 * red + 0.59 * green + 0.11 * blue
