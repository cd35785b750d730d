# SPDX-License-Identifier: MIT
"""Block errors of the LDPC over AWGN, beside what Sionna's tutorial prints.

Points of the modulation, white noise of known variance, soft bits, decoder: no frames.
The reference is the output that Sionna keeps in its notebook "5G Channel Coding and
Rate-Matching: Polar vs. LDPC Codes", section "Performance of Longer LDPC Codes": rate
1/2, QPSK, 20 rounds of belief propagation. Beside both runs Sionna's own chain, here and
now, also for a case the tutorial does not have.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.nr import ldpc
from gsc_sdr.nr.modulation import map_bits, soft_bits
from gsc_sdr.nr.reference import blocks_failed

__all__ = ["CASES", "Case", "Effort", "bler_rows", "gaps_db"]

TARGETS = (0.1, 0.01)
_BATCH_BITS = 1 << 18  # of code decoded at once


@dataclass(frozen=True)
class Case:
    """One code with one modulation.

    Attributes
    ----------
    k, n : int
        Information and code bits.
    bits_per_symbol : int
        2, 4, 6 or 8.
    tutorial : tuple of (float, float)
        Eb/N0 in dB and BLER as the tutorial prints them; BLER is NaN where it has none.
    sionna_share : float
        Of our blocks, how many Sionna's own chain sends; its decoder is slow here.
    """

    k: int
    n: int
    bits_per_symbol: int
    tutorial: tuple[tuple[float, float], ...]
    sionna_share: float = 0.0

    @property
    def name(self) -> str:
        """What tables and figures call it."""
        modulation = {2: "QPSK"}.get(self.bits_per_symbol, f"{2**self.bits_per_symbol}-QAM")
        return f"k={self.k}, n={self.n}, {modulation}"


@dataclass(frozen=True)
class Effort:
    """When a point is done.

    Attributes
    ----------
    n_failures : int
        After so many failed blocks,
    n_blocks, n_bits : int
        or so many sent, or so many bits of code.
    """

    n_failures: int = 100
    n_blocks: int = 10_000
    n_bits: int = 40_000_000

    @classmethod
    def quick(cls) -> Effort:
        """Return a tenth of it."""
        return cls(10, 1000, 4_000_000)

    def enough(self, blocks: int, failed: int, n: int) -> bool:
        """Return whether a point of a code of n bits is done."""
        return failed >= self.n_failures or blocks >= min(self.n_blocks, self.n_bits // n)


_NONE = math.nan
CASES = (
    Case(
        *(64, 128, 2),
        ((1.5, 0.307), (2.0, 0.149), (2.5, 0.06625), (3.0, 0.022773), (3.5, 0.0061341)),
        sionna_share=1.0,
    ),
    Case(
        *(256, 512, 2),
        ((1.25, 0.2855), (1.5, 0.149), (1.75, 0.058667), (2.0, 0.02381), (2.25, 0.0079063)),
        sionna_share=0.3,
    ),
    Case(
        *(1000, 2000, 2),
        ((1.0, 0.4555), (1.25, 0.15675), (1.5, 0.023), (1.75, 0.0023)),
        sionna_share=0.1,
    ),
    Case(*(2000, 4000, 2), ((1.0, 0.527), (1.25, 0.1002), (1.5, 0.0055385))),
    Case(*(4000, 8000, 2), ((1.0, 0.4115), (1.25, 0.019346), (1.5, 0.00014))),
    Case(*(8000, 16000, 2), ((1.0, 0.4455), (1.25, 0.00368))),
    Case(
        *(600, 1200, 4),
        ((3.5, _NONE), (3.75, _NONE), (4.0, _NONE), (4.25, _NONE), (4.5, _NONE)),
        sionna_share=0.2,
    ),
)


def bler_rows(cases: Sequence[Case], effort: Effort, seed: int) -> Iterator[dict[str, Any]]:
    """Measure every point of every case.

    Parameters
    ----------
    cases : sequence of Case
        What to measure.
    effort : Effort
        How long.
    seed : int
        Of bits and noise.

    Yields
    ------
    row : dict
        ``case``, ``k``, ``n``, ``bits_per_symbol``, ``ebno_db``, ``blocks``, ``failed``,
        ``bler``, ``tutorial_bler`` and ``sionna_bler`` (None where there is none) and
        ``sionna_blocks``.
    """
    for case in cases:
        for at, (ebno_db, tutorial) in enumerate(case.tutorial):
            blocks, failed = _ours(case, ebno_db, effort, [seed, case.n, at])
            theirs, n_theirs = _sionnas(case, ebno_db, blocks, seed + at)
            yield {
                "case": case.name,
                "k": case.k,
                "n": case.n,
                "bits_per_symbol": case.bits_per_symbol,
                "ebno_db": ebno_db,
                "blocks": blocks,
                "failed": failed,
                "bler": failed / blocks,
                "tutorial_bler": None if math.isnan(tutorial) else tutorial,
                "sionna_bler": theirs / n_theirs if n_theirs else None,
                "sionna_blocks": n_theirs,
            }


def gaps_db(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what we need more than each reference, in dB, at BLER 0.1 and 0.01.

    A curve is read between its two points around the target, log BLER over dB; None
    where it does not enclose it.

    Parameters
    ----------
    rows : sequence of mappings
        As of :func:`bler_rows`.
    """
    found = []
    for name in dict.fromkeys(row["case"] for row in rows):
        of_case = [row for row in rows if row["case"] == name]
        for target in TARGETS:
            ours, tutorial, sionna = (
                _crossing(of_case, key, target) for key in ("bler", "tutorial_bler", "sionna_bler")
            )
            gap = {
                "case": name,
                "target": target,
                "ours_db": ours,
                "tutorial_db": tutorial,
                "sionna_db": sionna,
                "gap_to_tutorial_db": _minus(ours, tutorial),
                "gap_to_sionna_db": _minus(ours, sionna),
            }
            found.append(gap)
    return found


