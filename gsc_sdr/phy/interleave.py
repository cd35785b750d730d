# SPDX-License-Identifier: MIT
"""Where each symbol of a picture goes, so that a lost frame thins it evenly.

Stream position i goes to slot (a i) mod N with a near 0.618 N: neighbours land
in different frames, and the positions of one frame are spread over the whole
stream without clusters. Within each OFDM symbol the carriers are rotated, so
that a faded carrier does not meet the same columns of every picture.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["golden_permutation", "stream_slots"]

_GOLDEN = (math.sqrt(5) - 1) / 2


@lru_cache(maxsize=8)
def golden_permutation(n: int) -> NDArray[np.int64]:
    """Return (a i) mod n for i < n, with a coprime to n and nearest 0.618 n.

    Examples
    --------
    >>> golden_permutation(8).tolist()
    [0, 5, 2, 7, 4, 1, 6, 3]
    """
    order = (np.arange(n, dtype=np.int64) * _golden_step(n)) % n
    order.flags.writeable = False
    return order


@lru_cache(maxsize=8)
def stream_slots(frame_count: int, config: OfdmConfig) -> NDArray[np.int64]:
    """Return the slot of each stream position; slot // capacity is its frame.

    Parameters
    ----------
    frame_count : int
        Frames of the picture.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    slots : [frame_count * capacity], int64
        A permutation; read-only.
    """
    slots = golden_permutation(frame_count * config.capacity)
    row, column = np.divmod(slots, config.n_data)
    turned: NDArray[np.int64] = (
        row * config.n_data + (column + row * _golden_step(config.n_data)) % config.n_data
    )
    turned.flags.writeable = False
    return turned


def _golden_step(n: int) -> int:
    """Return the number of 1 to n that is coprime to n and nearest to 0.618 n."""
    near = round(_GOLDEN * n)
    tried = (near + side * away for away in range(n) for side in (1, -1))
    return next(a for a in tried if 1 <= a <= n and math.gcd(a, n) == 1)
