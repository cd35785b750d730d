# SPDX-License-Identifier: MIT
"""What a figure has room for: a few codecs, a few SNRs; and what its title says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gsc_sdr.plots.legend import in_order
from gsc_sdr.plots.rows import Row, split
from gsc_sdr.plots.style import is_bound, is_digital

__all__ = ["few", "leading", "place_of"]

_N_DIGITAL = 2  # of the best, beside the one that everybody knows
_KNOWN = "jpeg+ldpc"
_ROUND = (0.0, 5.0, 10.0, 20.0)  # dB


def leading(rows: Sequence[Row], ours: str = "gsc", n_digital: int = _N_DIGITAL) -> list[str]:
    """Return the codecs that a figure has room for, as legends order them.

    All neural ones; of the digital ones the best on mean PSNR, and JPEG; of the
    bounds, and of those made for one SNR, those of the best digital one.

    Parameters
    ----------
    rows : sequence of Row
        Of one picture size.
    ours : str
        A codec that stays in whatever it is.
    n_digital : int
        How many of the best.
    """
    by_codec = split(rows, "codec")
    fitted = [codec for codec in by_codec if is_digital(codec) and "@" not in codec]
    fitted.sort(key=lambda codec: (-_mean_psnr(by_codec[codec]), codec))
    kept = {*fitted[:n_digital], _KNOWN, ours, *(c for c in by_codec if "+" not in c)}
    source = fitted[0].partition("+")[0] if fitted else ""
    for codec in by_codec:
        if (is_bound(codec) or "@" in codec) and codec.startswith(f"{source}+" if source else ""):
            kept.add(codec)
    return in_order(kept & by_codec.keys())


def few(values: Sequence[float], most: int) -> tuple[float, ...]:
    """Return up to ``most`` of many SNRs: round ones, else evenly chosen.

    Examples
    --------
    >>> few([-5.0, 0.0, 5.0, 10.0, 15.0, 20.0], 3)
    (0.0, 10.0, 20.0)
    >>> few([1.0, 4.0], 3)
    (1.0, 4.0)
    """
    if len(values) <= most:
        return tuple(values)
    round_ones = [value for value in _ROUND if value in values]
    pool = round_ones if len(round_ones) >= most else list(values)
    at = np.unique(np.round(np.linspace(0, len(pool) - 1, most) + 1e-9).astype(int))
    return tuple(pool[index] for index in at)


def place_of(channel: str, size: str) -> str:
    """Return a channel and a picture size as titles have them.

    Examples
    --------
    >>> place_of("tdl-c", "256"), place_of("", "full")
    ('TDL-C, 256 x 256 pixels', 'full size')
    """
    pixels = f"{size} x {size} pixels" if str(size).isdigit() else "full size"
    name = channel.upper() if re.fullmatch(r"awgn|[tc]dl-\w", channel) else channel
    return ", ".join(part for part in (name, pixels) if part)


def _mean_psnr(rows: Sequence[Row]) -> float:
    values = [row["psnr_db"] for row in rows if row.get("psnr_db") is not None]
    return float(np.mean(values)) if values else float("-inf")
