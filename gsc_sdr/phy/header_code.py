# SPDX-License-Identifier: MIT
"""The header on the air: code, repetition and spreading over carriers.

96 bits become 288 coded ones, repeated until the header's QPSK symbols are
full. Neighbours in the code, and copies of a bit, go to carriers far apart:
half of the band in a fade takes about half of everything, and never all copies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy import convolutional
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.scramble import gold_bits

__all__ = ["decode_headers", "encode_headers"]

_WHITENER = 0x2C51A9D3  # seed of the bits that whiten the header
_GOLDEN = (5**0.5 - 1) / 2


def encode_headers(bits: NDArray[np.uint8], config: OfdmConfig) -> NDArray[np.complex64]:
    """Return the QPSK symbols of packed headers.

    Parameters
    ----------
    bits : [batch, 96], uint8
        From Header.pack.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    symbols : [batch, n_header, n_data], complex64
        Unit power.
    """
    coded = convolutional.encode(bits).reshape(len(bits), 3 * bits.shape[1])
    symbols = np.empty((len(bits), config.n_header, config.n_data), np.complex64)
    _spread(coded, _sources(coded.shape[1], config), _signs(config), symbols)
    return symbols


def decode_headers(
    matched: NDArray[np.complexfloating[Any, Any]], n_bits: int, config: OfdmConfig
) -> NDArray[np.uint8]:
    """Return the likeliest bits of headers; the inverse of encode_headers.

    Parameters
    ----------
    matched : [batch, n_header, n_data], complex
        Received symbols times the conjugate gain: what maximum-ratio combining adds up.
    n_bits : int
        Bits of a header, its checksum with them.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    bits : [batch, n_bits], uint8
        Not yet checked.
    """
    llr = np.zeros((len(matched), 3 * n_bits), np.float32)
    _combine(matched, _sources(3 * n_bits, config), _signs(config), llr)
    return convolutional.decode(llr.reshape(len(matched), n_bits, 3))


@kernel
def _spread(
    coded: NDArray[np.uint8],
    sources: NDArray[np.int64],
    signs: NDArray[np.float32],
    symbols: NDArray[np.complex64],
) -> None:
    """Write the QPSK symbols [batch, n_header, n_data] of coded bits [batch, n_coded]."""
    half = np.float32(np.sqrt(0.5))
    for row in range(len(coded)):
        for at in range(symbols[row].size):
            real = signs[2 * at] * (1 - 2 * np.float32(coded[row, sources[2 * at]]))
            imag = signs[2 * at + 1] * (1 - 2 * np.float32(coded[row, sources[2 * at + 1]]))
            symbols[row].flat[at] = complex(half * real, half * imag)


@kernel
def _combine(
    matched: NDArray[np.complexfloating[Any, Any]],
    sources: NDArray[np.int64],
    signs: NDArray[np.float32],
    llr: NDArray[np.float32],
) -> None:
    """Add up the copies of each coded bit in llr [batch, n_coded], which begins as 0."""
    n_symbols, n_data = matched.shape[1:]
    for row in range(len(matched)):
        for symbol in range(n_symbols):
            for column in range(n_data):
                at, value = 2 * (symbol * n_data + column), matched[row, symbol, column]
                llr[row, sources[at]] += signs[at] * value.real
                llr[row, sources[at + 1]] += signs[at + 1] * value.imag


@lru_cache(maxsize=8)
def _sources(n_coded: int, config: OfdmConfig) -> NDArray[np.int64]:
    """Return which coded bit each bit of the header's symbols is, [n_room]."""
    copy, bit = np.divmod(np.arange(2 * config.n_header * config.n_data), n_coded)
    place = (bit * _GOLDEN + copy * _GOLDEN**2) % 1.0  # in the band, evenly for any few bits
    by_carrier = np.argsort(place, kind="stable").reshape(config.n_data, config.n_header, 2)
    sources: NDArray[np.int64] = by_carrier.swapaxes(0, 1).reshape(-1) % n_coded
    return sources


@lru_cache(maxsize=8)
def _signs(config: OfdmConfig) -> NDArray[np.float32]:
    """Return the signs [n_room] that keep a header of zeros from peaking."""
    bits = gold_bits([_WHITENER], 2 * config.n_header * config.n_data)[0]
    signs: NDArray[np.float32] = np.float32(1) - 2 * bits.astype(np.float32)
    return signs
