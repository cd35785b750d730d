# SPDX-License-Identifier: MIT
"""Sionna's own chain, from bits to bits: what ours is held against.

Its binary source, encoder, mapper, channel, demapper and decoder, put together as its
tutorial does, with nothing of this package between them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from gsc_sdr.nr.ldpc import base_graph

__all__ = ["blocks_failed"]

_N_ITERATIONS = 20  # as in the tutorial


def blocks_failed(shape: tuple[int, int, int], ebno_db: float, n_blocks: int, seed: int) -> int:
    """Send blocks over AWGN with Sionna alone; return how many came back wrong.

    Parameters
    ----------
    shape : (int, int, int)
        Information bits, code bits, and bits of a symbol: 2, 4, 6 or 8. From 16-QAM up
        the code's bits are interleaved as TS 38.212, 5.4.2.2 has it.
    ebno_db : float, dB
        Energy of an information bit over N0.
    n_blocks : int
        How many are sent.
    seed : int
        Of Sionna's generator, which is one for the whole process.
    """
    import torch
    from sionna.phy import config
    from sionna.phy.utils import ebnodb2no

    k, n, bits_per_symbol = shape
    config.seed = seed
    source, encoder, mapper, channel, demapper, decoder = _chain(k, n, bits_per_symbol)
    noise = ebnodb2no(ebno_db, bits_per_symbol, k / n)
    with torch.inference_mode():
        bits = source([n_blocks, k])
        received = channel(mapper(encoder(bits)), noise)
        decided = decoder(demapper(received, noise))
    return int((bits != decided).any(dim=1).sum())


@lru_cache(maxsize=4)
def _chain(k: int, n: int, bits_per_symbol: int) -> tuple[Any, ...]:
    """Return the tutorial's blocks."""
    base_graph(k, n)
    from sionna.phy.channel import AWGN
    from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder
    from sionna.phy.mapping import BinarySource, Constellation, Demapper, Mapper

    where: dict[str, Any] = {"precision": "single", "device": "cpu"}
    order = bits_per_symbol if bits_per_symbol > 2 else None
    encoder = LDPC5GEncoder(k, n, num_bits_per_symbol=order, **where)
    points = Constellation("qam", bits_per_symbol, **where)
    return (
        BinarySource(**where),
        encoder,
        Mapper(constellation=points, **where),
        AWGN(**where),
        Demapper("app", constellation=points, **where),
        LDPC5GDecoder(encoder, num_iter=_N_ITERATIONS, **where),
    )
