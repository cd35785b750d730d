# SPDX-License-Identifier: MIT
"""The table of ``gsc-sdr bench modem`` as curves: losses over SNR, ours and GNU Radio's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.figure import COLOURS, panels

__all__ = ["delivery_over_snr"]

_LINES = (
    ("frames_delivered", "frames_sent", "ours, all impairments at once"),
    ("stock_delivered", "stock_sent", "ofdm_tx and ofdm_rx, the same"),
    ("stock_gentle_delivered", "stock_sent", "ofdm_tx and ofdm_rx, carrier offset alone"),
)


def delivery_over_snr(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the share of frames that arrived over SNR.

    Parameters
    ----------
    rows : sequence of mappings
        The list ``awgn`` of ``gsc-sdr bench modem --json``.

    Raises
    ------
    ConfigError
        If there are no rows.
    """
    if not rows:
        raise ConfigError("there are no rows to draw; run bench modem first")
    figure, (axes,) = panels(720, 440)
    snr_db = [row["snr_db"] for row in rows]
    for (good, sent, label), colour in zip(_LINES, COLOURS, strict=False):
        share = [100 * row[good] / row[sent] for row in rows]
        axes.plot(snr_db, share, color=colour, marker="o", label=label)
    low, high = zip(*(row["delivery_95"] for row in rows), strict=True)
    axes.fill_between(
        snr_db, [100 * p for p in low], [100 * p for p in high], color=COLOURS[0], alpha=0.2
    )
    axes.set_xlabel("SNR in dB (Es/N0 of a subcarrier)")
    axes.set_ylabel("frames delivered in %")
    axes.set_ylim(-2, 102)
    axes.legend(frameon=False, fontsize=9, loc="center left")
    return figure
