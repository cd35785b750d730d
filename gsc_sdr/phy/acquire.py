# SPDX-License-Identifier: MIT
"""From a suspicion to a frame: exact time and carrier offset of one preamble."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble, training

__all__ = ["Acquired", "acquire", "search_reach"]

_EXPLAINED = 0.08  # of a preamble's power; at -3 dB a single path has 0.29, noise 0.06 at most
_BALANCE = 0.25  # least ratio of what long and short training explain; 1 without noise
_PATH = 0.15  # of the strongest path's power: an earlier path as strong counts
_SEARCH = np.linspace(-0.42, 0.42, 43)  # carriers, around the coarse offset
_COARSE_LIMIT = 1.4  # carriers: beyond, noise may have turned the offset around


@dataclass(frozen=True)
class Acquired:
    """One preamble.

    Attributes
    ----------
    start : int
        Index in the window at which a capture begins: a quarter of the prefix
        before the first path.
    cfo : float, carriers
        Carrier offset.
    score : float
        Power that the preamble explains over power there is, 0 to 1.
    """

    start: int
    cfo: float
    score: float


def search_reach(config: OfdmConfig) -> int:
    """Return how many samples on either side of a suspicion acquire looks."""
    return 5 * config.n_fft  # as far as short training casts its shadow


def acquire(
    window: NDArray[np.complex64], coarse_cfo: float, config: OfdmConfig
) -> Acquired | None:
    """Find the preamble in a window and measure its carrier offset.

    Parameters
    ----------
    window : [2 * search_reach + preamble_length + n_fft], complex64
        Samples; the preamble begins within the first ``2 * search_reach``.
    coarse_cfo : float, carriers
        From the short training; known only modulo 4 carriers.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    acquired : Acquired or None
        None if the window holds no preamble.
    """
    tried = [coarse_cfo]
    if abs(coarse_cfo) > _COARSE_LIMIT:
        tried.append(coarse_cfo - np.copysign(4.0, coarse_cfo))
    times = np.arange(len(window)) / config.n_fft
    straight = window * np.exp(-2j * np.pi * np.outer(tried, times))
    score, long = _scores(straight, config)
    which, at = np.unravel_index(score.argmax(), score.shape)
    if score[which, at] < _EXPLAINED:
        return None
    start = _first_path(long[which], int(at), config) - config.n_cp // 4
    start = max(start, 0)
    found = straight[which, start:]
    # The suspicion may have stood in a tone of the payload before: ask the preamble itself.
    coarse = _repetition_cfo(found[config.n_cp // 4 :], config)
    found = found * np.exp(-2j * np.pi * coarse * times[: len(found)])
    cfo = tried[which] + coarse + _fine_cfo(found, config)
    return Acquired(start, float(cfo), float(score[which, at]))


def _scores(
    straight: NDArray[np.complex128], config: OfdmConfig
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share of power explained, and the energy in long training, by start.

    The preamble is seven blocks of n_fft, each compared with its own energy: a
    strong neighbour in one of them then cannot speak for all.
    """
    n_fft, n_starts = config.n_fft, 2 * search_reach(config)
    spectrum = scipy.fft.fft(straight, axis=1)
    short, long = (
        np.abs(scipy.fft.ifft(spectrum * template, axis=1)) ** 2
        for template in _templates(config, straight.shape[1])
    )
    total = np.concatenate([[0.0], np.cumsum(np.abs(straight[0]) ** 2)])
    present = np.maximum(total[n_fft:] - total[:-n_fft], 1e-9 * total[-1] + 1e-300)
    first = 5 * n_fft + 2 * config.n_cp
    share, pair = np.zeros((2, len(straight), n_starts)), np.zeros((len(straight), n_starts))
    for begin in (*range(0, 5 * n_fft, n_fft), first, first + n_fft):
        is_long, part = int(begin >= first), slice(begin, begin + n_starts)
        energy = (long if is_long else short)[:, part]
        share[is_long] += energy / present[part]
        pair += is_long * energy
    # Short training alone also fits a period early or late; long training must be there.
    is_whole = share[1] / 2 > _BALANCE * share[0] / 5
    return np.where(is_whole, share.sum(axis=0) / 7, 0.0), pair


def _first_path(pair: NDArray[np.float64], at: int, config: OfdmConfig) -> int:
    """Return the earliest start, up to a prefix before the best, of a strong path."""
    at = max(0, at - 2) + int(pair[max(0, at - 2) : at + 3].argmax())
    begin = max(0, at - config.n_cp + 2)
    noise = float(np.median(pair))
    strong = pair[begin : at + 1] > max(_PATH * pair[at], 12 * noise)
    return begin + int(strong.argmax()) if strong.any() else at


def _repetition_cfo(short: NDArray[np.complex128], config: OfdmConfig) -> float:
    """Return the carrier offset by which short training turns from period to period."""
    period = config.n_fft // 4
    early, late = short[period : 4 * config.n_fft], short[2 * period : 4 * config.n_fft + period]
    return float(np.angle(np.vdot(early, late)) * config.n_fft / period / (2 * np.pi))


def _fine_cfo(straight: NDArray[np.complex128], config: OfdmConfig) -> float:
    """Return the offset of largest likelihood when every carrier's gain is unknown."""
    known = training(config)
    blocks = np.stack([straight[begin : begin + config.n_fft] for begin in known.begins])
    carriers = scipy.fft.fft(blocks, norm="ortho")[:, config.bins]
    matched = carriers * known.sent.conj()
    lines = np.exp(-2j * np.pi * np.outer(_SEARCH, known.begins) / config.n_fft)
    weight = 1 / (np.abs(known.sent) ** 2).sum(axis=0)
    score = (np.abs(lines @ matched) ** 2) @ weight
    best = int(score.argmax().clip(1, len(_SEARCH) - 2))
    left, top, right = score[best - 1 : best + 2]
    bend = left - 2 * top + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(_SEARCH[best] + shift * (_SEARCH[1] - _SEARCH[0]))


@lru_cache(maxsize=8)
def _templates(config: OfdmConfig, length: int) -> list[NDArray[np.complex128]]:
    """Return the spectra that correlate with one n_fft of short and of long training."""
    samples, n_fft = preamble(config).astype(np.complex128), config.n_fft
    pieces = [samples[:n_fft], samples[-n_fft:]]
    unit = [piece / np.sqrt((np.abs(piece) ** 2).sum()) for piece in pieces]
    return [scipy.fft.fft(piece, length).conj() for piece in unit]
