# SPDX-License-Identifier: MIT
"""Channel state: magnitude and phase of every subcarrier, frame over frame."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.plots.figure import COLOURS, panels

__all__ = ["csi"]

_FLOOR_DB = -60.0  # what a faded subcarrier is drawn at
_MOST_FRAMES = 40  # pale lines, evenly chosen


def csi(
    gains: NDArray[np.complex64],
    subcarriers: NDArray[np.int_] | None = None,
    headline: str = "",
) -> Figure:
    """Draw the magnitude of H in dB and the phase in degrees over the subcarriers.

    Parameters
    ----------
    gains : [n_frames, n_sub] or [n_sub], complex64
        Channel gain of each subcarrier, one row a frame; the last one is drawn
        bold. Zeros are drawn at -60 dB.
    subcarriers : [n_sub], int
        Index of each subcarrier about the carrier; None counts them from
        ``-n_sub / 2`` and leaves the carrier out.
    headline : str
        One line over both panels.

    Raises
    ------
    ShapeError
        If there is no frame, or the subcarriers do not fit.
    """
    rows = np.atleast_2d(gains)
    n_sub = rows.shape[-1]
    where = _around_carrier(n_sub) if subcarriers is None else np.asarray(subcarriers)
    if rows.ndim != 2 or rows.size == 0 or where.shape != (n_sub,):
        raise ShapeError(
            f"gains are {gains.shape} and subcarriers {where.shape}; expected "
            "[n_frames >= 1, n_sub] and [n_sub]: pass the gains of at least one frame"
        )
    order = np.argsort(where)
    where, rows = where[order], rows[:, order]
    step = -(-len(rows) // _MOST_FRAMES)
    chosen = rows[::-step][::-1]  # the last frame is always among them
    figure, (magnitude, phase) = panels(720, 460, n_rows=2)
    level = 20 * np.log10(np.maximum(np.abs(chosen), 10 ** (_FLOOR_DB / 20)))
    angle = np.degrees(np.unwrap(np.angle(chosen), axis=1))
    angle -= 360 * np.round(angle.mean(axis=1, keepdims=True) / 360)
    for axes, values in ((magnitude, level), (phase, angle)):
        axes.plot(where, values[:-1].T, color=COLOURS[0], alpha=0.18, linewidth=0.8)
        axes.plot(where, values[-1], color=COLOURS[0], linewidth=1.8, marker="o", markersize=2.5)
    magnitude.set_ylabel("|H| in dB")
    phase.set_ylabel("phase of H in degrees")
    frames = f" ({len(rows)} frames, the last one bold)" if len(rows) > 1 else ""
    phase.set_xlabel(f"subcarrier{frames}")
    figure.suptitle(headline, fontsize=10)
    return figure


def _around_carrier(n_sub: int) -> NDArray[np.int_]:
    """Return -n/2 .. -1, 1 .. n/2."""
    index = np.arange(n_sub) - n_sub // 2
    return np.where(index >= 0, index + 1, index)
