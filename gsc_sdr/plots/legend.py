# SPDX-License-Identifier: MIT
"""What legends and captions say: codecs in one order, failed pictures counted."""

from __future__ import annotations

from collections.abc import Iterable

from matplotlib.lines import Line2D

from gsc_sdr.plots.rows import Row
from gsc_sdr.plots.style import look

__all__ = ["codec_entries", "failed_note", "in_order", "pictures_note", "uneven_note"]


def in_order(codecs: Iterable[str]) -> list[str]:
    """Return codecs as legends have them: ours first, bounds last."""
    return sorted(codecs, key=lambda codec: (look(codec).rank, codec))


def codec_entries(codecs: Iterable[str]) -> list[Line2D]:
    """Return legend entries of codecs, ours first and bounds last."""
    looks = [look(codec) for codec in in_order(codecs)]
    return [Line2D([], [], label=one.label, **one.line()) for one in looks]


def failed_note(rows: Iterable[Row]) -> str:
    """Return a sentence on pictures that are mid-grey, by codec."""
    n_failed: dict[str, int] = {}
    n_all: dict[str, int] = {}
    for row in rows:
        n_all[row["codec"]] = n_all.get(row["codec"], 0) + 1
        n_failed[row["codec"]] = n_failed.get(row["codec"], 0) + bool(row.get("failed"))
    said = [f"{codec} {n} of {n_all[codec]}" for codec, n in sorted(n_failed.items()) if n]
    if not said:
        return "No picture failed."
    return f"Pictures that fail are shown and counted as mid-grey: {', '.join(said)}."


def pictures_note(rows: Iterable[Row]) -> str:
    """Return how many pictures rows tell of, as a clause."""
    n_images = len({row["image"] for row in rows})
    return f"{n_images} picture{'s' * (n_images != 1)}"


def uneven_note(rows: Iterable[Row]) -> str:
    """Return a warning where codecs were not measured on the same pictures, else nothing."""
    cells: dict[tuple[object, ...], dict[str, set[str]]] = {}
    for row in rows:
        cell = cells.setdefault((row["channel"], row["rate"], row["snr_db"]), {})
        cell.setdefault(row["codec"], set()).add(row["image"])
    uneven = [cell for cell in cells.values() if len(set(map(frozenset, cell.values()))) > 1]
    if not uneven:
        return ""
    return (
        f"Beware: at {len(uneven)} of {len(cells)} points the codecs were not measured on the "
        "same pictures; the sweep is not finished."
    )
