# SPDX-License-Identifier: MIT
"""Bytes as exactly so many symbols, and back: what carries a compressed picture.

::

    bytes -> equal blocks -> CRC -> 5G LDPC, rate-matched -> bit interleaver
          -> scrambled -> QAM

Blocks follow each other in the stream; the frames' own interleaver deals every run of
symbols evenly to all frames and carriers, so each block sees the whole picture's air.
The scrambler makes points equally likely, and so the mean power 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.baselines.mcs import Mcs
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.jit import kernel
from gsc_sdr.nr import ldpc
from gsc_sdr.nr.modulation import map_bits, soft_bits
from gsc_sdr.phy.crc import crc16
from gsc_sdr.phy.scramble import gold_bits

__all__ = ["Delivery", "decode_payload", "encode_payload", "n_blocks", "n_payload_bytes"]

_SCRAMBLING_SEED = 0x2D5A17C3
_SHORT_BITS = 3824  # up to here one block with CRC-16 is enough: TS 38.212, 7.2.1
_LONG_BITS = 8448  # of base graph 1, which ends at rate 1/3
_BG1_RATE = 0.34
_LEAST_RATE = 5  # code bits for one of information, at most
_CRC24B = 0x800063  # TS 38.212, 5.1


class Delivery(NamedTuple):
    """What arrived of a payload.

    Attributes
    ----------
    data : bytes
        The whole payload, zeros in place of failed blocks.
    blocks_ok : list of bool
        Which blocks' checksums hold.
    good_prefix_bytes : int
        Bytes before the first failed block.
    """

    data: bytes
    blocks_ok: list[bool]
    good_prefix_bytes: int


@dataclass(frozen=True)
class _Plan:
    """How symbols are shared out: the first ``n_longer`` blocks have one symbol more."""

    n_blocks: int
    n_symbols: int  # of a shorter block
    n_longer: int
    n_bytes: int  # of each block, checksum included
    crc_bytes: int

    def groups(self) -> list[tuple[int, int]]:
        """Return how many blocks have how many symbols."""
        counts = ((self.n_longer, 1), (self.n_blocks - self.n_longer, 0))
        return [(count, self.n_symbols + more) for count, more in counts if count]


def n_payload_bytes(n_symbols: int, mcs: Mcs) -> int:
    """Return the bytes that ``n_symbols`` symbols carry; 0 if nothing fits."""
    plan = _plan(n_symbols, mcs)
    return plan.n_blocks * (plan.n_bytes - plan.crc_bytes)


def n_blocks(n_symbols: int, mcs: Mcs) -> int:
    """Return in how many code blocks ``n_symbols`` symbols are used."""
    return _plan(n_symbols, mcs).n_blocks


def encode_payload(data: bytes, n_symbols: int, mcs: Mcs) -> NDArray[np.complex64]:
    """Turn bytes into symbols.

    Parameters
    ----------
    data : bytes
        At most ``n_payload_bytes``; zeros are added to fill it.
    n_symbols : int
        What must come out.
    mcs : Mcs
        Modulation and code rate.

    Returns
    -------
    symbols : [n_symbols], complex64
        Points of the modulation, of unit power in the mean over payloads.

    Raises
    ------
    ConfigError
        If the data does not fit.
    """
    plan, most = _plan(n_symbols, mcs), n_payload_bytes(n_symbols, mcs)
    if len(data) > most:
        raise ConfigError(
            f"the payload has {len(data)} bytes; {n_symbols} symbols of {mcs.name} carry {most}: "
            "compress it further, or choose a higher rate"
        )
    n_each = plan.n_bytes - plan.crc_bytes
    filled = np.frombuffer(data.ljust(most, b"\0"), np.uint8).reshape(plan.n_blocks, n_each)
    sealed = np.concatenate([filled, _checksums(filled, plan.crc_bytes)], axis=1)
    bits, at, pieces = np.unpackbits(sealed, axis=1), 0, []
    for count, length in plan.groups():
        n_code = length * mcs.bits_per_symbol
        code = ldpc.encode(bits[at : at + count], n_code)
        # TS 38.212, 5.4.2.2: the first bits of the code become the surest of each symbol
        rows = code.reshape(count, mcs.bits_per_symbol, length).transpose(0, 2, 1)
        pieces.append(rows.reshape(-1))
        at += count
    code = np.concatenate(pieces) if pieces else _filler(n_symbols, mcs)
    return map_bits(code ^ _scrambling(len(code)), mcs.bits_per_symbol)


def decode_payload(symbols: ArrayLike, noise_var: ArrayLike, mcs: Mcs) -> Delivery:
    """Recover bytes from equalised symbols.

    Parameters
    ----------
    symbols : [n_symbols], complex64
        Equalised symbols. One that is not finite counts as erased.
    noise_var : [n_symbols], float32
        Noise variance of each symbol, both dimensions, linear; ``inf``, and anything
        that is no variance, where the symbol is erased.
    mcs : Mcs
        As at the transmitter.

    Raises
    ------
    ShapeError
        If the two are not of one length.
    """
    y, n0 = np.asarray(symbols, np.complex64), np.asarray(noise_var, np.float32)
    if y.ndim != 1 or n0.shape != y.shape:
        raise ShapeError(
            f"symbols is {y.shape} and noise_var {n0.shape}; expected [n_symbols] both: pass the "
            "picture's symbols of the stream and no others"
        )
    plan = _plan(len(y), mcs)
    llr = soft_bits(y, n0, mcs.bits_per_symbol)
    llr *= 1.0 - 2.0 * _scrambling(len(llr)).astype(np.float32)
    found, at = [np.zeros((0, plan.n_bytes), np.uint8)], 0
    for count, length in plan.groups():
        n_code = length * mcs.bits_per_symbol
        rows = llr[at : at + count * n_code].reshape(count, length, mcs.bits_per_symbol)
        code = rows.transpose(0, 2, 1).reshape(count, n_code)
        bits, _ = ldpc.decode_checked(code, 8 * plan.n_bytes)
        found.append(np.packbits(bits, axis=1))
        at += count * n_code
    return _opened(np.concatenate(found), plan)


def _opened(sealed: NDArray[np.uint8], plan: _Plan) -> Delivery:
    """Check blocks [n_blocks, n_bytes] and put their payloads together."""
    n_each = plan.n_bytes - plan.crc_bytes
    data = sealed[:, :n_each].copy()
    ok = (_checksums(data, plan.crc_bytes) == sealed[:, n_each:]).all(axis=1)
    data[~ok] = 0
    n_good = plan.n_blocks if ok.all() else int(ok.argmin())
    return Delivery(data.tobytes(), ok.tolist(), n_good * n_each)


@lru_cache(maxsize=256)
def _plan(n_symbols: int, mcs: Mcs) -> _Plan:
    """Share symbols out to as few equal blocks as the code allows."""
    if n_symbols < 0:
        raise ConfigError(f"n_symbols is {n_symbols}; give a count of 0 or more")
    wanted = math.floor(mcs.code_rate * n_symbols * mcs.bits_per_symbol)
    longest = _LONG_BITS if mcs.code_rate > _BG1_RATE else _SHORT_BITS
    count = max(1, -(-wanted // longest))
    n_each, n_longer = divmod(n_symbols, count)
    n_code = n_each * mcs.bits_per_symbol
    n_most = n_code + (mcs.bits_per_symbol if n_longer else 0)
    n_bytes = max(math.floor(mcs.code_rate * n_code) // 8, -(-n_most // (8 * _LEAST_RATE)))
    crc_bytes = 2 if count == 1 and 8 * n_bytes <= _SHORT_BITS else 3
    if n_bytes <= crc_bytes or 8 * n_bytes > 0.95 * n_code:
        return _Plan(0, n_each, 0, crc_bytes, crc_bytes)
    return _Plan(count, n_each, n_longer, n_bytes, crc_bytes)


def _checksums(data: NDArray[np.uint8], crc_bytes: int) -> NDArray[np.uint8]:
    """Return the CRC-16 or CRC-24 of each row, [n_rows, crc_bytes].

    They start from ones, so that a block of which nothing arrived does not check.
    """
    if crc_bytes == 2:
        sums = np.array([crc16(row.tobytes()) for row in data], np.uint32)
    else:
        sums = np.empty(len(data), np.uint32)
        _crc24(np.ascontiguousarray(data), _crc24_table(), sums)
    return sums.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 4 - crc_bytes :]


@kernel
def _crc24(data: NDArray[np.uint8], table: NDArray[np.uint32], sums: NDArray[np.uint32]) -> None:
    """Write the CRC-24 of each row, started from ones."""
    for row in range(len(data)):
        remainder = np.uint32(0xFFFFFF)
        for byte in data[row]:
            kept = (remainder << np.uint32(8)) & np.uint32(0xFFFFFF)
            remainder = kept ^ table[(remainder >> np.uint32(16)) ^ np.uint32(byte)]
        sums[row] = remainder


@lru_cache(maxsize=1)
def _crc24_table() -> NDArray[np.uint32]:
    """Return the remainder of each byte."""
    table = np.arange(256) << 16
    for _ in range(8):
        table = (table << 1 & 0xFFFFFF) ^ (table >> 23) * _CRC24B
    return table.astype(np.uint32)


def _filler(n_symbols: int, mcs: Mcs) -> NDArray[np.uint8]:
    """Return the bits that are sent where not even a checksum fits."""
    return np.zeros(n_symbols * mcs.bits_per_symbol, np.uint8)


@lru_cache(maxsize=8)
def _scrambling(n_bits: int) -> NDArray[np.uint8]:
    """Return a Gold sequence [n_bits]."""
    sequence: NDArray[np.uint8] = gold_bits([_SCRAMBLING_SEED], n_bits)[0]
    return sequence