def _ours(case: Case, ebno_db: float, effort: Effort, seed: list[int]) -> tuple[int, int]:
    """Return how many blocks were sent by our chain, and how many failed."""
    rng = np.random.default_rng(seed)
    noise_var = 10 ** (-ebno_db / 10) * case.n / (case.k * case.bits_per_symbol)
    batch = max(1, min(_BATCH_BITS // case.n, effort.n_blocks // 10))
    blocks = failed = 0
    while not effort.enough(blocks, failed, case.n):
        bits = rng.integers(0, 2, (batch, case.k), dtype=np.uint8)
        llr = _heard(ldpc.encode(bits, case.n), case.bits_per_symbol, noise_var, rng)
        decided, _ = ldpc.decode_checked(llr, case.k)
        failed += int((decided != bits).any(axis=1).sum())
        blocks += batch
    return blocks, failed


def _heard(
    code: NDArray[np.uint8], order: int, noise_var: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Send code words [batch, n] over AWGN; return their soft bits [batch, n]."""
    batch, n = code.shape
    spread = code.reshape(batch, order, n // order).transpose(0, 2, 1) if order > 2 else code
    sent = map_bits(spread.reshape(-1), order)
    noise = rng.standard_normal((len(sent), 2), np.float32).view(np.complex64)[:, 0]
    received = sent + np.complex64(math.sqrt(noise_var / 2)) * noise
    llr = soft_bits(received, np.full(len(sent), noise_var, np.float32), order)
    if order == 2:
        return llr.reshape(batch, n)
    return llr.reshape(batch, n // order, order).transpose(0, 2, 1).reshape(batch, n)


def _sionnas(case: Case, ebno_db: float, blocks: int, seed: int) -> tuple[int, int]:
    """Return how many of Sionna's blocks failed, and how many were sent."""
    wanted, batch = int(case.sionna_share * blocks), max(1, _BATCH_BITS // case.n)
    failed = sent = 0
    shape = (case.k, case.n, case.bits_per_symbol)
    while sent < wanted:
        now = min(batch, wanted - sent)
        failed += blocks_failed(shape, ebno_db, now, 1000 * seed + sent // batch)
        sent += now
    return failed, sent


def _crossing(rows: Sequence[Mapping[str, Any]], key: str, target: float) -> float | None:
    """Return where a curve has the target, in dB."""
    points = sorted((row["ebno_db"], row[key]) for row in rows if row[key])
    for (low_db, low), (high_db, high) in pairwise(points):
        if low >= target >= high:
            share = 0.0 if low == high else math.log(low / target) / math.log(low / high)
            return float(low_db + share * (high_db - low_db))
    return None


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
