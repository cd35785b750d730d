# SPDX-License-Identifier: MIT
"""Smoothing by what is known beforehand: Wiener filters in their own basis.

A quantity with covariance R = U diag(p) U^H seen in white noise of variance v
is best estimated by U diag(p / (p + v)) U^H. In the basis U this is one factor
a coefficient, so that every frame has the filter of its own noise. Of several
priors the one is taken under which what was seen is likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel

__all__ = ["Priors", "priors_of", "smooth"]

_TINY = 1e-30


class Priors(NamedTuple):
    """Gaussian priors of zero mean, their principal directions one below the other.

    Attributes
    ----------
    real, imag : [n_directions, n], float64
        Directions of unit length.
    power : [n_directions], float64
        Variance along each.
    begins : [n_priors + 1], int64
        Where each prior's directions begin, and where the last one's end.
    rest : [n_priors], float64
        Variance in every direction that is not listed.
    """

    real: NDArray[np.float64]
    imag: NDArray[np.float64]
    power: NDArray[np.float64]
    begins: NDArray[np.int64]
    rest: NDArray[np.float64]


def priors_of(
    covariances: Sequence[NDArray[np.complexfloating[Any, Any]]], floor: float = 0.0
) -> Priors:
    """Return the priors of some covariances.

    Parameters
    ----------
    covariances : sequence of [n, n], complex
        Hermitian, not negative.
    floor : float
        Directions of at most this power are not told apart: they make the rest.
    """
    directions, powers, rest = [], [], []
    for covariance in covariances:
        power, basis = np.linalg.eigh(covariance)
        is_strong = power > floor
        directions.append(basis.T[is_strong])
        powers.append(power[is_strong])
        rest.append(max(float(power[~is_strong].mean()), 0.0) if not is_strong.all() else 0.0)
    stacked = np.concatenate(directions)
    return Priors(
        np.ascontiguousarray(stacked.real, float),
        np.ascontiguousarray(stacked.imag, float),
        np.concatenate(powers),
        np.cumsum([0, *map(len, powers)]),
        np.array(rest),
    )


@kernel
def smooth(
    seen: NDArray[np.float64],
    scale: float,
    noise: float,
    priors: Priors,
    mean: NDArray[np.float64],
) -> tuple[float, int]:
    """Estimate what was seen in noise, under the prior that explains it best.

    Parameters
    ----------
    seen : [2, n], float64
        Observations, real and imaginary parts.
    scale, noise : float
        Factor on the priors' covariances, and the noise variance.
    priors : Priors
        To choose from.
    mean : [2, n], float64
        The estimate; written.

    Returns
    -------
    error : float
        The estimate's expected squared error, averaged over n.
    chosen : int
        Which prior it was.
    """
    coefficients = np.empty((2, len(priors.power)))
    highest, chosen = -np.inf, 0
    for prior in range(len(priors.rest)):
        value = _evidence(seen, (scale, noise), priors, prior, coefficients)
        if value > highest:
            highest, chosen = value, prior
    rest = scale * priors.rest[chosen]
    common = rest / (rest + noise + _TINY)
    mean[:] = common * seen
    begin, end = priors.begins[chosen], priors.begins[chosen + 1]
    total = common * (seen.shape[1] - (end - begin))
    for k in range(begin, end):
        own = scale * priors.power[k] / (scale * priors.power[k] + noise + _TINY)
        real = (own - common) * coefficients[0, k]
        imag = (own - common) * coefficients[1, k]
        for at in range(seen.shape[1]):
            mean[0, at] += real * priors.real[k, at] - imag * priors.imag[k, at]
            mean[1, at] += real * priors.imag[k, at] + imag * priors.real[k, at]
        total += own
    return total * noise / seen.shape[1], chosen


@kernel
def _evidence(
    seen: NDArray[np.float64],
    levels: tuple[float, float],
    priors: Priors,
    prior: int,
    coefficients: NDArray[np.float64],
) -> float:
    """Return the log-likelihood of what was seen; write its coefficients under a prior."""
    scale, noise = levels
    begin, end = priors.begins[prior], priors.begins[prior + 1]
    value, left = 0.0, 0.0
    for at in range(seen.shape[1]):
        left += seen[0, at] ** 2 + seen[1, at] ** 2
    for k in range(begin, end):
        real = imag = 0.0
        for at in range(seen.shape[1]):
            real += priors.real[k, at] * seen[0, at] + priors.imag[k, at] * seen[1, at]
            imag += priors.real[k, at] * seen[1, at] - priors.imag[k, at] * seen[0, at]
        coefficients[0, k], coefficients[1, k] = real, imag
        energy, spread = real * real + imag * imag, scale * priors.power[k] + noise + _TINY
        value -= np.log(spread) + energy / spread
        left -= energy
    spread = scale * priors.rest[prior] + noise + _TINY
    n_rest = seen.shape[1] - (end - begin)
    return float(value - n_rest * np.log(spread) - max(left, 0.0) / spread)
