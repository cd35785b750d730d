# SPDX-License-Identifier: MIT
"""From a suspicion to a frame: exact time and carrier offset of one preamble.

A preamble is seven blocks of n_fft samples that are known. Each is compared with
its own energy, so that a strong neighbour of one cannot speak for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.template import Template, template

__all__ = ["Acquired", "acquire", "acquire_each"]

_EXPLAINED = 0.08  # of a preamble's power; at -3 dB a single path has 0.29, noise 0.06 at most
_BALANCE = 0.25  # least ratio of what short and long training explain, either way; 1 without noise
_EITHER = 0.15  # least ratio of what the first blocks explain and the last; 1 without noise
_CLEARER = 0.5  # times the coherence of the frame that it stands in: a suspicion counts
_PATH = 0.15  # of the strongest path's power: an earlier path as strong counts
_CLEAR = 10.0  # times what noise of this power would give: an earlier path as clear counts
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
    start, cfo, score = _acquire(np.asarray(window, np.complex64), coarse_cfo, template(config))
    return Acquired(start, cfo, score) if score > 0 else None


@kernel
def acquire_each(
    stream: NDArray[np.complex64],
    suspicions: NDArray[np.float64],
    recent: NDArray[np.float64],
    known: Template,
    end: int,
) -> tuple[NDArray[np.float64], int, int]:
    """Acquire a preamble for each suspicion that no frame found before explains.

    Parameters
    ----------
    stream : [n], complex64
        Samples.
    suspicions : [n_suspicions, 5], float64
        As ``suspect`` returns them.
    recent : [n_recent, 2], float64
        Starts (index in ``stream``) and scores of the frames found last; brought up
        to date.
    known : Template
        What to look for.
    end : int
        Where the stream's samples end: a preamble lies before.

    Returns
    -------
    found : [n_found, 4], float64
        Index of the window, start of a capture, carrier offset, score.
    n_candidates, n_rejected : int
        Suspicions looked at, and those among them that were no preamble.
    """
    found, n_found = np.empty((len(suspicions), 4)), 0
    n_candidates = n_rejected = 0
    length = 7 * known.n_fft + 2 * known.n_cp
    for row in range(len(suspicions)):
        place, cfo, coherence = int(suspicions[row, 0]), suspicions[row, 1], suspicions[row, 2]
        needed = np.inf if suspicions[row, 3] else coherence / 2
        if _is_explained(recent, place, needed, known.reach):
            continue
        if _is_payload(recent, place, coherence, known):
            continue
        n_candidates += 1
        low = place - known.reach
        high = place + known.reach + length + known.n_fft
        start, cfo, score = _acquire(stream[low:high], cfo, known)
        start += low
        if score == 0 or start + length > end:
            n_rejected += 1
        elif not _is_explained(recent, start, 0.0, known.n_cp):  # not found already
            recent[1:] = recent[:-1].copy()
            recent[0, 0], recent[0, 1] = start, score
            found[n_found, 0], found[n_found, 1] = suspicions[row, 4], start
            found[n_found, 2], found[n_found, 3] = cfo, score
            n_found += 1
    return found[:n_found], n_candidates, n_rejected


@kernel
def _is_explained(recent: NDArray[np.float64], place: int, needed: float, distance: int) -> bool:
    """Return whether a frame of at least the score needed began within a distance."""
    for row in range(len(recent)):
        if abs(recent[row, 0] - place) <= distance and recent[row, 1] >= needed:
            return True
    return False


@kernel
def _is_payload(recent: NDArray[np.float64], place: int, coherence: float, known: Template) -> bool:
    """Return whether a suspicion stands in a frame whose preamble was far clearer.

    Payloads repeat by chance, and more so those of a few strong symbols. A second
    frame so much weaker than the one that it stands in could not be read.
    """
    for row in range(len(recent)):
        is_inside = 0 <= place - recent[row, 0] < known.payload_end
        if is_inside and coherence < (_CLEARER * recent[row, 1]) ** 2:
            return True
    return False


@kernel
def _acquire(
    window: NDArray[np.complex64], coarse_cfo: float, known: Template
) -> tuple[int, float, float]:
    """Return start, carrier offset and score of a window's preamble; score 0 for none."""
    air = _prepare(window, known.n_fft)
    at, cfo, best = 0, 0.0, 7 * _EXPLAINED
    for turns in range(2 if abs(coarse_cfo) > _COARSE_LIMIT else 1):
        tried = coarse_cfo - np.copysign(4.0 * turns, coarse_cfo)
        place, score = _best_start(air, tried, best, known)
        if score > best:
            at, cfo, best = place, tried, score
    if best <= 7 * _EXPLAINED:
        return 0, 0.0, 0.0
    at = _first_path(air, at, cfo, known)
    # The suspicion may have stood in a tone of the payload before: ask the preamble itself.
    cfo += _repetition_cfo(air, at, cfo, known)
    start = max(at - known.n_cp // 4, 0)
    return start, cfo + _fine_cfo(air, start, cfo, known), best / 7


@kernel
def _prepare(window: NDArray[np.complex64], n_fft: int) -> NDArray[np.float32]:
    """Return samples less their mean, and 1 over the energy of n_fft from each, [3, n].

    Real parts, imaginary parts: no frame holds a constant. Silence has no energy to
    divide by, and gets 0.
    """
    air, total = np.zeros((3, len(window)), np.float32), np.empty(len(window) + 1)
    mean = window.mean()
    air[0], air[1] = window.real - mean.real, window.imag - mean.imag
    total[0] = 0.0
    for n in range(len(window)):
        total[n + 1] = total[n] + (air[0, n] * air[0, n] + air[1, n] * air[1, n])
    floor = 1e-9 * total[-1]
    if floor > 0:
        for n in range(len(window) - n_fft + 1):
            air[2, n] = 1 / max(total[n + n_fft] - total[n], floor)
    return air


@kernel
def _rotated(piece: NDArray[np.complex64], cfo: float, n_fft: int) -> NDArray[np.float32]:
    """Return training as it arrives with an offset: real and imaginary parts, [2, n]."""
    planes = np.empty((2, len(piece)), np.float32)
    for n in range(len(piece)):
        angle = 2 * np.pi * cfo * n / n_fft
        turned = piece[n] * complex(np.cos(angle), np.sin(angle))
        planes[0, n], planes[1, n] = turned.real, turned.imag
    return planes


@kernel
def _correlate_at(air: NDArray[np.float32], begin: int, piece: NDArray[np.float32]) -> complex:
    """Return the correlation with a piece of training that begins at one sample."""
    x = y = np.float32(0)
    for n in range(piece.shape[1]):
        x += air[0, begin + n] * piece[0, n] + air[1, begin + n] * piece[1, n]
        y += air[1, begin + n] * piece[0, n] - air[0, begin + n] * piece[1, n]
    return complex(x, y)


@kernel
def _correlate(
    air: NDArray[np.float32], begin: int, piece: NDArray[np.float32], n_out: int
) -> NDArray[np.float32]:
    """Return the correlation with a piece that begins at each of n_out samples, [2, n_out]."""
    found = np.zeros((2, n_out), np.float32)
    re, im, x, y = air[0, begin:], air[1, begin:], found[0], found[1]
    for k in range(piece.shape[1]):  # one sample of it at a time: a loop that is vectorised
        a, b = piece[0, k], piece[1, k]
        for n in range(n_out):
            x[n] += re[n + k] * a + im[n + k] * b
            y[n] += im[n + k] * a - re[n + k] * b
    return found


@kernel
def _power(
    air: NDArray[np.float32], begin: int, piece: NDArray[np.float32], n_out: int
) -> NDArray[np.float32]:
    """Return the squared correlation with a piece that begins at each of n_out samples."""
    x, y = _correlate(air, begin, piece, n_out)
    power: NDArray[np.float32] = x * x + y * y
    return power


@kernel
def _best_start(
    air: NDArray[np.float32], cfo: float, best: float, known: Template
) -> tuple[int, float]:
    r"""Return the start whose blocks are best explained, and their sum of shares.

    With :math:`q_b(s) = |\langle t_b, x_{s + b}\rangle|^2 / |x_{s + b}|^2 \le 1` over
    five blocks of short and two of long training, :math:`\sum_b q_b` is largest. Long
    training is asked only where it may still make the sum larger than the best.
    """
    at, n, n_starts = 0, known.n_fft, 2 * known.reach
    short, long = _explained_by_short(air, cfo, known), _rotated(known.long, cfo, n)
    share = short[:n_starts].copy()
    for block in range(1, 5):
        share += short[block * n : block * n + n_starts]
    top = int(share.argmax())
    if share[top] < 5 * _EXPLAINED:
        return at, best
    first = 5 * n + 2 * known.n_cp
    for near in (top - n // 4, top, top + n // 4):
        s = min(max(near, 0), n_starts - 1)
        at, best = _better(air, short, long, (s, s + 1, first), (at, best))
    low, high = 0, n_starts
    while low < high and share[low] <= best - 2:
        low += 1
    while low < high and share[high - 1] <= best - 2:
        high -= 1
    return _better(air, short, long, (low, high, first), (at, best))


@kernel
def _better(
    air: NDArray[np.float32],
    short: NDArray[np.float32],
    piece: NDArray[np.float32],
    places: tuple[int, int, int],
    found: tuple[int, float],
) -> tuple[int, float]:
    """Return a start from low to high that is better than what was found, and its sum.

    Either training alone also fits a period early or late, or a tone; what lacks the
    first block of both, or the last, begins n_fft early or late.
    """
    (low, high, first), (at, best), n = places, found, piece.shape[1]
    first += low
    ones = _power(air, first, piece, high - low) * air[2, first : first + high - low]
    first += n
    twos = _power(air, first, piece, high - low) * air[2, first : first + high - low]
    for s in range(low, high):
        one, two = ones[s - low], twos[s - low]
        begin, end = short[s], short[s + 4 * n]
        less = begin + short[s + n] + short[s + 2 * n] + short[s + 3 * n] + end
        if less + one + two > best:
            ratio, edges = (one + two) / 2 / (less / 5), (begin + one) / (end + two)
            if _BALANCE < ratio < 1 / _BALANCE and _EITHER < edges < 1 / _EITHER:
                at, best = s, less + one + two
    return at, best


@kernel
def _explained_by_short(
    air: NDArray[np.float32], cfo: float, known: Template
) -> NDArray[np.float32]:
    """Return what one block of short training explains, by where it begins.

    A block is four periods: each is correlated once, and they are put together.
    """
    n, period = known.n_fft, known.n_fft // 4
    n_blocks = 2 * known.reach + 4 * n
    piece = _rotated(known.short[:period], cfo, n)
    x, y = _correlate(air, 0, piece, n_blocks + 3 * period)
    explained = np.empty(n_blocks, np.float32)
    turn = np.exp(-2j * np.pi * cfo * period / n * np.arange(4))
    c, s = turn.real.astype(np.float32), turn.imag.astype(np.float32)
    for k in range(n_blocks):
        a, b = x[k], y[k]
        for part in range(1, 4):
            u, v = x[k + part * period], y[k + part * period]
            a += c[part] * u - s[part] * v
            b += c[part] * v + s[part] * u
        explained[k] = (a * a + b * b) * air[2, k]
    return explained


@kernel
def _first_path(air: NDArray[np.float32], at: int, cfo: float, known: Template) -> int:
    """Return the earliest start, up to a prefix before the best, of a strong path."""
    n, begin = known.n_fft, max(0, at - known.n_cp)
    first, n_places = 5 * n + 2 * known.n_cp, at + 3 - begin
    begin_long, piece = begin + first, _rotated(known.long, cfo, n)
    pair = _power(air, begin_long, piece, n_places) + _power(air, begin_long + n, piece, n_places)
    near = max(0, at - 2) - begin
    at = near + int(pair[near:].argmax())
    training = air[:2, begin + at + first : begin + at + first + 2 * n]
    least = max(_PATH * pair[at], _CLEAR * (training**2).sum() / n)
    for place in range(max(0, at - known.n_cp + 2), at):
        if pair[place] > least:
            return begin + place
    return begin + at


@kernel
def _repetition_cfo(air: NDArray[np.float32], at: int, cfo: float, known: Template) -> float:
    """Return by how much the offset at which short training turns differs from cfo."""
    n, period = known.n_fft, known.n_fft // 4
    x = y = np.float32(0)
    for m in range(at + period, at + 4 * n):
        a, b, c, d = air[0, m], air[1, m], air[0, m + period], air[1, m + period]
        x += a * c + b * d
        y += a * d - b * c
    more = float(np.arctan2(y, x)) * n / period / (2 * np.pi) - cfo
    return more - 4.0 * round(more / 4)


@kernel
def _fine_cfo(air: NDArray[np.float32], start: int, cfo: float, known: Template) -> float:
    r"""Return the offset that is left, of largest likelihood over unknown paths.

    With correlations :math:`c_b(\tau)` of block b with a path of delay :math:`\tau`
    the likelihood of the offset f is
    :math:`\sum_\tau w_\tau |\sum_b c_b(\tau) e^{-2 \pi j f t_b}|^2`, where weak paths
    weigh less; it depends on what blocks b < b' have in common alone.
    """
    n, n_blocks = known.n_fft, len(known.begins)
    seen = np.empty((n_blocks, known.n_cp), np.complex128)
    short, long = _rotated(known.short, cfo, n), _rotated(known.long, cfo, n)
    for b in range(n_blocks):
        begin, piece = start + known.begins[b], short if b < n_blocks - 2 else long
        angle = -2 * np.pi * cfo * known.begins[b] / n
        turn = complex(np.cos(angle), np.sin(angle))
        for tau in range(known.n_cp):
            seen[b, tau] = _correlate_at(air, begin + tau, piece) * turn
    power = (seen.real**2 + seen.imag**2).sum(axis=0)
    score, pair = np.zeros(known.lines.shape[1]), 0
    for b in range(n_blocks):
        for later in range(b + 1, n_blocks):
            common = (seen[b].conj() * seen[later] * power).sum() / power.max()
            line = known.lines[pair]
            score += common.real * line.real - common.imag * line.imag
            pair += 1
    best = min(max(int(score.argmax()), 1), len(score) - 2)
    left, top, right = score[best - 1], score[best], score[best + 1]
    bend = left - 2 * top + right
    shift = 0.5 * (left - right) / bend if bend < 0 else 0.0
    return float(known.offsets[best] + shift * (known.offsets[1] - known.offsets[0]))
