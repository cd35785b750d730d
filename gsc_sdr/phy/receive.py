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
from numpy.typing import NDArray

from gsc_sdr.errors import FrameError
from gsc_sdr.jit import kernel
from gsc_sdr.phy.carriers import (
    N_TRAINING,
    Carriers,
    row_times,
    to_carriers,
    training_time,
)
from gsc_sdr.phy.csi import GainEstimate, estimate_gain
from gsc_sdr.phy.drift import Drift, fit_drift, search_cfo
from gsc_sdr.phy.equalize import equalize
from gsc_sdr.phy.header import HEADER_BITS, Header
from gsc_sdr.phy.header_code import decode_headers
from gsc_sdr.phy.known import points_read, points_unread, sent_carriers
from gsc_sdr.phy.moving import follow
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.phasor import short_phasor
from gsc_sdr.phy.preamble import training
from gsc_sdr.phy.track import Track, track

__all__ = ["ReadFrames", "read_frames"]

_N_POLISHED = 1  # times that gain and factors of the symbols are measured with each other


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
    carriers = to_carriers(captures, cfo, config)
    bits, gain, drift = _first_look(carriers.rows, config)
    headers, errors = _check(bits, carriers, config)
    again = [row for row, error in enumerate(errors) if error is not None and error.cause == "crc"]
    if again:
        part = carriers.pick(again)
        bits[again] = _another_look(
            part.rows, bits[again], gain.pick(again), drift.pick(again), config
        )
        for row, header, error in zip(again, *_check(bits[again], part, config), strict=True):
            headers[row], errors[row] = header, error
    rows = [row for row, header in enumerate(headers) if header is not None]
    seen, scale = carriers.rows[rows], carriers.scale[rows]
    gain, drift, found = _second_look(seen, bits[rows], gain.pick(rows), drift.pick(rows), config)
    begin = N_TRAINING + config.n_header
    straight = _straighten(seen, drift, config, begin, seen.shape[1])
    payload = follow(straight, gain, found, config)
    symbols, noise_var = equalize(payload, config.data_columns)
    share = begin / seen.shape[1]  # of the frame before its payload
    power = share * gain.power * found.power + (1 - share) * payload.power
    gain = replace(gain, power=power).times(scale)
    return ReadFrames(
        headers,
        errors,
        rows,
        symbols,
        noise_var,
        gain,
        cfo[rows] + drift.cfo,
        drift.sfo,
    )


def _first_look(
    carriers: NDArray[np.complex64], config: OfdmConfig
) -> tuple[NDArray[np.uint8], GainEstimate, Drift]:
    """Gain from the training; offset and changes from the header's pilots; then its bits."""
    end, known = N_TRAINING + config.n_header, training(config)
    gain = estimate_gain(carriers[:, :N_TRAINING], known.sent[None], config)
    points, sent = (
        points_unread(config),
        sent_carriers(np.zeros((1, HEADER_BITS), np.uint8), config),
    )
    matched, n_opening = points.match(carriers, sent, gain), int(points.rows.begins[N_TRAINING])
    middle = training_time(config)
    pilots = matched._replace(
        matched=np.ascontiguousarray(matched.matched[:, n_opening:]),
        times=matched.times[n_opening:] - middle,
    )
    cfo = search_cfo(pilots).cfo
    drift = Drift(-2 * np.pi * cfo * middle, cfo, np.zeros_like(cfo))
    found = track(matched, drift, points.rows)
    straight = _straighten(carriers, drift, config, N_TRAINING, end)
    gains = follow(straight, gain, found, config, in_header=True).gain
    soft = np.empty((len(straight), config.n_header, config.n_data), np.complex64)
    _weigh(straight, gains, config.data_columns, soft)
    return decode_headers(soft, HEADER_BITS, config), gain, drift


def _check(
    bits: NDArray[np.uint8], carriers: Carriers, config: OfdmConfig
) -> tuple[list[Header | None], list[FrameError | None]]:
    """Unpack each header; keep the reason where that fails."""
    headers: list[Header | None] = [None] * len(bits)
    errors: list[FrameError | None] = [None] * len(bits)
    packed = np.packbits(bits, axis=1)
    for row in range(len(bits)):
        try:
            if carriers.scale[row] == 0:
                raise FrameError("the capture is silent; the frame is lost", "empty")
            headers[row] = Header.from_bytes(packed[row].tobytes(), config.hash)
        except FrameError as error:
            errors[row] = error
    return headers, errors


