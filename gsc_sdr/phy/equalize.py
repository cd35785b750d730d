# SPDX-License-Identifier: MIT
"""Equaliser for continuous payloads: it divides by what is known, and never decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel

__all__ = ["Payload", "equalize"]

_FLOOR = 1e-6  # of the mean power: weaker carriers are treated as this strong


@dataclass(frozen=True)
class Payload:
    """Received payload of a batch of frames and what is known of it.

    Attributes
    ----------
    received : [batch, n_payload, n_active], complex64
        Carriers, drift already taken off.
    gain : [batch, n_payload, n_active], complex64
        What each carrier of each symbol is multiplied by.
    error : [batch, n_payload], float64
        Expected squared error of ``gain``.
    noise_var : [batch, n_payload], float64
        Noise power of a carrier.
    power : [batch], float64
        Mean squared gain.
    """

    received: NDArray[np.complex64]
    gain: NDArray[np.complex64]
    error: NDArray[np.float64]
    noise_var: NDArray[np.float64]
    power: NDArray[np.float64]


def equalize(
    payload: Payload, columns: NDArray[np.int64]
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Divide the payload by its gain; say how much noise that leaves.

    Parameters
    ----------
    payload : Payload
        What was received.
    columns : [n_data], int64
        Data carriers among the active ones.

    Returns
    -------
    symbols : [batch, n_payload * n_data], complex64
        What was sent, plus noise; not scaled towards zero.
    noise_var : [batch, n_payload * n_data], float32
        Variance of that noise, positive and finite.
    """
    batch, n_payload = payload.noise_var.shape
    symbols = np.empty((batch, n_payload, len(columns)), np.complex64)
    variance = np.empty(symbols.shape, np.float32)
    _divide(
        payload.received,
        payload.gain,
        payload.noise_var + payload.error,
        columns,
        (symbols, variance),
    )
    flat = (batch, n_payload * len(columns))
    return symbols.reshape(flat), variance.reshape(flat)


@kernel
def _divide(
    received: NDArray[np.complex64],
    gain: NDArray[np.complex64],
    noise: NDArray[np.float64],
    columns: NDArray[np.int64],
    divided: tuple[NDArray[np.complex64], NDArray[np.float32]],
) -> None:
    """Fill symbols and variance [batch, n_payload, n_data]."""
    symbols, variance = divided
    for frame in range(len(received)):
        power = 0.0
        for value in gain[frame].flat:
            power += value.real * value.real + value.imag * value.imag
        floor = np.float32(max(_FLOOR * power / max(gain[frame].size, 1), 1e-30))
        for row in range(received.shape[1]):
            own = np.float32(noise[frame, row])
            for at in range(len(columns)):
                value = gain[frame, row, columns[at]]
                inverse = 1 / max(value.real * value.real + value.imag * value.imag, floor)
                symbols[frame, row, at] = received[frame, row, columns[at]] * complex(
                    value.real * inverse, -value.imag * inverse
                )
                variance[frame, row, at] = max(own * inverse, np.float32(1e-9))
