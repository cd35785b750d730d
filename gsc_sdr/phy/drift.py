# SPDX-License-Identifier: MIT
"""Phase drift of a frame: what is left of the carrier offset, and the clocks.

The received carrier c of a symbol at time t is turned by
2 pi t (cfo + c sfo) + phase. Three numbers describe a frame; every known
carrier of header and payload speaks for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Drift", "Known", "fit_drift", "search_cfo"]

_CFO_STD = 0.05  # carriers: what the synchroniser may leave
_SFO_STD = 5e-5  # relative: two cheap crystals
_SEARCH = np.linspace(-0.2, 0.2, 81)  # carriers


@dataclass(frozen=True)
class Known:
    """Known carriers of a batch of frames, matched to what was expected of them.

    Attributes
    ----------
    matched : [batch, n_points], complex128
        conj(gain * sent) * received.
    weight : [batch, n_points], float64
        |gain * sent|^2.
    noise_var : [batch], float64
        Noise power of a carrier.
    times : [n_points], float64
        When each was sent, in symbols without prefix (n_fft samples).
    carriers : [n_points], float64
        On which carrier.
    """

    matched: NDArray[np.complex128]
    weight: NDArray[np.float64]
    noise_var: NDArray[np.float64]
    times: NDArray[np.float64]
    carriers: NDArray[np.float64]


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
    lines = np.exp(-2j * np.pi * np.outer(known.times, _SEARCH))
    score = (known.matched @ lines).real
    score -= 0.5 * known.noise_var[:, None] * (_SEARCH / _CFO_STD) ** 2 / 2
    best = score.argmax(axis=1).clip(1, len(_SEARCH) - 2)
    rows = np.arange(len(best))
    left, top, right = (score[rows, best + k] for k in (-1, 0, 1))
    bend = np.where((curve := left - 2 * top + right) < 0, curve, -np.inf)
    cfo = _SEARCH[best] + 0.5 * (left - right) / bend * (_SEARCH[1] - _SEARCH[0])
    return Drift(np.zeros_like(cfo), cfo, np.zeros_like(cfo))


def fit_drift(known: Known, start: Drift, n_steps: int = 2) -> Drift:
    r"""Refine a drift by Gauss-Newton steps of the log-likelihood.

    A step solves :math:`(A + v D) \delta = g` with
    :math:`g = \sum \Im(m e^{-j\varphi}) \psi`,
    :math:`A = \sum w \psi \psi^T` and :math:`\psi = (1, 2\pi t, 2\pi t c)`;
    :math:`v D` is the prior on the offsets.
    """
    theta = np.stack([start.phase, start.cfo, start.sfo], axis=1)  # [batch, 3]
    turn = 2 * np.pi * known.times
    basis = np.stack([np.ones_like(turn), turn, turn * known.carriers], axis=1)
    squares = (basis[:, :, None] * basis[:, None, :]).reshape(-1, 9)
    normal = (known.weight @ squares).reshape(-1, 3, 3)
    ridge = 0.5 * np.outer(known.noise_var, [0.0, _CFO_STD**-2, _SFO_STD**-2])
    normal += (ridge[:, :, None] + 1e-30) * np.eye(3)
    for _ in range(n_steps):
        turned = known.matched * Drift(*theta.T).rotation(known.times, known.carriers).conj()
        slope = turned.imag @ basis - ridge * theta
        theta = theta + np.linalg.solve(normal, slope[..., None])[..., 0]
    return Drift(*theta.T)
