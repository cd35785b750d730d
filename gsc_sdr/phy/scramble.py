# SPDX-License-Identifier: MIT
"""Pseudo-random phases that make every payload look like noise.

Symbols of a codec are far from random: neighbours agree, and a sum of equal
carriers is a pulse. Turning each by a phase of a Gold sequence keeps their
amplitudes and brings the peak-to-average ratio to that of random data.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["frame_seed", "gold_bits", "qpsk_phases"]

_SKIP = 1600  # TS 38.211, 5.2.1
_ORDER = 31
_MIXER = 2654435761  # odd, 2**32 / 1.618: small seeds give sequences far from balanced
_STEP = 28  # bits that one pass of either recursion can give at once


def gold_bits(seeds: ArrayLike, length: int) -> NDArray[np.uint8]:
    """Return the length-31 Gold sequences of 5G.

    Parameters
    ----------
    seeds : [batch], int
        Starting values c_init, 0 to 2**31 - 1.
    length : int
        Bits of each sequence.

    Returns
    -------
    bits : [batch, length], uint8
        Zeros and ones.

    References
    ----------
    3GPP TS 38.211, 5.2.1.
    """
    first, second = _registers(length)
    starts = np.asarray(seeds, np.int64)[..., None] >> np.arange(_ORDER) & 1
    total = starts.astype(np.float32) @ second + first  # whole numbers below 33: exact
    bits: NDArray[np.uint8] = total.astype(np.uint8) & np.uint8(1)
    return bits


def qpsk_phases(seeds: ArrayLike, length: int) -> NDArray[np.complex64]:
    """Return QPSK sequences [batch, length] of unit power drawn from Gold bits."""
    bits = gold_bits(seeds, 2 * length)
    signs = np.float32(np.sqrt(0.5)) * (1 - 2 * bits.astype(np.float32))
    return (signs[..., 0::2] + 1j * signs[..., 1::2]).astype(np.complex64)


def frame_seed(image_id: int, frame_index: int) -> int:
    """Return the seed of one frame's payload: its place, never the same phases twice."""
    return (1 << 22 | image_id << 10 | frame_index) * _MIXER % (1 << _ORDER)


@lru_cache(maxsize=16)
def _registers(length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Run the two shift registers: the first, and the second from every unit start."""
    n_total = length + _SKIP + _ORDER
    rows = np.zeros((1 + _ORDER, n_total + _STEP), np.uint8)
    rows[0, 0] = 1
    rows[1:, :_ORDER] = np.eye(_ORDER, dtype=np.uint8)
    for at in range(0, n_total - _ORDER, _STEP):
        window = rows[:, at : at + _ORDER]
        new = window[:, 3:] ^ window[:, :-3]
        new[1:] ^= window[1:, 2:-1] ^ window[1:, 1:-2]
        rows[:, at + _ORDER : at + _ORDER + _STEP] = new
    kept = rows[:, _SKIP : _SKIP + length].astype(np.float32)
    return kept[0], kept[1:]
