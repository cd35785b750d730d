# SPDX-License-Identifier: MIT
"""The linear halves of an analog code: principal components out, least squares in."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["LinearCode", "heard_parts", "linear_code"]


@dataclass(frozen=True)
class LinearCode:
    """An analog code of vectors: real parts of all symbols first, then imaginary parts.

    Attributes
    ----------
    down : [2 * n_symbols, n], float64
        Vectors less their mean to parts of symbols.
    up : [n, 2 * n_symbols], float64
        Back.
    mean : [n], float64
        Of the vectors.
    power : [n_symbols], float64
        Of each symbol; the mean is 1.
    """

    down: Tensor
    up: Tensor
    mean: Tensor
    power: Tensor


def linear_code(rows: Tensor, n_symbols: int) -> LinearCode:
    r"""Find the linear analog code of least squared error at high SNR.

    Principal components with power shared as :math:`p_i \propto \sqrt{\lambda_i}`
    under a total power, two neighbours a symbol, in order of variance.

    Parameters
    ----------
    rows : [count, n], float64
        Vectors of training data, ``n >= 2 * n_symbols``.
    n_symbols : int
        Complex symbols of a vector.

    References
    ----------
    K.-H. Lee and D. P. Petersen, "Optimal linear coding for vector
    channels," IEEE Trans. Commun. 24(12), 1976.
    """
    n_out = 2 * n_symbols
    variance, basis = torch.linalg.eigh(torch.cov(rows.T))
    basis, variance = basis.flip(1)[:, :n_out], variance.flip(0)[:n_out].clamp_min(1e-9)
    power = variance.sqrt() / variance.sqrt().mean() / 2  # complex symbols of mean power 1
    scale = (power / variance).sqrt()
    order = torch.arange(n_out).reshape(-1, 2).T.flatten()  # pairs become one symbol
    down, up = (basis * scale).T[order], (basis / scale).T[order].T
    return LinearCode(down, up, rows.mean(dim=0), power[::2] + power[1::2])


def heard_parts(symbols: Tensor, noise_var: Tensor, log_power: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return the linear least-squares estimate of each symbol, and its weight.

    :math:`w_i \hat u_i` with :math:`w_i = p_i / (p_i + \sigma^2)`; both are zero for a
    symbol that was erased or not sent.

    Parameters
    ----------
    symbols : [batch, k <= n_symbols, h, w], complex64
        Received symbols at the encoder's own power.
    noise_var : [batch, k, h, w], float32
        Their noise variance, linear; ``inf`` where erased.
    log_power : [n_symbols], float32
        Natural logarithm of each symbol's power.

    Returns
    -------
    parts : [batch, 2 * n_symbols, h, w], float32
        Real parts of all symbols, then imaginary parts.
    weight : [batch, n_symbols, h, w], float32
        0 to 1.
    """
    power = log_power.float().exp()[: symbols.shape[1], None, None]
    weight = power / (power + noise_var)
    weighted = torch.where(weight > 0, symbols * weight, 0)
    missing = len(log_power) - symbols.shape[1]
    real, imag, weight = (
        nn.functional.pad(part, (0, 0, 0, 0, 0, missing))
        for part in (weighted.real, weighted.imag, weight)
    )
    return torch.cat([real, imag], dim=1), weight
