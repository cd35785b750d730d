# SPDX-License-Identifier: MIT
"""5G LDPC code on arrays: the TS 38.212 code of Sionna, without its tensors.

Log-likelihood ratios are ``log P(bit = 0) / P(bit = 1)``: positive speaks for
a zero. Sionna and torch are imported when the first code is built.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["MAX_LLR", "decode", "encode"]

MAX_LLR = 20.0  # where Sionna's decoder clips its messages

_K_LIMITS = (12, 3840)  # base graph 2, the one made for rates down to 1/5


def encode(bits: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    """Encode words of information bits, rate matching included.

    Parameters
    ----------
    bits : [batch, k], uint8
        Zeros and ones, ``12 <= k <= 3840``.
    n : int
        Code bits per word, from ``k / 0.95`` to ``5 k``.

    Returns
    -------
    code : [batch, n], uint8
        Code words.

    Raises
    ------
    ShapeError
        If ``bits`` is not two-dimensional.
    ConfigError
        If the code does not exist.

    References
    ----------
    3GPP TS 38.212, clauses 5.3.2 and 5.4.2, redundancy version 0.

    Examples
    --------
    >>> encode(np.zeros((1, 40), np.uint8), 200).sum()
    0
    """
    if bits.ndim != 2:
        raise ShapeError(f"bits is {bits.shape}; expected [batch, k]: pass one word as [1, k]")
    encoder, _ = _code(bits.shape[1], n)
    if len(bits) == 0:
        return np.zeros((0, n), np.uint8)
    import torch

    with torch.inference_mode():
        code = encoder(torch.from_numpy(bits.astype(np.float32)))
    return np.asarray(code.numpy(), dtype=np.uint8)


def decode(llr: NDArray[np.float32], k: int, n_iterations: int = 20) -> NDArray[np.uint8]:
    """Decode words by belief propagation.

    Parameters
    ----------
    llr : [batch, n], float32
        ``log P(0) / P(1)`` of each code bit, clipped to +-``MAX_LLR``; 0 where
        nothing is known, which is also how NaN is taken.
    k : int
        Information bits per word.
    n_iterations : int
        Rounds of message passing; the time grows with it.

    Returns
    -------
    bits : [batch, k], uint8
        Decided information bits; check them with a checksum.

    Raises
    ------
    ShapeError
        If ``llr`` is not two-dimensional.
    ConfigError
        If the code does not exist.
    """
    if llr.ndim != 2:
        raise ShapeError(f"llr is {llr.shape}; expected [batch, n]: pass one word as [1, n]")
    _, decoder = _code(k, llr.shape[1])
    if len(llr) == 0:
        return np.zeros((0, k), np.uint8)
    import torch

    bounded = np.clip(np.where(np.isnan(llr), 0.0, llr), -MAX_LLR, MAX_LLR)
    logits = torch.from_numpy(-bounded.astype(np.float32))  # Sionna takes log P(1) / P(0)
    with torch.inference_mode():
        bits = decoder(logits, num_iter=n_iterations)
    return np.asarray(bits.numpy(), dtype=np.uint8)


@lru_cache(maxsize=8)
def _code(k: int, n: int) -> tuple[Any, Any]:
    """Build encoder and decoder of one (k, n); a pair takes up to a second."""
    low, high = _K_LIMITS
    if not low <= k <= high or not k / 0.95 <= n <= 5 * k:
        raise ConfigError(
            f"there is no code of {k} bits in {n}; "
            f"take k from {low} to {high} and n from k / 0.95 to 5 k"
        )
    from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder

    encoder = LDPC5GEncoder(k, n, bg="bg2", precision="single", device="cpu", check_input=False)
    decoder = LDPC5GDecoder(encoder, llr_max=MAX_LLR, precision="single", device="cpu")
    return encoder, decoder
