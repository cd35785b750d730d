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
    coded = np.zeros((*bits.shape, 3), np.uint8)
    for delay in range(7):
        delayed = np.roll(bits, delay, axis=-1)
        for stream, polynomial in enumerate(_POLYNOMIALS):
            if polynomial >> (6 - delay) & 1:
                coded[..., stream] ^= delayed
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
    n_bits = llr.shape[1]
    order = np.arange(-_WRAP, n_bits + _WRAP) % n_bits
    soft = np.where(np.isfinite(llr), llr, 0.0)
    scale = np.abs(soft).max(axis=(1, 2), keepdims=True, initial=0.0)
    soft = soft / np.where(scale > 0, scale, 1.0)
    branch = soft.astype(np.float32)[:, order] @ _signs()  # [batch, steps, 128]
    decisions, state = _walk(np.ascontiguousarray(branch.swapaxes(0, 1)))
    return _trace_back(decisions, state)[:, _WRAP : _WRAP + n_bits]


def _walk(
    branch: NDArray[np.float32],
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Add, compare, select; register w = bit * 64 + state leads to state w >> 1."""
    n_steps, batch, _ = branch.shape
    metric = np.zeros((batch, _N_STATES), np.float32)
    decisions = np.empty((n_steps, batch, _N_STATES), np.bool_)
    pairs = branch.reshape(n_steps, batch, _N_STATES, 2)
    for step in range(n_steps):
        both = pairs[step]
        both += np.concatenate([metric, metric], axis=1).reshape(batch, _N_STATES, 2)
        np.greater(both[..., 1], both[..., 0], out=decisions[step])
        metric = np.maximum(both[..., 0], both[..., 1])
    return decisions, metric.argmax(axis=1)


def _trace_back(decisions: NDArray[np.bool_], state: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Follow the survivors backwards; the newest bit is a state's highest."""
    n_steps, batch, _ = decisions.shape
    bits = np.empty((batch, n_steps), np.uint8)
    rows = np.arange(batch)
    for step in range(n_steps - 1, -1, -1):
        bits[:, step] = state >> 5
        state = (2 * state + decisions[step, rows, state]) & (_N_STATES - 1)
    return bits


def _signs() -> NDArray[np.float32]:
    """Return the sign of each coded bit for each register, [3, 128]."""
    registers = np.arange(2 * _N_STATES)
    ones = [[bin(w & polynomial).count("1") % 2 for w in registers] for polynomial in _POLYNOMIALS]
    return (1 - 2 * np.array(ones)).astype(np.float32)


def _check(is_right: bool, name: str, shape: tuple[int, ...], expected: str) -> None:
    """Raise ShapeError with what was passed and what was expected."""
    if not is_right:
        raise ShapeError(f"{name} is {shape}; expected {expected}")
