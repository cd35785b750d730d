# SPDX-License-Identifier: MIT
"""How often OFDM symbols peak above a level, one line for each thing they carry."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.figure import COLOURS, panels

__all__ = ["peak_shares"]


def peak_shares(
    levels_db: NDArray[np.float64], curves: Mapping[str, NDArray[np.float64]]
) -> Figure:
    """Draw complementary distribution functions of the peak-to-average power ratio.

    Parameters
    ----------
    levels_db : [n_levels], float64, dB
        Peak over mean power.
    curves : mapping of str to [n_levels] float64
        Share of OFDM symbols above each level, by name.

    Raises
    ------
    ConfigError
        If there is no curve.
    """
    if not curves:
        raise ConfigError("there are no curves to draw; pass at least one")
    figure, (axes,) = panels(720, 440)
    for index, (name, share) in enumerate(curves.items()):
        line = ":" if name == "Gaussian" else "-"
        seen = share > 0  # a logarithm has no zero
        axes.semilogy(
            levels_db[seen], share[seen], line, color=COLOURS[index % len(COLOURS)], label=name
        )
    axes.set_ylim(1e-4, 1.2)
    axes.set_xlabel("peak over mean power in dB")
    axes.set_ylabel("share of OFDM symbols above")
    axes.legend(frameon=False, fontsize=9)
    return figure
