# SPDX-License-Identifier: MIT
"""How long a stage takes: the middle, and the slow end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gsc_sdr.errors import ConfigError

__all__ = ["Percentiles", "percentiles"]

_TAIL = 100  # samples from which the 99th percentile is no longer the maximum


@dataclass(frozen=True)
class Percentiles:
    """Times of one stage.

    Attributes
    ----------
    n : int
        How many times were taken.
    p50_s, p95_s, p99_s, max_s : float, s
        Nearest ranks, so that each is a time that was measured.
    """

    n: int
    p50_s: float
    p95_s: float
    p99_s: float
    max_s: float

    @property
    def p99_is_max(self) -> bool:
        """Whether there are too few times for p99 to say more than the maximum does."""
        return self.n < _TAIL


def percentiles(times_s: Sequence[float]) -> Percentiles:
    r"""Return the percentiles of a stage's times.

    The q-th is the smallest time that is not exceeded in q % of all: number
    :math:`\lceil q n / 100 \rceil` of the sorted times. Of fewer than 100 times
    p99 is the maximum, of fewer than 20 p95 is too: show ``n`` beside them.

    Parameters
    ----------
    times_s : sequence of float, s
        One a picture; leave the first out where it warms caches up.

    Raises
    ------
    ConfigError
        If there are none, or one is negative or not finite.

    Examples
    --------
    >>> percentiles([0.3, 0.1, 0.2]).p50_s
    0.2
    """
    ranked = sorted(float(time) for time in times_s)
    if not ranked or not all(math.isfinite(time) and time >= 0 for time in ranked):
        raise ConfigError(
            f"the times are {list(times_s)[:5]}; pass at least one, finite and not negative"
        )
    p50, p95, p99 = (ranked[-(-q * len(ranked) // 100) - 1] for q in (50, 95, 99))
    return Percentiles(len(ranked), p50, p95, p99, ranked[-1])
