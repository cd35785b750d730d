# SPDX-License-Identifier: MIT
"""Where a frame has carriers that the receiver knows, and what they say of its gain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.carriers import N_TRAINING, row_times
from gsc_sdr.phy.csi import GainEstimate
from gsc_sdr.phy.drift import Known
from gsc_sdr.phy.header_code import encode_headers
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.preamble import training
from gsc_sdr.phy.track import Rows

__all__ = ["Points", "points_read", "points_unread", "sent_carriers"]


@dataclass(frozen=True)
class Points:
    """Known carriers of a frame, row by row.

    Attributes
    ----------
    places : [2, n_points], int64
        Row and column of each.
    times, carriers : [n_points], float64
        When each is sent (symbols without prefix), and on which carrier.
    rows : Rows
        Which points belong to which row.
    """

    places: NDArray[np.int64]
    times: NDArray[np.float64]
    carriers: NDArray[np.float64]
    rows: Rows

    def match(
        self,
        received: NDArray[np.complex64],
        sent: NDArray[np.complex64],
        gain: GainEstimate,
        end: int | None = None,
    ) -> Known:
        """Compare what was received, [batch, n_rows, n_active], with what is expected.

        ``end`` leaves out the rows from there on; ``sent`` is [batch or 1, ...].
        """
        n_points = int(self.rows.begins[-1 if end is None else end])
        matched = np.empty((len(received), n_points), np.complex64)
        weight = np.empty(matched.shape, np.float32)
        _match((received, sent), gain.gain.astype(np.complex64), self.places, matched, weight)
        return Known(
            matched, weight, gain.noise_var, self.times[:n_points], self.carriers[:n_points]
        )


@lru_cache(maxsize=8)
def points_unread(config: OfdmConfig) -> Points:
    """Return what is known before the header is read: training, and the header's pilots."""
    is_known = sent_carriers(np.zeros((1, 96), np.uint8), config)[0] != 0
    is_known = is_known[: N_TRAINING + config.n_header]
    is_known[N_TRAINING:, config.data_columns] = False
    return _points(is_known, len(is_known), config)


@lru_cache(maxsize=8)
def points_read(config: OfdmConfig) -> Points:
    """Return what is known once the header is: training, header, and the payload's pilots."""
    is_known = sent_carriers(np.zeros((1, 96), np.uint8), config)[0] != 0
    return _points(is_known, N_TRAINING + config.n_header, config)


def _points(is_known: NDArray[np.bool_], n_sure: int, config: OfdmConfig) -> Points:
    """Gather the places of known carriers [n_rows, n_active]."""
    places = np.ascontiguousarray(np.nonzero(is_known))
    times = row_times(config)[: len(is_known)]
    begins = np.concatenate([[0], np.cumsum(is_known.sum(axis=1))])
    carriers = np.array(config.active_carriers, float)[places[1]]
    return Points(places, times[places[0]], carriers, Rows(begins, times, n_sure))


def sent_carriers(bits: NDArray[np.uint8], config: OfdmConfig) -> NDArray[np.complex64]:
    """Return what is known to have been sent by frames of header ``bits`` [batch, 96].

    Returns
    -------
    sent : [batch, n_rows, n_active], complex64
        0 where it is not known.
    """
    end = N_TRAINING + config.n_header
    sent = np.empty((len(bits), end + config.n_payload, config.n_active), np.complex64)
    sent[:] = _template(config)
    sent[:, N_TRAINING:end, config.data_columns] = encode_headers(bits, config)
    return sent


@lru_cache(maxsize=8)
def _template(config: OfdmConfig) -> NDArray[np.complex64]:
    """Return what every frame sends, [n_rows, n_active]."""
    n_rows = N_TRAINING + config.n_header + config.n_payload
    sent = np.zeros((n_rows, config.n_active), np.complex64)
    sent[:N_TRAINING] = training(config).sent
    sent[N_TRAINING:, config.pilot_columns] = pilot_values(config)
    return sent


@kernel
def _match(
    carriers: tuple[NDArray[np.complex64], NDArray[np.complex64]],
    gain: NDArray[np.complex64],
    places: NDArray[np.int64],
    matched: NDArray[np.complex64],
    weight: NDArray[np.float32],
) -> None:
    """Write conj(gain * sent) * received and |gain * sent|^2 of each point."""
    received, sent = carriers
    for frame in range(len(matched)):
        own = sent[min(frame, len(sent) - 1)]
        for point in range(matched.shape[1]):
            row, column = places[0, point], places[1, point]
            expected = gain[frame, column] * own[row, column]
            matched[frame, point] = received[frame, row, column] * expected.conjugate()
            weight[frame, point] = expected.real**2 + expected.imag**2
