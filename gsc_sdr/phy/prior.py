# SPDX-License-Identifier: MIT
"""Smoothing by what is known beforehand: Wiener filters in their own basis.

A quantity with covariance R = U diag(p) U^H seen in white noise of variance v
is best estimated by U diag(p / (p + v)) U^H. In the basis U this is one factor
a coefficient, so that every frame has the filter of its own noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prior"]

_TINY = 1e-30


@dataclass(frozen=True)
class Prior:
    """A Gaussian prior of zero mean.

    Attributes
    ----------
    basis : [n, n], complex128
        Columns are the principal directions.
    power : [n], float64
        Variance along each, not negative.
    """

    basis: NDArray[np.complex128]
    power: NDArray[np.float64]

    @classmethod
    def from_covariance(cls, covariance: NDArray[np.complex128]) -> Prior:
        """Return the prior of a Hermitian covariance [n, n]."""
        power, basis = np.linalg.eigh(covariance)
        return cls(basis, np.maximum(power, 0.0))

    def smooth(
        self, seen: NDArray[np.complex128], scale: NDArray[np.float64], noise: NDArray[np.float64]
    ) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
        """Return the mean of what was seen in noise, and its error.

        Parameters
        ----------
        seen : [batch, n], complex128
            Observations.
        scale, noise : [batch], float64
            Factor on the prior's covariance, and the noise variance.

        Returns
        -------
        mean : [batch, n], complex128
            The estimate.
        error : [batch], float64
            Its expected squared error, averaged over n.
        """
        power = np.outer(scale, self.power) + _TINY
        factor = power / (power + noise[:, None])
        mean = ((seen @ self.basis.conj()) * factor) @ self.basis.T
        return mean, (factor * noise[:, None]).mean(axis=1)

    def evidence(
        self, seen: NDArray[np.complex128], scale: NDArray[np.float64], noise: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the log-likelihood [batch] of what was seen, up to a constant."""
        energy = np.abs(seen @ self.basis.conj()) ** 2  # [batch, n]
        spread = np.outer(scale, self.power) + noise[:, None] + _TINY
        value: NDArray[np.float64] = -(np.log(spread) + energy / spread).sum(axis=1)
        return value
