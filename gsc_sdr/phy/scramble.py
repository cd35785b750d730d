# SPDX-License-Identifier: MIT
"""Pseudo-random phases that make every payload look like noise.

Symbols of a codec are far from random: neighbours agree, and a sum of equal
carriers is a pulse. Turning each by a phase of a Gold sequence keeps their
amplitudes and brings the peak-to-average ratio to that of random data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.jit import kernel

__all__ = ["descramble", "frame_seed", "gold_bits", "qpsk_phases", "scramble"]

_SKIP = 1600  # TS 38.211, 5.2.1
_ORDER = 31
_MIXER = 2654435761  # odd, 2**32 / 1.618: small seeds give sequences far from balanced
_STEP = 28  # bits that one pass of either recursion can give at once
_PAIRS = 32  # of bits in a word: each turns one symbol


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
    words = _words(seeds, length)
    bits = np.unpackbits(words.view(np.uint8), axis=-1, count=length, bitorder="little")
    return bits.reshape(*np.shape(seeds), length)


def qpsk_phases(seeds: ArrayLike, length: int) -> NDArray[np.complex64]:
    """Return QPSK sequences [batch, length] of unit power drawn from Gold bits."""
    return scramble(np.ones((*np.shape(seeds), length), np.complex64), seeds)


def scramble(
    symbols: NDArray[np.complexfloating[Any, Any]], seeds: ArrayLike
) -> NDArray[np.complex64]:
    """Turn each row of symbols [batch, n] by the QPSK sequence of its seed."""
    return _turned(symbols, seeds, 1.0)


def descramble(
    symbols: NDArray[np.complexfloating[Any, Any]], seeds: ArrayLike
) -> NDArray[np.complex64]:
    """Turn each row of symbols [batch, n] back: the inverse of scramble."""
    return _turned(symbols, seeds, -1.0)


def frame_seed(image_id: int, frame_index: int) -> int:
    """Return the seed of one frame's payload: its place, never the same phases twice."""
    return (1 << 22 | image_id << 10 | frame_index) * _MIXER % (1 << _ORDER)


def _turned(
    symbols: NDArray[np.complexfloating[Any, Any]], seeds: ArrayLike, direction: float
) -> NDArray[np.complex64]:
    """Multiply by (p + j q direction) / sqrt(2), p and q the signs of two bits."""
    given = np.ascontiguousarray(symbols, np.complex64)
    turned = np.empty_like(given)
    words = _words(seeds, 2 * given.shape[-1])
    shape = (len(words), given.shape[-1])
    _turn(given.reshape(shape), words, np.float32(direction), turned.reshape(shape))
    return turned


def _words(seeds: ArrayLike, length: int) -> NDArray[np.uint64]:
    """Return at least ``length`` bits of each sequence, lowest bit first, [batch, n_words]."""
    first, second = _registers(length)
    flat = np.asarray(seeds, np.int64).reshape(-1)
    words = np.empty((len(flat), len(first)), np.uint64)
    _mix(flat, first, second, words)
    return words


@kernel
def _mix(
    seeds: NDArray[np.int64],
    first: NDArray[np.uint64],
    second: NDArray[np.uint64],
    words: NDArray[np.uint64],
) -> None:
    """Add the second register's sequences of each one in the seed to the first's, modulo 2."""
    for row in range(len(seeds)):
        words[row] = first
        for bit in range(_ORDER):
            if seeds[row] >> bit & 1:
                words[row] ^= second[bit]


@kernel
def _turn(
    symbols: NDArray[np.complex64],
    words: NDArray[np.uint64],
    direction: np.float32,
    turned: NDArray[np.complex64],
) -> None:
    """Turn symbols [batch, n] by the bits of words [batch, n / 32]."""
    half = np.float32(np.sqrt(0.5))
    for row in range(len(symbols)):
        for at in range(symbols.shape[1]):
            pair = np.int32(words[row, at // _PAIRS] >> np.uint64(2 * (at % _PAIRS)))
            real = half - 2 * half * np.float32(pair & 1)
            imag = direction * (half - half * np.float32(pair & 2))
            turned[row, at] = symbols[row, at] * complex(real, imag)


@lru_cache(maxsize=16)
def _registers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Run the two shift registers: the first, and the second from every unit start."""
    length = -(-length // 64) * 64
    n_total = length + _SKIP + _ORDER
    rows = np.zeros((1 + _ORDER, n_total + _STEP), np.uint8)
    rows[0, 0] = 1
    rows[1:, :_ORDER] = np.eye(_ORDER, dtype=np.uint8)
    for at in range(0, n_total - _ORDER, _STEP):
        window = rows[:, at : at + _ORDER]
        new = window[:, 3:] ^ window[:, :-3]
        new[1:] ^= window[1:, 2:-1] ^ window[1:, 1:-2]
        rows[:, at + _ORDER : at + _ORDER + _STEP] = new
    kept = np.packbits(rows[:, _SKIP : _SKIP + length], axis=1, bitorder="little")
    words = kept.view(np.uint64)  # lowest bit first on little-endian machines
    return words[0], words[1:]
