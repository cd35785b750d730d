# SPDX-License-Identifier: MIT
"""Phase drift of a frame: what is left of the carrier offset, and the clocks.

The received carrier c of a symbol at time t is turned by
2 pi t (cfo + c sfo) + phase. Three numbers describe a frame; every known
carrier of header and payload speaks for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.phasor import short_phasor

__all__ = ["Drift", "Known", "fit_drift", "search_cfo"]

_CFO_STD = 0.05  # carriers: what the synchroniser may leave
_SFO_STD = 5e-5  # relative: two cheap crystals
_SEARCH = np.linspace(-0.2, 0.2, 81)  # carriers


class Known(NamedTuple):
    """Known carriers of a batch of frames, matched to what was expected of them.

    Attributes
    ----------
    matched : [batch, n_points], complex64
        conj(gain * sent) * received.
    weight : [batch, n_points], float32
        |gain * sent|^2.
    noise_var : [batch], float64
        Noise power of a carrier.
    times : [n_points], float64
        When each was sent, in symbols without prefix (n_fft samples).
    carriers : [n_points], float64
        On which carrier.
    """

    matched: NDArray[np.complex64]
    weight: NDArray[np.float32]
    noise_var: NDArray[np.float64]
    times: NDArray[np.float64]
    carriers: NDArray[np.float64]

    def before(self, n_points: int) -> Known:
        """Return the first points alone."""
        return self._replace(times=self.times[:n_points], carriers=self.carriers[:n_points])


@dataclass(frozen=True)
class Drift:
    """Phase (radians), carrier offset (carriers) and clock offset (relative), each [batch]."""

    phase: NDArray[np.float64]
    cfo: NDArray[np.float64]
    sfo: NDArray[np.float64]

    def pick(self, rows: list[int]) -> Drift:
        """Return the drift of some of the frames."""
        return Drift(self.phase[rows], self.cfo[rows], self.sfo[rows])

    def rotation(
        self, times: NDArray[np.float64], carriers: NDArray[np.float64]
    ) -> NDArray[np.complex128]:
        """Return the turn [batch, ...] at times and on carriers [...]; unit modulus."""
        phase, cfo, sfo = (
            value.reshape(-1, *[1] * times.ndim) for value in (self.phase, self.cfo, self.sfo)
        )
        turn: NDArray[np.complex128] = np.exp(
            1j * (phase + 2 * np.pi * times * (cfo + sfo * carriers))
        )
        return turn


def search_cfo(known: Known) -> Drift:
    """Return the drift of the carrier offset that lines the symbols up best.

    For a first look, when the phase may have turned several times: the
    real part of the sum over a grid of offsets, the peak between grid points
    by a parabola.
    """
    lines = _lines(known.times.tobytes())
    score = np.empty((len(known.matched), len(_SEARCH)))
    _line_up(known, lines, score)
    score -= 0.5 * known.noise_var[:, None] * (_SEARCH / _CFO_STD) ** 2 / 2
    best = score.argmax(axis=1).clip(1, len(_SEARCH) - 2)
    rows = np.arange(len(best))
    left, top, right = (score[rows, best + k] for k in (-1, 0, 1))
    bend = np.where((curve := left - 2 * top + right) < 0, curve, -np.inf)
    cfo = _SEARCH[best] + 0.5 * (left - right) / bend * (_SEARCH[1] - _SEARCH[0])
    return Drift(np.zeros_like(cfo), cfo, np.zeros_like(cfo))


@lru_cache(maxsize=8)
def _lines(times: bytes) -> NDArray[np.float64]:
    """Return real and imaginary part of each offset's turn at each time, [2, n_points, 81]."""
    turn = np.exp(2j * np.pi * np.outer(np.frombuffer(times), _SEARCH))
    return np.stack([turn.real, turn.imag])


