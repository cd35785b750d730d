# SPDX-License-Identifier: MIT
"""Channel state: the gain of every carrier, the noise, their ratio.

A channel shorter than the cyclic prefix has fewer degrees of freedom than there
are carriers. The estimate keeps what such a channel can do and drops the rest,
which is noise: a Wiener filter over carriers, see Prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.prior import Prior

__all__ = ["Csi", "GainEstimate", "estimate_gain"]

_TINY = 1e-12  # keeps ratios finite, so that they can be sent and compared
# Delays after a capture's first sample, in cyclic prefixes, that channels may fill:
# one path of an exact start, one of the detector's start, a few, as many as fit.
_RANGES = ((-0.03, 0.2), (0.15, 0.4), (0.0, 0.6), (-0.03, 1.0))
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
    """

    gain: NDArray[np.complex128]
    error: NDArray[np.float64]
    noise_var: NDArray[np.float64]
    power: NDArray[np.float64]

    def pick(self, rows: list[int]) -> GainEstimate:
        """Return the estimates of some of the frames."""
        return GainEstimate(
            self.gain[rows], self.error[rows], self.noise_var[rows], self.power[rows]
        )

    def csi(self, row: int) -> Csi:
        """Return the channel state of one frame."""
        power, noise_var = float(self.power[row]), float(self.noise_var[row])
        snr = power / max(noise_var, _TINY * power, 1e-300)
        snr_db = 10 * float(np.log10(min(max(snr, _TINY), 1 / _TINY)))
        return Csi(self.gain[row].astype(np.complex64), noise_var, snr_db)


def estimate_gain(
    received: NDArray[np.complex128], sent: NDArray[np.complex128], config: OfdmConfig
) -> GainEstimate:
    r"""Estimate the gains of a batch of frames from known symbols.

    With :math:`y_{r,c} = h_c x_{r,c} + n_{r,c}` the noise is what the rows do
    not agree on, unbiased; least squares :math:`\sum_r x^* y / \sum_r |x|^2`
    is then smoothed over carriers by a Wiener filter for channels no longer
    than the cyclic prefix.

    Parameters
    ----------
    received : [batch, n_rows, n_active], complex128
        Received carriers.
    sent : [batch or 1, n_rows, n_active], complex128
        What was sent, of the same power in every frame; 0 where nothing was,
        not 0 in at least two rows of some carrier and one row of each.
    config : OfdmConfig
        The frame's shape.

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
    energy = (np.abs(sent[0]) ** 2).sum(axis=0) if len(sent) else np.ones(config.n_active)
    root = np.sqrt(energy)
    whitened = (received * sent.conj()).sum(axis=1) / root  # noise of the same power on each
    n_spare = np.count_nonzero(sent[:1]) - config.n_active
    used = np.abs(np.where(sent != 0, received, 0)) ** 2
    rest = used.sum(axis=(1, 2)) - (np.abs(whitened) ** 2).sum(axis=1)
    noise_var = np.maximum(rest, 0.0) / max(n_spare, 1)
    seen = (np.abs(whitened / root) ** 2).mean(axis=1)
    power = np.maximum(seen - noise_var * (1 / energy).mean(), 0.01 * seen)
    priors = _priors(config, tuple(root.round(6)))
    smooth, error = _smooth(whitened, power, noise_var, priors)
    return GainEstimate(smooth / root, error / energy.mean(), noise_var, power)


def _smooth(
    seen: NDArray[np.complex128],
    power: NDArray[np.float64],
    noise: NDArray[np.float64],
    priors: tuple[Prior, ...],
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Smooth each row under the delay spread that explains it best."""
    best = np.argmax([prior.evidence(seen, power, noise) for prior in priors], axis=0)
    smooth, error = np.empty_like(seen), np.empty_like(power)
    for index, prior in enumerate(priors):
        rows = best == index
        if rows.any():
            smooth[rows], error[rows] = prior.smooth(seen[rows], power[rows], noise[rows])
    # A Wiener filter shrinks; the equaliser must not, so the gain is scaled back.
    size = np.maximum((np.abs(smooth) ** 2).sum(axis=1), 1e-300)
    fit = (seen * smooth.conj()).real.sum(axis=1) / size
    return smooth * np.clip(fit, 1.0, 2.0)[:, None], error


@lru_cache(maxsize=16)
def _priors(config: OfdmConfig, root: tuple[float, ...]) -> tuple[Prior, ...]:
    """Return priors of gains times the root of each carrier's energy."""
    priors = []
    for first, last in _RANGES:
        delays = np.arange(first * config.n_cp, last * config.n_cp, 0.25)  # paths keep no grid
        angle = np.outer(config.active_carriers, delays) * (-2j * np.pi / config.n_fft)
        steering = np.exp(angle) / np.sqrt(len(delays))
        covariance = steering @ steering.conj().T + _LEAK * np.eye(config.n_active)
        priors.append(Prior.from_covariance(covariance * np.outer(root, root)))
    return tuple(priors)