def _second_look(
    carriers: NDArray[np.complex64],
    bits: NDArray[np.uint8],
    gain: GainEstimate,
    drift: Drift,
    config: OfdmConfig,
) -> tuple[GainEstimate, Drift, Track]:
    """Measure gain, drift and changes again with all that is known, nearest first."""
    points, sent = points_read(config), sent_carriers(bits, config)
    n_rows, end = carriers.shape[1], N_TRAINING + config.n_header
    drift = fit_drift(points.match(carriers, sent, gain, end), drift)
    straight = _straighten(carriers, drift, config, 0, end)
    # The phase goes into the gain: what is left of the drift is zero at time zero.
    drift = Drift(np.zeros_like(drift.phase), drift.cfo, drift.sfo)
    gain = estimate_gain(straight, sent[:, :end], config)
    known = points.match(carriers, sent, gain)
    for last in ((end + n_rows) // 2, n_rows):
        drift = fit_drift(known.before(int(points.rows.begins[last])), drift)
    straight = _straighten(carriers, drift, config, 0, end)
    for _ in range(_N_POLISHED):
        found = track(known, drift, points.rows)
        gain = estimate_gain(straight, sent[:, :end], config, found)
        known = points.match(carriers, sent, gain)
    found = track(known, drift, points.rows)
    return gain, drift, found


def _another_look(
    carriers: NDArray[np.complex64],
    bits: NDArray[np.uint8],
    gain: GainEstimate,
    drift: Drift,
    config: OfdmConfig,
) -> NDArray[np.uint8]:
    """Read headers once more, taught by what was read first: most of it is right."""
    end = N_TRAINING + config.n_header
    gain, drift, found = _second_look(carriers, bits, gain, drift, config)
    straight = _straighten(carriers, drift, config, N_TRAINING, end)
    common = np.ascontiguousarray(found.common[:, N_TRAINING:end])
    soft = np.empty((len(straight), config.n_header, config.n_data), np.complex64)
    _weigh(straight, _each(gain.gain, common), config.data_columns, soft)
    return decode_headers(soft, HEADER_BITS, config)


@kernel
def _each(gain: NDArray[np.complex128], common: NDArray[np.complex128]) -> NDArray[np.complex64]:
    """Return the gain of each carrier of each row, [batch, n_rows, n_active]."""
    gains = np.empty((*common.shape, gain.shape[1]), np.complex64)
    for frame in range(len(gain)):
        for row in range(common.shape[1]):
            for column in range(gain.shape[1]):
                gains[frame, row, column] = gain[frame, column] * common[frame, row]
    return gains


def _straighten(
    carriers: NDArray[np.complex64], drift: Drift, config: OfdmConfig, begin: int, end: int
) -> NDArray[np.complex64]:
    """Take the drift off rows begin to end of carriers [batch, n_rows, n_active]."""
    straight = np.empty((len(carriers), end - begin, config.n_active), np.complex64)
    theta = (drift.phase / (2 * np.pi), drift.cfo, drift.sfo)
    where = (row_times(config), np.array(config.active_carriers, float))
    _turn_back(carriers, theta, where, begin, straight)
    return straight


@kernel
def _turn_back(
    carriers: NDArray[np.complex64],
    theta: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    where: tuple[NDArray[np.float64], NDArray[np.float64]],
    begin: int,
    straight: NDArray[np.complex64],
) -> None:
    """Multiply by exp(-2 pi j (phase + t (cfo + c sfo)))."""
    times, numbers = where
    for frame in range(len(carriers)):
        for row in range(straight.shape[1]):
            time = times[begin + row]
            start, slip = theta[0][frame] + time * theta[1][frame], time * theta[2][frame]
            for column in range(len(numbers)):
                cosine, sine = short_phasor(-(start + slip * numbers[column]))
                value = carriers[frame, begin + row, column]
                straight[frame, row, column] = complex(
                    value.real * cosine - value.imag * sine,
                    value.real * sine + value.imag * cosine,
                )


@kernel
def _weigh(
    straight: NDArray[np.complex64],
    gain: NDArray[np.complex64],
    columns: NDArray[np.int64],
    soft: NDArray[np.complex64],
) -> None:
    """Multiply data carriers by the conjugate of their gain: maximum-ratio combining."""
    for frame in range(len(soft)):
        for row in range(soft.shape[1]):
            for at in range(len(columns)):
                value = straight[frame, row, columns[at]]
                soft[frame, row, at] = value * gain[frame, row, columns[at]].conjugate()