@kernel
def _line_up(known: Known, lines: NDArray[np.float64], score: NDArray[np.float64]) -> None:
    """Write the real part of the sum of matched values, each offset taken off."""
    score[:] = 0.0
    for frame in range(len(score)):
        for point in range(lines.shape[1]):
            real, imag = known.matched[frame, point].real, known.matched[frame, point].imag
            for at in range(score.shape[1]):
                score[frame, at] += real * lines[0, point, at] + imag * lines[1, point, at]


def fit_drift(known: Known, start: Drift, n_steps: int = 2) -> Drift:
    r"""Refine a drift by Gauss-Newton steps of the log-likelihood.

    A step solves :math:`(A + v D) \delta = g` with
    :math:`g = \sum \Im(m e^{-j\varphi}) \psi`,
    :math:`A = \sum w \psi \psi^T` and :math:`\psi = (1, 2\pi t, 2\pi t c)`;
    :math:`v D` is the prior on the offsets.
    """
    theta = np.stack([start.phase, start.cfo, start.sfo], axis=1)  # [batch, 3]
    prior = np.array([0.0, _CFO_STD**-2, _SFO_STD**-2])
    _fit(known, prior, n_steps, theta)
    return Drift(*np.ascontiguousarray(theta.T))


@kernel
def _fit(
    known: Known, prior: NDArray[np.float64], n_steps: int, theta: NDArray[np.float64]
) -> None:
    """Refine theta [batch, 3] in place."""
    slope, normal = np.empty(3), np.empty((3, 3))
    for frame in range(len(theta)):
        ridge = 0.5 * known.noise_var[frame] * prior
        _curvature(known, frame, normal)
        for k in range(3):
            normal[k, k] += ridge[k] + 1e-30
        inverse = _inverse(normal)
        for _ in range(n_steps):
            _gradient(known, frame, theta[frame], slope)
            theta[frame] += inverse @ (slope - ridge * theta[frame])


@kernel
def _curvature(known: Known, frame: int, normal: NDArray[np.float64]) -> None:
    """Write the sum of w psi psi^T of one frame."""
    tone = a = b = c = d = e = 0.0
    for point in range(len(known.times)):
        weight = float(known.weight[frame, point])
        turn = 2 * np.pi * known.times[point]
        slip = turn * known.carriers[point]
        tone += weight
        a += weight * turn
        b += weight * slip
        c += weight * turn * turn
        d += weight * turn * slip
        e += weight * slip * slip
    normal[0, 0], normal[0, 1], normal[0, 2] = tone, a, b
    normal[1, 0], normal[1, 1], normal[1, 2] = a, c, d
    normal[2, 0], normal[2, 1], normal[2, 2] = b, d, e


@kernel
def _gradient(
    known: Known, frame: int, theta: NDArray[np.float64], slope: NDArray[np.float64]
) -> None:
    """Write the sum of Im(m e^(-j phi)) psi of one frame."""
    total = by_time = by_slip = 0.0
    phase, cfo, sfo = theta[0] / (2 * np.pi), theta[1], theta[2]
    for point in range(len(known.times)):
        time, carrier = known.times[point], known.carriers[point]
        cosine, sine = short_phasor(phase + time * (cfo + sfo * carrier))
        value = known.matched[frame, point]
        ahead = value.imag * cosine - value.real * sine
        total += ahead
        by_time += ahead * time
        by_slip += ahead * time * carrier
    slope[0], slope[1], slope[2] = total, 2 * np.pi * by_time, 2 * np.pi * by_slip


@kernel
def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of a symmetric matrix [3, 3], by cofactors; 0 where it has none."""
    inverse = np.empty((3, 3))
    for row in range(3):
        for column in range(3):
            a, b, c, d = (row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3
            inverse[row, column] = matrix[a, c] * matrix[b, d] - matrix[a, d] * matrix[b, c]
    determinant = (matrix[0] * inverse[0]).sum()
    inverse *= 1 / determinant if determinant > 0 else 0.0
    return inverse
