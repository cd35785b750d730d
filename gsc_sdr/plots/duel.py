# SPDX-License-Identifier: MIT
"""Cell by cell: a codec against the best digital one, on the same pictures and fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.means import per_image, student, with_figures
from gsc_sdr.plots.rows import Row, found, split
from gsc_sdr.plots.style import is_digital, measure

__all__ = ["Duel", "duels"]


@dataclass(frozen=True)
class Duel:
    """One cell: a rate and an SNR.

    Attributes
    ----------
    rate : str
        By name.
    snr_db : float, dB
        Es/N0 of a subcarrier.
    ours, rival : str
        The codec, and the digital one that is best here on the mean.
    margin, half : float
        Mean over pictures of how much better ours is, positive where it wins
        whichever way the measure goes, and half of its 95 % interval.
    n_images, n_failed : int
        Pictures, and those among them on which the rival failed.
    """

    rate: str
    snr_db: float
    ours: str
    rival: str
    margin: float
    half: float
    n_images: int
    n_failed: int

    @property
    def winner(self) -> str:
        """The name of the better one; empty where the interval holds zero, or there is none."""
        if self.n_images < 2 or abs(self.margin) <= self.half:
            return ""
        return self.ours if self.margin > 0 else self.rival


def duels(rows: Sequence[Row], name: str, ours: str = "gsc") -> list[Duel]:
    """Compare a codec with the best digital one at each rate and SNR that both have.

    The best is the one of the best mean on this measure in this cell, failures
    counted as mid-grey; pictures are compared one by one. Codecs whose modulation
    was chosen for another SNR (``avif+ldpc@10``) and bounds do not take part.

    Parameters
    ----------
    rows : sequence of Row
        Of one channel and one picture size.
    name : str
        The measure.
    ours : str
        The codec.

    Raises
    ------
    ConfigError
        If no row has the measure, or there is nothing to compare.
    """
    sign = -1.0 if measure(name).is_better_low else 1.0
    kept = [row for row in with_figures(rows, [name])[name] if row["snr_db"] is not None]
    cells = []
    for rate, at_rate in split(kept, "rate").items():
        for snr_db, here in split(at_rate, "snr_db").items():
            own = per_image([row for row in here if row["codec"] == ours], name)
            sides = {
                codec: per_image(theirs, name)
                for codec, theirs in split(here, "codec").items()
                if is_digital(codec) and "@" not in codec
            }
            # Only pictures that every side has: a mean over others would be no comparison.
            shared = sorted(set(own).intersection(*sides.values()))
            if not shared or not sides:
                continue
            rival = max(sides, key=lambda one: sum(sign * sides[one][image] for image in shared))
            margin, half = student([sign * (own[image] - sides[rival][image]) for image in shared])
            failed = {r["image"] for r in here if r["codec"] == rival and r.get("failed")}
            n_failed = len(failed.intersection(shared))
            cells.append(Duel(rate, snr_db, ours, rival, margin, half, len(shared), n_failed))
    if not cells:
        there = ", ".join(found(kept, "codec"))
        raise ConfigError(
            f"no cell has both {ours} and a digital codec on {name}; there is: {there}"
        )
    return cells
