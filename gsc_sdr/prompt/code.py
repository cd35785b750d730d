# SPDX-License-Identifier: MIT
"""Prompts as protected symbols, and back.

::

    text -> CRC-32 -> blocks of k bits -> 5G LDPC, rate 1/5 -> sent twice
         -> scrambled -> QPSK

Two copies at rate 1/5 put the prompt's limit several dB below the SNR at which
a picture is still of use, and make it outlive lost frames.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import max_len_seq

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr import ldpc
from gsc_sdr.prompt.text import CRC_BYTES, MAX_PROMPT_BYTES, check, seal, to_bytes

__all__ = ["decode", "encode", "n_symbols"]

_EXPANSION = 5  # code bits per information bit
_COPIES = 2
_MAX_BLOCK_BITS = 3840  # the longest block of the code at this rate
_MOST_ROUNDS = (
    30  # of the decoder, which stops where the parity checks hold: a clean prompt, after one
)
_MIN_NOISE_VAR = 1e-3  # keeps a noise-free link's soft bits finite


def n_symbols(prompt_bytes: int) -> int:
    """Return the QPSK symbols of a prompt of ``prompt_bytes`` bytes.

    Raises
    ------
    ConfigError
        If ``prompt_bytes`` is not from 0 to 1000.

    Examples
    --------
    >>> n_symbols(0), n_symbols(60), n_symbols(1000)
    (0, 2560, 40170)
    """
    n_blocks, n_bits = _blocks(prompt_bytes)
    return n_blocks * n_bits * _EXPANSION * _COPIES // 2


def encode(prompt: str) -> NDArray[np.complex64]:
    """Turn a prompt into symbols.

    Parameters
    ----------
    prompt : str
        Any text of up to 1000 bytes in UTF-8.

    Returns
    -------
    symbols : [n_symbols(prompt_bytes)], complex64
        QPSK of unit power; none for an empty prompt.

    Raises
    ------
    ConfigError
        If the prompt is too long or not Unicode text.
    """
    data = to_bytes(prompt)
    n_blocks, n_bits = _blocks(len(data))
    if n_blocks == 0:
        return np.zeros(0, np.complex64)
    bits = np.unpackbits(np.frombuffer(seal(data), np.uint8))
    padded = np.pad(bits, (0, n_blocks * n_bits - len(bits)))
    code = ldpc.encode(padded.reshape(n_blocks, n_bits), n_bits * _EXPANSION)
    signs = np.tile(1.0 - 2.0 * code.ravel(), _COPIES)
    symbols = (signs * _scrambling(len(signs))).view(np.complex128)  # two bits a symbol
    return np.asarray(symbols * np.sqrt(0.5), dtype=np.complex64)


def decode(symbols: ArrayLike, noise_var: ArrayLike, prompt_bytes: int) -> tuple[str, bool]:
    r"""Recover a prompt from equalised symbols.

    The soft bit of one dimension is :math:`2\sqrt{2}\,\Re(y) / N_0`; those of
    the copies add up.

    Parameters
    ----------
    symbols : [n_symbols(prompt_bytes)], complex64
        Equalised symbols. One that is not finite counts as erased.
    noise_var : [n_symbols(prompt_bytes)], float32
        Noise variance of each symbol, both dimensions, linear; ``inf``, and
        anything that is no variance, where the symbol is erased.
    prompt_bytes : int
        Length of the prompt, from the frame header.

    Returns
    -------
    text : str
        The prompt; empty where the checksum fails.
    ok : bool
        Whether the checksum holds; True for a prompt of 0 bytes.

    Raises
    ------
    ShapeError
        If ``symbols`` or ``noise_var`` is of another length.
    ConfigError
        If ``prompt_bytes`` is not from 0 to 1000.
    """
    expected = (n_symbols(prompt_bytes),)
    y, n0 = np.asarray(symbols, np.complex64), np.asarray(noise_var, np.float64)
    if y.shape != expected or n0.shape != expected:
        raise ShapeError(
            f"symbols is {y.shape} and noise_var {n0.shape}; a prompt of {prompt_bytes} bytes "
            f"has {expected}: pass those symbols of the stream and no others"
        )
    if prompt_bytes == 0:
        return "", True
    n_blocks, n_bits = _blocks(prompt_bytes)
    llr = _soft_bits(y, n0).reshape(_COPIES, n_blocks, n_bits * _EXPANSION).sum(axis=0)
    bits, _ = ldpc.decode_checked(llr, n_bits, _MOST_ROUNDS)
    return check(np.packbits(bits.ravel()[: 8 * (prompt_bytes + CRC_BYTES)]).tobytes())


def _soft_bits(y: NDArray[np.complex64], n0: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return descrambled log P(0) / P(1), two a symbol; 0 where erased."""
    known = np.isfinite(y) & np.isfinite(n0) & (n0 >= 0.0)
    gain = np.sqrt(8.0) / np.where(known, np.maximum(n0, _MIN_NOISE_VAR), np.inf)
    heard = np.where(known, y, 0.0).astype(np.complex128)
    llr = np.stack([heard.real, heard.imag], axis=1) * gain[:, None]  # [n, 2]
    llr = np.clip(llr.ravel(), -ldpc.MAX_LLR, ldpc.MAX_LLR)
    return np.asarray(llr * _scrambling(len(llr)), dtype=np.float32)


def _blocks(prompt_bytes: int) -> tuple[int, int]:
    """Return the number of equal code blocks and the information bits of each."""
    if not 0 <= prompt_bytes <= MAX_PROMPT_BYTES:
        raise ConfigError(f"prompt_bytes is {prompt_bytes}; expected 0 to {MAX_PROMPT_BYTES}")
    if prompt_bytes == 0:
        return 0, 0
    n_bits = 8 * (prompt_bytes + CRC_BYTES)
    n_blocks = -(-n_bits // _MAX_BLOCK_BITS)
    return n_blocks, -(-n_bits // n_blocks)


@lru_cache(maxsize=8)
def _scrambling(n: int) -> NDArray[np.float32]:
    """Return +-1 signs of an m-sequence of degree 17, longer than any prompt."""
    bits, _ = max_len_seq(17, length=n)
    return np.asarray(1.0 - 2.0 * bits, dtype=np.float32)
