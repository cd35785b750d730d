# SPDX-License-Identifier: MIT
"""How each codec and each measure looks, the same in every figure.

No two colours are of one lightness, so that they are told apart in grey too; marker
and dashes tell them apart where even that is not enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

__all__ = ["Look", "Measure", "is_bound", "is_digital", "look", "measure"]

# By name: colour, marker, dashes, width. CIE L* is 20 for gsc, then 27 (jxl), 34 (avif), 40 (j2k),
# 46 (heic), 52 (webp), 58 (jpeg), 64 (deepjscc), 70: what is often drawn together is far apart.
_NEURAL: dict[str, tuple[str, str, Any, float]] = {
    "gsc": ("#0f2d68", "o", "-", 2.0),
    "gsc-mse": ("#5f7fb8", "o", (0, (1, 1)), 1.3),
    "deepjscc": ("#53a3d7", "D", (0, (7, 1.5)), 1.3),
    "uncoded": ("#b7ae40", "X", (0, (4, 1, 1, 1, 1, 1)), 1.3),
}
_SOURCES: dict[str, tuple[str, str, Any, float]] = {
    "avif": ("#9f1618", "s", (0, (4, 1.5)), 1.3),
    "heic": ("#257d24", "^", (0, (5, 1.5, 1, 1.5)), 1.3),
    "jxl": ("#5c1e8c", "v", (0, (2, 1)), 1.3),
    "jpeg": ("#cf7509", "*", (0, (6, 1.2, 2, 1.2)), 1.3),
    "webp": ("#c25498", "P", (0, (3, 1, 1, 1)), 1.3),
    "j2k": ("#046a66", "p", (0, (9, 2)), 1.3),
}
_OTHERS = (("#4d4d4d", "<"), ("#6b6b6b", ">"), ("#888888", "h"), ("#a0a0a0", "H"))
_BOUND, _DIGITAL = "+capacity", "+ldpc"
_DOTS = (0, (1, 1.6))


@dataclass(frozen=True)
class Look:
    """How a codec is drawn.

    Attributes
    ----------
    colour, marker : str
        As matplotlib names them.
    dashes : str or tuple
        The line's style.
    width : float, points
        Of the line.
    label : str
        What the legend calls it.
    face : str
        What fills the markers of a bound, or of what was made for one SNR; empty: the
        colour.
    rank : int
        Where it stands in a legend.
    """

    colour: str
    marker: str
    dashes: Any
    width: float
    label: str
    face: str = ""
    rank: int = 0

    def line(self) -> dict[str, Any]:
        """Return what ``Axes.plot`` takes."""
        return {
            "color": self.colour,
            "linestyle": self.dashes,
            "linewidth": self.width,
            "marker": self.marker,
            "markersize": 6.0 if self.marker in "*PX" else 4.5,
            "markerfacecolor": self.face or self.colour,
            "markeredgecolor": self.colour if self.face else "white",
            "markeredgewidth": 0.9 if self.face else 0.4,
        }


@dataclass(frozen=True)
class Measure:
    """What a measure is called, and which way is up.

    Attributes
    ----------
    name, label : str
        The key in a row, and the words beside an axis, unit included.
    is_better_low : bool
        Whether less is better.
    form : str
        How a figure of it is written.
    short : str
        Its name alone.
    """

    name: str
    label: str
    is_better_low: bool = False
    form: str = ".3f"
    short: str = ""


_MEASURES = {
    found.name: found
    for found in (
        Measure("psnr_db", "PSNR in dB", form=".2f", short="PSNR"),
        Measure("ssim", "SSIM", short="SSIM"),
        Measure("ms_ssim", "MS-SSIM", short="MS-SSIM"),
        Measure("lpips", "LPIPS (less is better)", True, short="LPIPS"),
        Measure("dists", "DISTS (less is better)", True, short="DISTS"),
        Measure("mobilenet", "MobileNet cosine", short="MobileNet"),
        Measure(
            "mobilenet_distance", "MobileNet distance (less is better)", True, short="MobileNet d."
        ),
        Measure("clip", "CLIP cosine", short="CLIP"),
        Measure("dino", "DINO cosine", short="DINO"),
        Measure("psnr_link_db", "PSNR to the autoencoder alone, dB", form=".2f", short="PSNR link"),
        Measure("evm_db", "EVM in dB (less is better)", True, ".2f", "EVM"),
        Measure("papr_db", "PAPR in dB (less is better)", True, ".2f", "PAPR"),
        Measure("snr_est_db", "estimated SNR in dB", form=".2f", short="SNR estimate"),
        Measure("air_time_s", "time on the air in s (less is better)", True, ".4f", "air time"),
        Measure("energy_j", "energy of a picture in J (less is better)", True, ".4f", "energy"),
    )
}


def is_digital(codec: str) -> bool:
    """Tell whether a codec sends bits over the air: ``avif+ldpc``, not its bound."""
    return codec.partition("@")[0].endswith(_DIGITAL)


def is_bound(codec: str) -> bool:
    """Tell whether a codec is a bound, of which nothing goes over the air."""
    return codec.endswith(_BOUND)


def look(codec: str) -> Look:
    """Return how a codec is drawn, whatever else is drawn beside it.

    One that is not known has a grey of its own, chosen by its name.

    Examples
    --------
    >>> look("avif+ldpc").colour == look("avif+capacity").colour
    True
    """
    name, _, made_for = codec.partition("@")
    source, plus, way = name.partition("+")
    table = _SOURCES if plus else _NEURAL
    known = [*_NEURAL, *_SOURCES]
    if source in table:
        colour, marker, dashes, width = table[source]
        drawn = Look(colour, marker, dashes, width, codec, rank=known.index(source))
    else:
        colour, marker = _OTHERS[crc32(name.encode()) % len(_OTHERS)]
        drawn = Look(colour, marker, (0, (5, 1)), 1.3, codec, rank=len(known))
    if plus + way == _BOUND:
        label = f"{source} at capacity (bound)"
        hollow = replace(drawn, dashes=_DOTS, width=1.1, label=label, face="white")
        return replace(hollow, rank=drawn.rank + 100)
    if made_for:
        snr_db, _, channel = made_for.partition(":")
        where = f" on {channel}" if channel else ""
        label = f"{name} made for {snr_db} dB{where}"
        return replace(
            drawn, dashes="-", width=0.8, label=label, face="#cfcfcf", rank=drawn.rank + 50
        )
    return drawn


def measure(name: str) -> Measure:
    """Return what is known of a measure; one that is not known goes by its key."""
    return _MEASURES.get(name, Measure(name, name, short=name))
