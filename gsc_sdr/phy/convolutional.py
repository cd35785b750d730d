# SPDX-License-Identifier: MIT
"""The tail-biting convolutional code of LTE's control channel.

Rate 1/3, seven bits of memory with the current one; the encoder starts in the
state in which it will end, so that no bit is spent on termination.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.jit import kernel

__all__ = ["decode", "encode"]

_POLYNOMIALS = (0o133, 0o171, 0o165)  # TS 36.212, figure 5.1.3-1
_N_STATES = 64
_WRAP = 48  # bits before and after in which the decoder forgets where it began


def encode(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encode rows of bits at rate 1/3.

    Parameters
    ----------
    bits : [batch, n], uint8
        Zeros and ones, ``n >= 7``.

    Returns
    -------
    coded : [batch, n, 3], uint8
        Three coded bits for each bit, in the order of the polynomials.

    References
    ----------
    3GPP TS 36.212, 5.1.3.1.
    """
    _check(bits.ndim == 2 and bits.shape[-1] >= 7, "bits", bits.shape, "[batch, n >= 7]")
    coded = np.empty((*bits.shape, 3), np.uint8)
    _encode(np.ascontiguousarray(bits, np.uint8), _TAPS, coded)
    return coded


def decode(llr: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Find the likeliest bits by a Viterbi search that wraps around.

    The circle is walked from 48 bits before its beginning to 48 bits after its
    end, from no particular state: by then the survivor has merged with that of
    the tail-biting path in all but hopeless cases.

    Parameters
    ----------
    llr : [batch, n, 3], float
        Positive where the coded bit is likelier 0; any common scale.

    Returns
    -------
    bits : [batch, n], uint8
        Zeros and ones; the caller's checksum says whether they are right.
    """
    _check(llr.ndim == 3 and llr.shape[-1] == 3, "llr", llr.shape, "[batch, n, 3]")
    bits = np.empty(llr.shape[:2], np.uint8)
    _decode(
        np.ascontiguousarray(llr, np.float32 if llr.dtype == np.float32 else float), _SIGNS, bits
    )
    return bits


@kernel
def _encode(bits: NDArray[np.uint8], taps: NDArray[np.uint8], coded: NDArray[np.uint8]) -> None:
    """Write the three parities of each bit and the six before it."""
    n_bits = bits.shape[1]
    for row in range(len(bits)):
        for at in range(n_bits):
            register = 0
            for delay in range(7):
                register = 2 * register + bits[row, at - delay]  # a negative index wraps
            for stream in range(3):
                coded[row, at, stream] = taps[stream, register]


@kernel
def _decode(
    llr: NDArray[np.floating[Any]], signs: NDArray[np.float32], bits: NDArray[np.uint8]
) -> None:
    """Decode rows of [batch, n, 3] into [batch, n]."""
    n_bits = llr.shape[1]
    n_steps = n_bits + 2 * _WRAP
    decisions = np.empty((n_steps, _N_STATES), np.uint8)
    for row in range(len(llr)):
        soft = _levelled(llr[row])
        metric, other = np.zeros(_N_STATES, np.float32), np.empty(_N_STATES, np.float32)
        for step in range(n_steps):
            _advance(soft[(step - _WRAP) % n_bits], signs, (metric, other), decisions[step])
            metric, other = other, metric
        _trace_back(decisions, int(np.argmax(metric)), bits[row])


@kernel
def _levelled(llr: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return values [n, 3] as [-1, 1]; what is not finite counts as 0."""
    peak = 0.0
    for at in range(llr.size):
        value = float(abs(llr.flat[at]))
        peak = max(peak, value if value < np.inf else 0.0)
    soft = np.zeros(llr.shape, np.float32)
    for at in range(llr.size):
        value = float(llr.flat[at])
        if peak > 0 and abs(value) < np.inf:
            soft.flat[at] = value / peak
    return soft


@kernel
def _advance(
    soft: NDArray[np.float32],
    signs: NDArray[np.float32],
    metrics: tuple[NDArray[np.float32], NDArray[np.float32]],
    decisions: NDArray[np.uint8],
) -> None:
    """Add, compare, select: from the first metrics to the second.

    States 2j and 2j + 1 lead to j by a zero and to j + 32 by a one. All three
    polynomials tap both ends of the register, so the four branches of such a
    butterfly are one value with either sign.
    """
    metric, new = metrics
    half = _N_STATES // 2
    for j in range(half):
        branch = signs[0, j] * soft[0] + signs[1, j] * soft[1] + signs[2, j] * soft[2]
        even, odd = metric[2 * j], metric[2 * j + 1]
        new[j] = max(even + branch, odd - branch)
        decisions[j] = odd - branch > even + branch
        new[j + half] = max(even - branch, odd + branch)
        decisions[j + half] = odd + branch > even - branch


@kernel
def _trace_back(decisions: NDArray[np.uint8], state: int, bits: NDArray[np.uint8]) -> None:
    """Follow the survivor backwards; the newest bit is a state's highest."""
    for step in range(len(decisions) - 1, _WRAP - 1, -1):
        if step < _WRAP + len(bits):
            bits[step - _WRAP] = state >> 5
        state = (2 * state + decisions[step, state]) & (_N_STATES - 1)


def _parities() -> NDArray[np.uint8]:
    """Return the coded bits of each register, [3, 128]; the newest bit is its highest."""
    registers = range(2 * _N_STATES)
    ones = [[bin(w & polynomial).count("1") % 2 for w in registers] for polynomial in _POLYNOMIALS]
    return np.array(ones, np.uint8)


def _check(is_right: bool, name: str, shape: tuple[int, ...], expected: str) -> None:
    """Raise ShapeError with what was passed and what was expected."""
    if not is_right:
        raise ShapeError(f"{name} is {shape}; expected {expected}")


_TAPS = _parities()
_SIGNS = (1 - 2.0 * _TAPS[:, 0:_N_STATES:2]).astype(np.float32)  # [3, 32], of registers 2j
