# SPDX-License-Identifier: MIT
"""The gain of every symbol: the frame's, and what pilots show of its change.

A moving receiver changes the gain of each carrier in a way of its own, yet like
its neighbours': the change at the pilots, seen along the few directions that a
channel of the frame's delays has there, is a random walk in each. It is followed
as far as it is one, and spread from the pilots to all carriers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.carriers import N_TRAINING, row_times, training_time
from gsc_sdr.phy.csi import GainEstimate, covariances
from gsc_sdr.phy.equalize import Payload
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.track import Track, burst_level
from gsc_sdr.phy.walk import PACES, Seen, add_surprise, retrace

__all__ = ["follow"]

_DOUBT = 3.0  # log-likelihood that a change of shape must win
_WEAK = 1e-3  # of the strongest direction's power: weaker ones are left out
_MOST = 6  # directions
_TINY = 1e-300


class _Modes(NamedTuple):
    """Directions in which gains of unit power change at the pilots.

    vectors [n_modes, n_pilots] are orthonormal, with variances power [n_modes];
    spread [n_modes, n_active] leads from them to all carriers with mean squares
    reach [n_modes], and leaves the variance lost unexplained.
    """

    vectors: NDArray[np.complex128]
    power: NDArray[np.float64]
    spread: NDArray[np.complex64]
    reach: NDArray[np.float64]
    lost: float


class _Pilots(NamedTuple):
    """Values [n_payload, n_pilots], columns [n_pilots] and times [n_payload] of pilots.

    burst is how many times its mean the noise of a symbol's pilots hardly ever exceeds.
    """

    values: NDArray[np.float64]
    columns: NDArray[np.int64]
    times: NDArray[np.float64]
    burst: float


class _Frame(NamedTuple):
    """One frame: carriers [n_payload, n_active], its gain, factor, noise and error by row."""

    received: NDArray[np.complex64]
    gain: NDArray[np.complex128]
    common: NDArray[np.complex128]
    noise: NDArray[np.float64]
    error: NDArray[np.float64]


def follow(
    received: NDArray[np.complex64],
    gain: GainEstimate,
    found: Track,
    config: OfdmConfig,
    in_header: bool = False,
) -> Payload:
    """Return a payload, or a header, with the gain of each of its symbols.

    Parameters
    ----------
    received : [batch, n_symbols, n_active], complex64
        Carriers, drift already taken off.
    gain : GainEstimate of [batch]
        From training and header; from training alone for a header.
    found : Track of [batch, n_rows >= n_symbols]
        Factor and noise of each symbol, which is among the last.
    config : OfdmConfig
        The frame's shape.
    in_header : bool
        Whether the symbols are the header's, not the payload's.
    """
    n_rows = received.shape[1]
    common, error, noise = (
        np.ascontiguousarray(values[:, -n_rows:])
        for values in (found.common, found.error, found.noise_var)
    )
    gains, level = np.empty(received.shape, np.complex64), np.empty(len(received))
    rows = (received, common, noise, error)
    figures = (gain.gain, gain.error, gain.noise_var, gain.power, gain.prior)
    _follow(rows, figures, _pilots(config, in_header), _modes(config), (gains, level))
    return Payload(received, gains, error, noise, level)


@lru_cache(maxsize=8)
def _pilots(config: OfdmConfig, in_header: bool) -> _Pilots:
    """Return what is sent on the pilots of a header or payload, and when since the gain."""
    end = N_TRAINING + config.n_header
    rows = slice(N_TRAINING, end) if in_header else slice(end, None)
    times, values = row_times(config), pilot_values(config)
    since = training_time(config) if in_header else 0.0
    return _Pilots(
        np.ascontiguousarray(values[rows.start - N_TRAINING :][: len(times[rows])]),
        config.pilot_columns,
        times[rows] - since,
        burst_level(len(config.pilot_carriers)),
    )


@lru_cache(maxsize=8)
def _modes(config: OfdmConfig) -> tuple[_Modes, ...]:
    """Return the directions of each range of delays, strongest first."""
    n_modes, found = min(_MOST, len(config.pilot_carriers)), []
    for covariance in covariances(config):
        across = covariance[:, config.pilot_columns]
        power, basis = np.linalg.eigh(across[config.pilot_columns])
        power, basis = power[::-1][:n_modes], basis[:, ::-1][:, :n_modes]
        is_strong = power > _WEAK * power[0]
        spread = np.where(is_strong, across @ basis / power, 0)
        power = np.where(is_strong, power, 0.0)
        reach = (np.abs(spread) ** 2).mean(axis=0)
        found.append(
            _Modes(
                np.ascontiguousarray(basis.T),
                power,
                np.ascontiguousarray(spread.T, np.complex64),
                reach,
                max(1 - float(reach @ power), 0.0),
            )
        )
    return tuple(found)


@kernel
def _follow(
    rows: tuple[
        NDArray[np.complex64], NDArray[np.complex128], NDArray[np.float64], NDArray[np.float64]
    ],
    figures: tuple[
        NDArray[np.complex128],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.float64],
        NDArray[np.int64],
    ],
    pilots: _Pilots,
    modes: tuple[_Modes, ...],
    found: tuple[NDArray[np.complex64], NDArray[np.float64]],
) -> None:
    """Fill gains [batch, n_payload, n_active] and their power; bring noise and error up to date."""
    gains, mean = found
    received, common, noise, error = rows
    gain, gain_error, alone, power, prior = figures
    for at in range(len(received)):
        frame = _Frame(received[at], gain[at], common[at], noise[at], error[at])
        own, level = modes[prior[at]], max(power[at], _pilot_power(frame, pilots) - alone[at])
        for row in range(len(frame.noise)):
            size = abs(frame.common[row]) ** 2
            frame.error[row] = gain_error[at] * size + power[at] * frame.error[row]
            for column in range(len(frame.gain)):
                gains[at, row, column] = frame.gain[column] * frame.common[row]
        seen = _project(frame, pilots, own.vectors)
        pace, is_quiet = _pace(
            seen, frame.noise, max(alone[at], _TINY), pilots.times, level * own.power
        )
        if is_quiet:
            frame.noise[:] = max(alone[at], _TINY)
        mean[at] = power[at] * (np.abs(frame.common) ** 2).mean()
        if pace > 0:
            _change(seen, frame, pilots, own, (pace * level, gains[at]))
            mean[at] = max(_power(gains[at]) - frame.error.mean(), 0.1 * mean[at])
        _mark_bursts(frame, pilots, gains[at])


@kernel
def _pilot_power(frame: _Frame, pilots: _Pilots) -> float:
    """Return the mean square of what came on the pilots."""
    total = 0.0
    for row in range(len(frame.noise)):
        for column in pilots.columns:
            total += frame.received[row, column].real ** 2 + frame.received[row, column].imag ** 2
    return total / (len(frame.noise) * len(pilots.columns))


@kernel
def _project(
    frame: _Frame, pilots: _Pilots, vectors: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Return what the pilots of each row miss, along each direction [n_modes, n_payload]."""
    seen = np.zeros((len(vectors), len(frame.noise)), np.complex128)
    for row in range(len(frame.noise)):
        for pilot in range(len(pilots.columns)):
            column = pilots.columns[pilot]
            missed = frame.received[row, column] * pilots.values[row, pilot]
            missed -= frame.gain[column] * frame.common[row]
            for mode in range(len(vectors)):
                seen[mode, row] += vectors[mode, pilot].conjugate() * missed
    return seen


