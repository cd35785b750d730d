# SPDX-License-Identifier: MIT
"""Equaliser for continuous payloads: pilots steer it, decisions never do.

The gain of the preamble and header, turned by the frame's drift, is good for a
still channel. What the pilots of a payload symbol still miss is a change of the
channel or noise: a random-walk prior, whose pace is chosen by its likelihood in
each frame, tells them apart and follows the change only as far as it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.special
from numpy.typing import NDArray

from gsc_sdr.phy.prior import Prior

__all__ = ["Payload", "equalize", "follow"]

_PACES = np.concatenate([[0.0], np.logspace(-6, -0.5, 12)])  # variance a symbol
_DOUBT = 3.0  # log-likelihood that a change of the channel must win
_CHANCE = 1e-4  # that noise alone looks like a burst in one OFDM symbol
_FLOOR = 1e-6  # of the mean power: weaker carriers are treated as this strong


@dataclass(frozen=True)
class Payload:
    """Received payload of a batch of frames and what is known of it.

    Attributes
    ----------
    received : [batch, n_payload, n_active], complex128
        Carriers, drift already taken off.
    gain : [batch, n_active], complex128
        From preamble and header.
    error : [batch], float64
        Expected squared error of ``gain``.
    noise_var : [batch], float64
        Noise power of a carrier.
    """

    received: NDArray[np.complex128]
    gain: NDArray[np.complex128]
    error: NDArray[np.float64]
    noise_var: NDArray[np.float64]


def follow(
    payload: Payload, pilots: NDArray[np.float64], columns: NDArray[np.int64]
) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Return each symbol's common gain and noise, as its pilots show them.

    Parameters
    ----------
    payload : Payload
        What was received.
    pilots : [n_payload, n_pilots], float64
        What was sent on the pilots.
    columns : [n_pilots], int64
        Where they stand among the active carriers.

    Returns
    -------
    common : [batch, n_payload], complex128
        Factor on the frame's gain; 1 for a still channel.
    noise_var : [batch, n_payload], float64
        At least that of the frame; more where pilots do not fit.
    """
    gain = payload.gain[:, columns]
    seen = payload.received[:, :, columns] * pilots  # [batch, n_payload, n_pilots]
    strength = np.maximum((np.abs(gain) ** 2).sum(axis=1), 1e-300)
    ratio = (seen * gain[:, None].conj()).sum(axis=2) / strength[:, None]
    alone = np.maximum(payload.noise_var, 1e-300)
    noise = alone * _level(_misfit(seen, gain, ratio) / alone[:, None], len(columns) - 1)
    prior, own = _walk(len(pilots)), noise / strength  # noise of each ratio
    likely = [prior.evidence(ratio - 1, np.full_like(own, pace), own) for pace in _PACES]
    odds = np.where(_PACES > 0, _DOUBT, 0.0)[:, None]
    pace = _PACES[np.argmax(likely - odds, axis=0)]
    common = 1 + prior.smooth(ratio - 1, pace, own)[0]
    n_pilots = len(columns)
    mean = _misfit(seen, gain, common) * ((n_pilots - 1) / n_pilots)
    burst = scipy.special.gammainccinv(n_pilots, _CHANCE) / n_pilots
    is_burst = mean > burst * noise[:, None]
    return common, np.where(is_burst, mean, noise[:, None])


def _misfit(
    seen: NDArray[np.complex128], gain: NDArray[np.complex128], common: NDArray[np.complex128]
) -> NDArray[np.float64]:
    """Return what pilots [batch, n_payload, n_pilots] miss, per degree of freedom of a fit."""
    missed = np.abs(seen - common[..., None] * gain[:, None]) ** 2
    misfit: NDArray[np.float64] = missed.sum(axis=2) / (seen.shape[2] - 1)
    return misfit


def _level(excess: NDArray[np.float64], n_free: int) -> NDArray[np.float64]:
    """Return the factor on a frame's noise that misfits [batch, n_payload] prove, or 1.

    Of noise alone, n_free times the excess has a gamma distribution.
    """
    median = np.median(excess, axis=1) / (1 - 1 / (3 * n_free))
    doubtful = 1 + 4 / np.sqrt(n_free * excess.shape[1])  # three deviations of the median
    level: NDArray[np.float64] = np.where(median > doubtful, median, 1.0)
    return level


def equalize(
    payload: Payload,
    common: NDArray[np.complex128],
    noise_var: NDArray[np.float64],
    columns: NDArray[np.int64],
) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Divide the payload by its gain; say how much noise that leaves.

    Parameters
    ----------
    payload : Payload
        What was received.
    common, noise_var : [batch, n_payload]
        From follow.
    columns : [n_data], int64
        Data carriers among the active ones.

    Returns
    -------
    symbols : [batch, n_payload * n_data], complex64
        What was sent, plus noise; not scaled towards zero.
    noise_var : [batch, n_payload * n_data], float32
        Variance of that noise, positive and finite.
    """
    gain = payload.gain[:, None, columns] * common[..., None]
    power = np.abs(gain) ** 2
    mean = np.maximum((np.abs(payload.gain) ** 2).mean(axis=1), 1e-300)[:, None, None]
    power = np.maximum(power, _FLOOR * mean)
    symbols = payload.received[:, :, columns] * gain.conj() / power
    noise = noise_var[..., None] + payload.error[:, None, None]
    variance = np.maximum(noise / power, 1e-9)
    flat = (len(symbols), symbols.shape[1] * symbols.shape[2])
    return (
        symbols.reshape(flat).astype(np.complex64),
        variance.reshape(flat).astype(np.float32),
    )


@lru_cache(maxsize=8)
def _walk(n_symbols: int) -> Prior:
    """Return the prior of a random walk that starts inside the header."""
    steps = np.arange(1.0, n_symbols + 1) + 4  # the header's middle is some symbols back
    return Prior.from_covariance(np.minimum.outer(steps, steps).astype(np.complex128))
