# SPDX-License-Identifier: MIT
"""Holes in a stream of samples: from the times that a radio gives them, or from a clock here."""

from __future__ import annotations

from collections import Counter

from gsc_sdr.errors import ConfigError

__all__ = ["GapFinder", "Shortfall"]

_UNSURE_S = 0.1  # of samples: what may be waiting in buffers
_UNSURE = 1e-4  # of all samples: how far two clocks may be apart, with room


class GapFinder:
    """Compare what a radio's clock says with how many samples have come.

    From one time stamp :math:`(n_0, t_0)` to the next :math:`(n_1, t_1)`,
    :math:`(t_1 - t_0) r - (n_1 - n_0)` samples were lost at rate :math:`r`.

    Parameters
    ----------
    sample_rate : float, samples per second
        Of the stream.

    Attributes
    ----------
    counts : Counter
        ``overflow``: holes; ``lost_samples``: in all of them; ``clock_steps``: times
        that went back, as when a clock is set.

    Examples
    --------
    >>> finder = GapFinder(1e6)
    >>> finder.note(0, 10, 0.0), finder.note(500, 10, 0.0015)
    (0, 1000)
    """

    def __init__(self, sample_rate: float) -> None:
        if not sample_rate > 0:
            raise ConfigError(f"sample_rate is {sample_rate}; give a rate above 0")
        self.sample_rate = sample_rate
        self.counts: Counter[str] = Counter()
        self._latest: tuple[int, int, float] | None = None

    def note(self, place: int, seconds: int, fraction_s: float) -> int:
        """Take the time of the sample at ``place``; return the samples lost before it.

        Whole seconds stand apart: since 1970 there have been too many for one float
        to tell samples apart.
        """
        lost = 0
        if self._latest is not None:
            last, whole, fraction = self._latest
            elapsed_s = (seconds - whole) + (fraction_s - fraction)
            lost = round(elapsed_s * self.sample_rate - (place - last))
        self._latest = (place, seconds, fraction_s)
        if lost < 0:
            self.counts["clock_steps"] += 1
            return 0
        self.counts["overflow"] += lost > 0
        self.counts["lost_samples"] += lost
        return lost


class Shortfall:
    """Hold the samples that came against the time that passed here.

    For radios that give no times. What is missing shows once it is more than
    buffers and the difference of two clocks explain: 0.1 s and 100 ppm.

    Parameters
    ----------
    sample_rate : float, samples per second
        Of the stream.

    Examples
    --------
    >>> shortfall = Shortfall(1e6)
    >>> [shortfall.note(*seen) for seen in ((0, 5.0), (1_000_000, 6.0), (1_500_000, 7.0))]
    [0, 0, 500000]
    """

    def __init__(self, sample_rate: float) -> None:
        self.sample_rate = sample_rate
        self._first: tuple[int, float] | None = None

    def note(self, n_samples: int, time_s: float) -> int:
        """Take how many samples have come at a time (seconds); return how many are missing."""
        if self._first is None:
            self._first = (n_samples, time_s)
        due = (time_s - self._first[1]) * self.sample_rate
        missing = round(due - (n_samples - self._first[0]))
        return missing if missing > _UNSURE_S * self.sample_rate + _UNSURE * due else 0
