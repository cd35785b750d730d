# SPDX-License-Identifier: MIT
"""Channel state: the gain of every carrier, the noise, their ratio.

A channel shorter than the cyclic prefix has fewer degrees of freedom than there
are carriers. The estimate keeps what such a channel can do and drops the rest,
which is noise: a Wiener filter over carriers, see Prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.jit import kernel
from gsc_sdr.phy.carriers import N_TRAINING
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.prior import Priors, priors_of, smooth
from gsc_sdr.phy.track import Track

__all__ = ["Csi", "GainEstimate", "covariances", "estimate_gain"]

_TINY = 1e-12  # keeps ratios finite, so that they can be sent and compared
# Delays after a capture's first sample, in cyclic prefixes, that channels may fill:
# one path of an exact start, one of the detector's start, a few, as many as fit.
_RANGES = ((-0.03, 0.2), (0.15, 0.4), (0.0, 0.6), (-0.03, 1.0))
_MOVED = 1.4  # times the noise of neighbours: rows that disagree as much have seen a motion
_LEAK = 1e-6  # power that no such path explains


@dataclass(frozen=True)
class Csi:
    """What one frame says of its channel.

    Attributes
    ----------
    gain : [n_active], complex64
        Gain of each active carrier in ascending frequency, linear amplitude,
        absolute: receiver gain included.
    noise_var : float
        Noise power of one carrier, linear.
    snr_db : float
        Mean Es/N0 over the active carriers, in dB; finite.
    """

    gain: NDArray[np.complex64]
    noise_var: float
    snr_db: float


@dataclass(frozen=True)
class GainEstimate:
    """Gains of a batch of frames.

    Attributes
    ----------
    gain : [batch, n_active], complex128
        Smoothed gain.
    error : [batch], float64
        Its expected squared error.
    noise_var : [batch], float64
        Noise power of one received carrier.
    power : [batch], float64
        Mean squared gain, noise taken off.
    prior : [batch], int64
        Which of ``covariances`` explains it best.
    """

    gain: NDArray[np.complex128]
    error: NDArray[np.float64]
    noise_var: NDArray[np.float64]
    power: NDArray[np.float64]
    prior: NDArray[np.int64]

    def pick(self, rows: list[int]) -> GainEstimate:
        """Return the estimates of some of the frames."""
        return GainEstimate(
            self.gain[rows],
            self.error[rows],
            self.noise_var[rows],
            self.power[rows],
            self.prior[rows],
        )

    def times(self, scale: NDArray[np.float64]) -> GainEstimate:
        """Return the estimates of frames ``scale`` [batch] times as strong."""
        square = scale**2
        return GainEstimate(
            self.gain * scale[:, None],
            self.error * square,
            self.noise_var * square,
            self.power * square,
            self.prior,
        )

    def csi(self) -> list[Csi]:
        """Return the channel state of each frame."""
        least = np.maximum(np.maximum(self.noise_var, _TINY * self.power), 1e-300)
        snr_db = 10 * np.log10((self.power / least).clip(_TINY, 1 / _TINY))
        rows = (self.gain.astype(np.complex64), self.noise_var.tolist(), snr_db.tolist())
        return list(map(Csi, *rows))


def estimate_gain(
    received: NDArray[np.complexfloating[Any, Any]],
    sent: NDArray[np.complexfloating[Any, Any]],
    config: OfdmConfig,
    found: Track | None = None,
) -> GainEstimate:
    r"""Estimate the gains of a batch of frames from known symbols.

    With :math:`y_{r,c} = h_c x_{r,c} + n_{r,c}` the noise is what the rows do
    not agree on, unbiased; least squares :math:`\sum_r x^* y / \sum_r |x|^2`
    is then smoothed over carriers by a Wiener filter for channels no longer
    than the cyclic prefix.

    Parameters
    ----------
    received : [batch, n_rows, n_active], complex
        Received carriers.
    sent : [batch or 1, n_rows, n_active], complex
        What was sent, of the same power in every frame; 0 where nothing was,
        not 0 in at least two rows of some carrier and one row of each.
    config : OfdmConfig
        The frame's shape.
    found : Track of [batch, n_rows or more] or None
        Factor of each row on the gain; what it was fitted by is no noise any more.

    Raises
    ------
    ShapeError
        If the shapes do not match, or there is one row.
    """
    if received.ndim != 3 or received.shape[1] < 2 or received.shape[1:] != sent.shape[1:]:
        raise ShapeError(
            f"received is {received.shape} and sent {sent.shape}; expected [batch, n_rows >= 2, "
            f"n_active={config.n_active}] for both: pass at least two known symbols"
        )
    n, sent = len(received), np.ascontiguousarray(sent, np.complex64)
    energy, n_known = _energy(sent)
    priors = _priors(config, energy.tobytes())
    if found is None:
        common, spent = np.ones((n, received.shape[1]), np.complex128), np.zeros(n)
    else:
        common, spent = found.common, found.spent
    spare = np.maximum(n_known - config.n_active - spent, 1.0)
    gain = np.empty((n, config.n_active), np.complex128)
    figures, prior = np.empty((3, n)), np.empty(n, np.int64)
    known = (np.ascontiguousarray(received, np.complex64), sent, common)
    _estimate(known, spare, priors, (gain, figures, prior))
    return GainEstimate(gain, figures[0], figures[1], figures[2], prior)


@kernel
def _energy(sent: NDArray[np.complex64]) -> tuple[NDArray[np.float64], int]:
    """Return each carrier's share of the first frame's energy, to three places, and how many."""
    energy, n_known = np.zeros(sent.shape[2]), 0
    for row in range(sent.shape[1] if len(sent) else 0):
        for column in range(len(energy)):
            value = sent[0, row, column]
            strength = value.real**2 + value.imag**2
            energy[column] += strength
            n_known += strength > 0
    mean = energy.mean()
    return (np.round(energy / mean, 3) if mean > 0 else np.ones(len(energy))), n_known


@kernel
def _estimate(
    known: tuple[NDArray[np.complex64], NDArray[np.complex64], NDArray[np.complex128]],
    spare: NDArray[np.float64],
    priors: Priors,
    found: tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.int64]],
) -> None:
    """Fill gain [batch, n_active]; error, noise and power [3, batch]; prior [batch]."""
    received, sent, common = known
    gain, figures, prior = found
    n_active = gain.shape[1]
    white, mean = np.empty((2, n_active)), np.empty((2, n_active))
    energy = np.empty(n_active)
    for frame in range(len(received)):
        rows = (received[frame], sent[min(frame, len(sent) - 1)], common[frame])
        noise = max(_whiten(rows, white, energy), 0.0) / spare[frame]
        ripple = _ripple(rows)
        noise = ripple if noise > _MOVED * ripple else noise
        seen, weak, level = (white**2 / energy).sum() / n_active, (1 / energy).mean(), energy.mean()
        power = max(seen - noise * weak, 0.01 * seen)
        error, prior[frame] = smooth(white, power * level, noise, priors, mean)
        fit = _shrinkage(white, mean)
        for column in range(n_active):
            root = np.sqrt(energy[column])
            gain[frame, column] = complex(mean[0, column], mean[1, column]) * (fit / root)
        figures[0, frame], figures[1, frame], figures[2, frame] = error / level, noise, power


@kernel
def _whiten(
    rows: tuple[NDArray[np.complex64], NDArray[np.complex64], NDArray[np.complex128]],
    white: NDArray[np.float64],
    energy: NDArray[np.float64],
) -> float:
    """Write each carrier's sum over rows, of equal noise; return the energy that it misses."""
    received, sent, common = rows
    white[:], energy[:] = 0.0, 0.0
    total = 0.0
    for row in range(len(received)):
        factor = common[row]
        for column in range(len(energy)):
            y, x = np.complex128(received[row, column]), sent[row, column] * factor
            strength = x.real * x.real + x.imag * x.imag
            white[0, column] += x.real * y.real + x.imag * y.imag
            white[1, column] += x.real * y.imag - x.imag * y.real
            energy[column] += strength
            total += float(y.real * y.real + y.imag * y.imag) if strength > 0 else 0.0
    energy[:] = np.maximum(energy, _TINY)
    for column in range(len(energy)):
        white[:, column] /= np.sqrt(energy[column])
        total -= white[0, column] ** 2 + white[1, column] ** 2
    return total


