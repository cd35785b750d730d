# SPDX-License-Identifier: MIT
"""What turns all carriers of a symbol alike: oscillators and moving channels.

The gain of a frame, turned by its drift, is good for a still channel and clean
oscillators. What the known carriers of a symbol still miss is a change that all
share, or noise: a random walk, whose pace is chosen by its likelihood in each
frame, tells them apart and follows the change only as far as it is one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.special
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.drift import Drift, Known
from gsc_sdr.phy.phasor import short_phasor
from gsc_sdr.phy.walk import PACES, Seen, add_surprise, retrace

__all__ = ["Rows", "Track", "burst_level", "track"]

_DOUBT = 3.0  # log-likelihood that a change of the channel must win
_CHANCE = 1e-4  # that noise alone looks like a burst in one OFDM symbol
_OPEN = 1.0  # variance of the first symbol's factor, before it is seen
_TINY = 1e-300
_LEAST = np.float32(1e-30)


class Rows(NamedTuple):
    """Which known carriers belong to which OFDM symbol.

    Attributes
    ----------
    begins : [n_rows + 1], int64
        First point of each row, and the end of the last.
    times : [n_rows], float64
        When each row was sent, in symbols without prefix.
    n_sure : int
        Rows whose noise is the frame's; that of later ones is measured.
    """

    begins: NDArray[np.int64]
    times: NDArray[np.float64]
    n_sure: int


class Track(NamedTuple):
    """What was found on each row of a batch of frames.

    Attributes
    ----------
    common : [batch, n_rows], complex128
        Factor on the frame's gain; constant for a still channel.
    error : [batch, n_rows], float64
        Its expected squared error.
    noise_var : [batch, n_rows], float64
        At least that of the frame; more where known carriers do not fit.
    spent : [batch], float64
        How many complex numbers the sure rows' noise was fitted by.
    power : [batch], float64
        Mean squared factor of the sure rows.
    """

    common: NDArray[np.complex128]
    error: NDArray[np.float64]
    noise_var: NDArray[np.float64]
    spent: NDArray[np.float64]
    power: NDArray[np.float64]


def track(known: Known, drift: Drift, rows: Rows) -> Track:
    r"""Follow the factor that all carriers of a row share.

    A row shows :math:`a_r = \sum m e^{-j\varphi} / \sum w` with noise of
    variance :math:`v / \sum w`. The factors walk,
    :math:`E|a_{r+1} - a_r|^2 = q (t_{r+1} - t_r)`, and a Kalman smoother
    of the likeliest pace q gives them back.
    """
    shape = (len(known.matched), len(rows.times))
    common = np.empty(shape, np.complex128)
    found = Track(common, np.empty(shape), np.empty(shape), np.empty(shape[0]), np.empty(shape[0]))
    theta = (drift.phase / (2 * np.pi), drift.cfo, drift.sfo)
    burst = burst_level(int(rows.begins[-1] - rows.begins[-2]))
    _track(known, theta, rows, burst, found)
    return found


@lru_cache(maxsize=8)
def burst_level(n_points: int) -> float:
    """Return how many times its mean the noise of a row's points hardly ever exceeds."""
    return float(scipy.special.gammainccinv(n_points, _CHANCE) / n_points)


@kernel
def _track(
    known: Known,
    theta: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    rows: Rows,
    burst: float,
    found: Track,
) -> None:
    """Fill what is found."""
    n_rows = len(rows.times)
    ratio, strength, energy = np.empty(n_rows, np.complex128), np.empty(n_rows), np.empty(n_rows)
    own, surprise = np.empty(n_rows), np.empty(len(PACES))
    for frame in range(len(found.common)):
        common, error, noise = found.common[frame], found.error[frame], found.noise_var[frame]
        turn = (theta[0][frame], theta[1][frame], theta[2][frame])
        _see(known, frame, turn, rows, (ratio, strength, energy))
        alone = max(known.noise_var[frame], _TINY)
        noise[:] = alone
        noise[rows.n_sure :] *= _level(rows, ratio, strength, energy, alone)
        for row in range(n_rows):
            own[row] = noise[row] / max(strength[row], 1e-30 * alone + _TINY)
        walk = Seen(ratio, own, rows.times, 1.0 + 0j, _OPEN, rows.times[0])
        surprise[:] = 0.0
        add_surprise(walk, 1.0, surprise)
        surprise[0] -= _DOUBT
        retrace(walk, PACES[np.argmin(surprise)], common, error)
        # The gain's own scale is a number that the gain itself is fitted by.
        found.spent[frame] = (error[: rows.n_sure] / own[: rows.n_sure]).sum() - 1.0
        found.power[frame] = 0.0
        for row in range(n_rows):
            found.power[frame] += _square(common[row]) / rows.n_sure if row < rows.n_sure else 0.0
            miss = _square(common[row] - ratio[row]) - _square(ratio[row])
            missed = energy[row] + strength[row] * miss
            mean = missed / (rows.begins[row + 1] - rows.begins[row])
            if row >= rows.n_sure and mean > burst * noise[row]:
                noise[row] = mean


@kernel
def _square(value: complex) -> float:
    """Return the squared modulus."""
    return value.real * value.real + value.imag * value.imag


@kernel
def _see(
    known: Known,
    frame: int,
    turn: tuple[float, float, float],
    rows: Rows,
    seen: tuple[NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Write each row's factor, the energy that is expected of it and that which it has."""
    ratio, strength, energy = seen
    phase, cfo, sfo = turn
    for row in range(len(rows.times)):
        real = imag = weight = power = 0.0
        start, slip = phase + rows.times[row] * cfo, rows.times[row] * sfo
        for point in range(rows.begins[row], rows.begins[row + 1]):
            cosine, sine = short_phasor(start + slip * known.carriers[point])
            value, own = known.matched[frame, point], known.weight[frame, point]
            real += value.real * cosine + value.imag * sine
            imag += value.imag * cosine - value.real * sine
            weight += own
            power += (value.real * value.real + value.imag * value.imag) / max(own, _LEAST)
        ratio[row] = complex(real, imag) / max(weight, 1e-30)
        strength[row], energy[row] = weight, power


@kernel
def _level(
    rows: Rows,
    ratio: NDArray[np.complex128],
    strength: NDArray[np.float64],
    energy: NDArray[np.float64],
    noise: float,
) -> float:
    """Return the factor on the frame's noise that the later rows' misfits prove, or 1.

    Of noise alone, n_free times the excess has a gamma distribution.
    """
    if rows.n_sure == len(rows.times):
        return 1.0
    n_free = max(rows.begins[-1] - rows.begins[-2] - 1, 1)
    excess = np.empty(len(rows.times) - rows.n_sure)
    for at in range(len(excess)):
        row = rows.n_sure + at
        missed = energy[row] - strength[row] * _square(ratio[row])
        excess[at] = max(missed, 0.0) / (n_free * noise)
    median = np.median(excess) / (1 - 1 / (3 * n_free))
    doubtful = 1 + 4 / np.sqrt(n_free * len(excess))  # three deviations of the median
    return median if median > doubtful else 1.0