@kernel
def _pace(
    seen: NDArray[np.complex128],
    noise: NDArray[np.float64],
    alone: float,
    times: NDArray[np.float64],
    powers: NDArray[np.float64],
) -> tuple[float, bool]:
    """Return the likeliest pace, and whether it explains what was taken for more noise."""
    least, chosen, is_quiet = np.inf, 0.0, False
    for attempt in range(2 if noise.max() > alone else 1):
        own = noise if attempt == 0 else np.full(len(noise), alone)
        surprise = np.full(len(PACES), len(powers) * np.log(own).sum())
        for mode in range(len(powers)):
            add_surprise(Seen(seen[mode], own, times, 0j, 0.0, 0.0), powers[mode], surprise)
        surprise[1:] += _DOUBT
        best = np.argmin(surprise)
        if surprise[best] < least:
            least, chosen, is_quiet = surprise[best], PACES[best], attempt == 1
    return chosen, is_quiet


@kernel
def _change(
    seen: NDArray[np.complex128],
    frame: _Frame,
    pilots: _Pilots,
    modes: _Modes,
    change: tuple[float, NDArray[np.complex64]],
) -> None:
    """Add the change of known pace, and its error."""
    pace, gains = change
    n_rows = len(frame.noise)
    path, doubt = np.empty(n_rows, np.complex128), np.empty(n_rows)
    for row in range(n_rows):
        frame.error[row] += pace * pilots.times[row] * modes.lost
    for mode in range(len(modes.power)):
        walk = Seen(seen[mode], frame.noise, pilots.times, 0j, 0.0, 0.0)
        retrace(walk, pace * modes.power[mode], path, doubt)
        for row in range(n_rows):
            frame.error[row] += doubt[row] * modes.reach[mode]
            own = np.complex64(path[row])
            for column in range(gains.shape[1]):
                gains[row, column] += own * modes.spread[mode, column]


@kernel
def _power(gains: NDArray[np.complex64]) -> float:
    """Return the mean square of gains [n_payload, n_active]."""
    total = 0.0
    for row in range(len(gains)):
        for column in range(gains.shape[1]):
            total += gains[row, column].real ** 2 + gains[row, column].imag ** 2
    return total / gains.size


@kernel
def _mark_bursts(frame: _Frame, pilots: _Pilots, gains: NDArray[np.complex64]) -> None:
    """Raise the noise of rows whose pilots do not fit at all."""
    for row in range(len(frame.noise)):
        missed = 0.0
        for pilot in range(len(pilots.columns)):
            column = pilots.columns[pilot]
            value = frame.received[row, column] * pilots.values[row, pilot] - gains[row, column]
            missed += value.real**2 + value.imag**2
        mean = missed / len(pilots.columns)
        if mean > pilots.burst * frame.noise[row]:
            frame.noise[row] = mean