@kernel
def _ripple(
    rows: tuple[NDArray[np.complex64], NDArray[np.complex64], NDArray[np.complex128]],
) -> float:
    """Return the noise that each three header symbols in a row show; infinity without any.

    A gain that moves evenly, h(t) = h + t h', is not in h(t - 1) - 2 h(t) + h(t + 1).
    """
    received, sent, common = rows
    total, count = 0.0, 0
    for row in range(N_TRAINING + 1, len(received) - 1):
        for column in range(received.shape[1]):
            bend, variance = 0j, 0.0
            for step in range(-1, 2):
                expected = sent[row + step, column] * common[row + step]
                strength = expected.real**2 + expected.imag**2 + _TINY
                factor = 1.0 - 3.0 * (step == 0)
                value = received[row + step, column] * expected.conjugate()
                bend += value * (factor / strength)
                variance += factor * factor / strength
            total += (bend.real**2 + bend.imag**2) / variance
            count += 1
    return total / count if count else np.inf


@kernel
def _shrinkage(seen: NDArray[np.float64], mean: NDArray[np.float64]) -> float:
    """Return the factor by which a Wiener filter shrank: the equaliser must not."""
    size = product = 0.0
    for part in range(2):
        for column in range(seen.shape[1]):
            size += mean[part, column] ** 2
            product += seen[part, column] * mean[part, column]
    return min(max(product / max(size, 1e-300), 1.0), 2.0)


@lru_cache(maxsize=16)
def _priors(config: OfdmConfig, energy: bytes) -> Priors:
    """Return priors of unit gains times the root of each carrier's relative energy."""
    roots = np.sqrt(np.frombuffer(energy))
    leak, scale = _LEAK * np.eye(config.n_active), np.outer(roots, roots)
    scaled = [np.multiply(part + leak, scale, dtype=complex) for part in covariances(config)]
    return priors_of(scaled, 4 * _LEAK)


@lru_cache(maxsize=8)
def covariances(config: OfdmConfig) -> list[NDArray[np.complex128]]:
    """Return the covariance [n_active, n_active] of unit gains for each of some delay ranges."""
    found = []
    for first, last in _RANGES:
        delays = np.arange(first * config.n_cp, last * config.n_cp, 0.25)  # paths keep no grid
        angle = np.outer(config.active_carriers, delays) * (-2j * np.pi / config.n_fft)
        steering = np.exp(angle) / np.sqrt(len(delays))
        found.append(steering @ steering.conj().T)
    return found
