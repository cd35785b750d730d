# SPDX-License-Identifier: MIT
"""What happens to a batch of captured frames, step by step.

Training gives a first gain; the header is read with it. A header that checks is
known, and so becomes training of its own: gain, noise and drift are measured
again with it, and the payload is equalised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.errors import FrameError
from gsc_sdr.phy.csi import GainEstimate, estimate_gain
from gsc_sdr.phy.drift import Drift, Known, fit_drift, search_cfo
from gsc_sdr.phy.equalize import Payload, equalize, follow
from gsc_sdr.phy.header import HEADER_BITS, Header
from gsc_sdr.phy.header_code import decode_headers, encode_headers
from gsc_sdr.phy.ofdm import OfdmConfig, demodulate
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.preamble import training

__all__ = ["ReadFrames", "read_frames"]

_N_TRAINING = 6  # rows of carriers before the header's


@dataclass(frozen=True)
class ReadFrames:
    """A batch of captures after reading; arrays have a row for each good one.

    Attributes
    ----------
    headers, errors : list of [batch]
        One of the two is None for each capture.
    rows : list of [n_good]
        Which captures are good.
    symbols : [n_good, capacity], complex64
        Equalised payload, scrambled still.
    symbol_noise_var : [n_good, capacity], float32
        Noise variance of each symbol.
    gain : GainEstimate of [n_good]
        Gain of each carrier, and noise.
    cfo, sfo : [n_good], float64
        Carrier offset (carriers) and clock offset (relative).
    """

    headers: list[Header | None]
    errors: list[FrameError | None]
    rows: list[int]
    symbols: NDArray[np.complex64]
    symbol_noise_var: NDArray[np.float32]
    gain: GainEstimate
    cfo: NDArray[np.float64]
    sfo: NDArray[np.float64]


def read_frames(
    captures: NDArray[np.complexfloating[Any, Any]], cfo: NDArray[np.float64], config: OfdmConfig
) -> ReadFrames:
    """Read a batch of captures [batch, frame_length] with offsets cfo [batch]."""
    cfo = np.nan_to_num(cfo, posinf=0.0, neginf=0.0)
    carriers = _carriers(captures, cfo, config)  # [batch, n_rows, n_active]
    first, drift = _first_look(carriers, config)
    bits = _header_bits(carriers, first, drift, config)
    headers, errors = _check(bits, carriers, config)
    rows = [row for row, header in enumerate(headers) if header is not None]
    carriers, sent = carriers[rows], _sent(bits[rows], config)
    gain, drift = _second_look(carriers, sent, first.pick(rows), drift.pick(rows), config)
    begin = _N_TRAINING + config.n_header
    straight = carriers[:, begin:] * _turn(drift, config, begin=begin).conj()
    payload = Payload(straight, gain.gain, gain.error, gain.noise_var)
    pilots = pilot_values(config)[config.n_header :]
    common, noise_var = follow(payload, pilots, config.pilot_columns)
    symbols, symbol_noise = equalize(payload, common, noise_var, config.data_columns)
    return ReadFrames(
        headers, errors, rows, symbols, symbol_noise, gain, cfo[rows] + drift.cfo, drift.sfo
    )


def _carriers(
    captures: NDArray[np.complexfloating[Any, Any]], cfo: NDArray[np.float64], config: OfdmConfig
) -> NDArray[np.complex128]:
    """Take the offset off; return training, header and payload by carrier."""
    clean = np.nan_to_num(captures, posinf=0.0, neginf=0.0)
    times = np.arange(config.frame_length) / config.n_fft
    straight = clean * np.exp(-2j * np.pi * np.outer(cfo, times))
    where = np.add.outer(training(config).begins, np.arange(config.n_fft))
    opening = scipy.fft.fft(straight[:, where], norm="ortho")
    body = demodulate(straight[:, config.preamble_length :], config)
    grid: NDArray[np.complex128] = np.concatenate([opening, body], axis=1)[..., config.bins]
    return grid.astype(np.complex128)


def _times(config: OfdmConfig) -> NDArray[np.float64]:
    """Return the time of each row of carriers in n_fft samples; 0 amid the header's rows."""
    n_symbols = config.n_header + config.n_payload
    first = config.preamble_length + config.n_cp
    symbols = first + np.arange(n_symbols) * config.symbol_length
    times: NDArray[np.float64] = np.concatenate([training(config).begins, symbols]) / config.n_fft
    centred: NDArray[np.float64] = times - times[_N_TRAINING - 2 : -config.n_payload].mean()
    return centred


