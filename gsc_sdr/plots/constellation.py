# SPDX-License-Identifier: MIT
"""Complex symbols as a density: continuous payloads have no points to hit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from gsc_sdr.plots.figure import panels

__all__ = ["constellation"]

_SIDE = 380  # pixels of one panel
_REACH = 3.0  # of both axes, in units of the sent symbols' rms amplitude
_BINS = 90


def constellation(clouds: Mapping[str, NDArray[np.complex64]], headline: str = "") -> Figure:
    """Draw symbols in the complex plane, one panel a cloud, on one scale.

    Parameters
    ----------
    clouds : title to [n_symbols], complex64
        Symbols of unit mean power as sent, e.g. ``{"sent": ..., "received": ...}``.
        What is not finite is left out; what lies outside 3 is counted in the title.
    headline : str
        One line over all panels, e.g. the error vector magnitude.
    """
    figure, axes = panels(_SIDE * len(clouds), _SIDE + 40, n_columns=len(clouds))
    span = [-_REACH, _REACH]
    edges = np.linspace(-_REACH, _REACH, _BINS + 1)
    for one, (title, symbols) in zip(axes, clouds.items(), strict=True):
        kept = symbols[np.isfinite(symbols)]
        counts = np.histogram2d(kept.real, kept.imag, bins=_BINS, range=[span, span])[0]
        shown = np.where(counts, np.log1p(counts), np.nan).T  # rows are the quadrature
        one.pcolormesh(edges, edges, shown, cmap="viridis")
        one.add_artist(_unit_circle())
        n_outside = kept.size - int(counts.sum())
        outside = f", {n_outside} outside" if n_outside else ""
        one.set_title(f"{title}: {kept.size} symbols{outside}", fontsize=9)
        one.set(aspect="equal", xlim=(-_REACH, _REACH), ylim=(-_REACH, _REACH))
        one.set_xlabel("in-phase", fontsize=9)
        one.set_ylabel("quadrature", fontsize=9)
    figure.suptitle(headline, fontsize=10)
    return figure


def _unit_circle() -> Circle:
    """Return the circle of unit amplitude, where QPSK pilots and prompt symbols lie."""
    return Circle((0, 0), 1, fill=False, color="#c8553d", linewidth=0.8, linestyle="--")
