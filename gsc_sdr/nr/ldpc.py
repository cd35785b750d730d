# SPDX-License-Identifier: MIT
"""5G LDPC code on arrays: the TS 38.212 code of Sionna, without its tensors.

Log-likelihood ratios are ``log P(bit = 0) / P(bit = 1)``: positive speaks for
a zero. Sionna and torch are imported when the first code is built. ``decode`` is
Sionna's decoder, for the few words of a prompt; ``decode_checked`` runs on the same
graph layer by layer, some thirty times faster, for the many of a picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.layered import Graph, graph_of, run_layers

__all__ = ["MAX_LLR", "base_graph", "decode", "decode_checked", "encode"]

MAX_LLR = 20.0  # where Sionna's decoder clips its messages

_LEAST_K = 12
_LONGEST = {1: 8448, 2: 3840}  # information bits by base graph
_MOST_EXPANSION = {1: 3, 2: 5}  # without repetition, which Sionna's encoder has not
_SHORT, _MEDIUM = 292, 3824  # TS 38.212, 7.2.2
_MEDIUM_RATE, _LOW_RATE = 0.67, 0.25


def base_graph(k: int, n: int) -> int:
    """Return which base graph the standard takes for k bits in n: 1 or 2.

    Raises
    ------
    ConfigError
        If the code does not exist.

    References
    ----------
    3GPP TS 38.212, clauses 6.2.2 and 7.2.2.

    Examples
    --------
    >>> base_graph(40, 200), base_graph(3000, 4000), base_graph(8448, 16896)
    (2, 1, 1)
    """
    is_low = k <= _LOW_RATE * n or (k <= _MEDIUM and k <= _MEDIUM_RATE * n)
    graph = 2 if k <= _SHORT or is_low else 1
    longest, expansion = _LONGEST[graph], _MOST_EXPANSION[graph]
    if not _LEAST_K <= k <= longest or not k / 0.95 <= n <= expansion * k:
        raise ConfigError(
            f"there is no code of {k} bits in {n}; take k from {_LEAST_K} to {longest} "
            f"and n from k / 0.95 to {expansion} k"
        )
    return graph


def encode(bits: NDArray[np.uint8], n: int) -> NDArray[np.uint8]:
    """Encode words of information bits, rate matching included.

    Parameters
    ----------
    bits : [batch, k], uint8
        Zeros and ones; k from 12 to 8448, to 3840 where base graph 2 is taken.
    n : int
        Code bits per word, from ``k / 0.95`` to ``5 k``, or ``3 k`` where base graph 1
        is taken. The words of a smaller n of the same graph are the first bits of
        those of a larger one.

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
    encoder = _encoder(bits.shape[1], n)
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
    decoder = _decoder(k, llr.shape[1])
    if len(llr) == 0:
        return np.zeros((0, k), np.uint8)
    import torch

    bounded = np.clip(np.where(np.isnan(llr), 0.0, llr), -MAX_LLR, MAX_LLR)
    logits = torch.from_numpy(-bounded.astype(np.float32))  # Sionna takes log P(1) / P(0)
    with torch.inference_mode():
        bits = decoder(logits, num_iter=n_iterations)
    return np.asarray(bits.numpy(), dtype=np.uint8)


def decode_checked(
    llr: NDArray[np.float32], k: int, n_rounds: int = 25
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Decode words layer by layer, each until its parity checks hold.

    At equal rounds it is the better decoder; in one thread, some thirty times faster.

    Parameters
    ----------
    llr : [batch, n], float32
        As for :func:`decode`.
    k : int
        Information bits per word.
    n_rounds : int
        Passes over the graph, at most.

    Returns
    -------
    bits : [batch, k], uint8
        Decided information bits.
    held : [batch], bool
        Whether the word found is one of the code: rarely another one than was sent,
        so keep a checksum.

    Raises
    ------
    ShapeError
        If ``llr`` is not two-dimensional.
    ConfigError
        If the code does not exist.
    """
    if llr.ndim != 2:
        raise ShapeError(f"llr is {llr.shape}; expected [batch, n]: pass one word as [1, n]")
    graph = _graph(k, llr.shape[1])
    bounded = np.clip(np.where(np.isnan(llr), 0.0, llr), -MAX_LLR, MAX_LLR)
    return run_layers(bounded.astype(np.float32), graph, n_rounds)


@lru_cache(maxsize=32)
def _graph(k: int, n: int) -> Graph:
    """Return the checks of one (k, n)."""
    encoder = _encoder(k, n)
    return graph_of(encoder._bm, encoder.z, k, n)  # noqa: SLF001 -- Sionna keeps it so


@lru_cache(maxsize=32)
def _encoder(k: int, n: int) -> Any:
    """Build the encoder of one (k, n), in up to a third of a second."""
    graph = base_graph(k, n)
    from sionna.phy.fec.ldpc import LDPC5GEncoder

    return LDPC5GEncoder(k, n, bg=f"bg{graph}", precision="single", device="cpu", check_input=False)


@lru_cache(maxsize=8)
def _decoder(k: int, n: int) -> Any:
    """Build Sionna's decoder of one (k, n)."""
    encoder = _encoder(k, n)
    from sionna.phy.fec.ldpc import LDPC5GDecoder

    return LDPC5GDecoder(encoder, llr_max=MAX_LLR, precision="single", device="cpu")