def _turn(
    drift: Drift, config: OfdmConfig, end: int | None = None, begin: int = 0
) -> NDArray[np.complex128]:
    """Return how the drift turns each carrier of rows begin to end."""
    carriers = np.array(config.active_carriers, np.float64)
    return drift.rotation(_times(config)[begin:end, None], carriers)


def _first_look(carriers: NDArray[np.complex128], config: OfdmConfig) -> tuple[GainEstimate, Drift]:
    """Gain from the training; carrier offset from the header's pilots."""
    end = _N_TRAINING + config.n_header
    sent = training(config).sent
    gain = estimate_gain(carriers[:, :_N_TRAINING], sent[None], config)
    pilots = np.zeros((1, end, config.n_active), np.complex128)
    pilots[:, _N_TRAINING:, config.pilot_columns] = pilot_values(config)[: config.n_header]
    weight = (np.abs(sent) ** 2).sum(axis=1)
    middle = float(_times(config)[:_N_TRAINING] @ weight / weight.sum())  # of the gain's phase
    known = _known(carriers[:, :end], pilots, gain, config)
    known = replace(known, times=known.times - middle)
    drift = search_cfo(known)
    return gain, Drift(-2 * np.pi * drift.cfo * middle, drift.cfo, drift.sfo)


def _header_bits(
    carriers: NDArray[np.complex128], gain: GainEstimate, drift: Drift, config: OfdmConfig
) -> NDArray[np.uint8]:
    """Match the header's carriers to their gain, and decode."""
    end = _N_TRAINING + config.n_header
    expected = gain.gain[:, None] * _turn(drift, config, end, _N_TRAINING)
    matched = (carriers[:, _N_TRAINING:end] * expected.conj())[..., config.data_columns]
    return decode_headers(matched, HEADER_BITS, config)


def _check(
    bits: NDArray[np.uint8], carriers: NDArray[np.complex128], config: OfdmConfig
) -> tuple[list[Header | None], list[FrameError | None]]:
    """Unpack each header; keep the reason where that fails."""
    headers: list[Header | None] = [None] * len(bits)
    errors: list[FrameError | None] = [None] * len(bits)
    for row in range(len(bits)):
        try:
            if not carriers[row, :_N_TRAINING].any():
                raise FrameError("the capture is silent; the frame is lost", "empty")
            headers[row] = Header.unpack(bits[row], config.hash)
        except FrameError as error:
            errors[row] = error
    return headers, errors


def _sent(bits: NDArray[np.uint8], config: OfdmConfig) -> NDArray[np.complex128]:
    """Return what is known to have been sent, [n_good, n_rows, n_active]; else 0."""
    end = _N_TRAINING + config.n_header
    sent = np.zeros((len(bits), end + config.n_payload, config.n_active), np.complex128)
    sent[:, :_N_TRAINING] = training(config).sent
    sent[:, _N_TRAINING:end, config.data_columns] = encode_headers(bits, config)
    sent[:, _N_TRAINING:, config.pilot_columns] = pilot_values(config)
    return sent


def _second_look(
    carriers: NDArray[np.complex128],
    sent: NDArray[np.complex128],
    gain: GainEstimate,
    drift: Drift,
    config: OfdmConfig,
) -> tuple[GainEstimate, Drift]:
    """Measure gain and drift again with all that is known, nearest first."""
    n_rows, end = sent.shape[1], _N_TRAINING + config.n_header
    for last in (end, (end + n_rows) // 2, n_rows):
        known = _known(carriers[:, :last], sent[:, :last], gain, config)
        drift = fit_drift(known, drift)
        # The phase goes into the gain: what is left of the drift is zero at time zero.
        drift = Drift(np.zeros_like(drift.phase), drift.cfo, drift.sfo)
        straight = carriers[:, :end] * _turn(drift, config, end).conj()
        gain = estimate_gain(straight, sent[:, :end], config)
    return gain, drift


def _known(
    carriers: NDArray[np.complex128],
    sent: NDArray[np.complex128],
    gain: GainEstimate,
    config: OfdmConfig,
) -> Known:
    """Gather the carriers on which something known was sent."""
    row, column = np.nonzero(sent.any(axis=0))
    numbers = np.array(config.active_carriers, np.float64)
    expected: NDArray[np.complex128] = gain.gain[:, column] * sent[:, row, column]
    weight = expected.real**2 + expected.imag**2
    return Known(
        expected.conj() * carriers[:, row, column],
        weight,
        gain.noise_var,
        _times(config)[row],
        numbers[column],
    )
