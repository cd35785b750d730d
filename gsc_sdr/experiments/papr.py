# SPDX-License-Identifier: MIT
"""How high OFDM symbols peak, by what they carry; what clipping them costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.phy.frame import build_frames, n_frames
from gsc_sdr.phy.header import MAX_IMAGE_ID, Header
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig, demodulate
from gsc_sdr.phy.papr import clip, evm_db, papr_ccdf, papr_db
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.scramble import frame_seed, qpsk_phases

__all__ = ["LEVELS_DB", "clip_costs", "papr_curves"]

LEVELS_DB = np.arange(0.0, 20.05, 0.1)
_OVERSAMPLED = 4
_MOST_ROWS = 20_000  # OFDM symbols: few pictures come again, with other phases
_CARRIED = ("latents, scrambled", "latents, not scrambled", "latents in order", "QPSK")
_CLIP_DB = (3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)


def papr_curves(pictures: Sequence[NDArray[np.complex64]]) -> dict[str, NDArray[np.float64]]:
    """Return how often OFDM symbols peak above LEVELS_DB, by what they carry.

    Parameters
    ----------
    pictures : sequence of [n] complex64
        What an encoder sends: latents as symbols of unit mean power.

    Returns
    -------
    curves : dict of str to [n_levels] float64
        ``latents, scrambled`` is what is sent; ``latents, not scrambled`` lacks the
        phases, ``latents in order`` the interleaver too; ``QPSK`` is random data;
        ``Gaussian`` the formula for as many independent samples as carriers.
    """
    ofdm = OfdmConfig()
    carried: dict[str, list[NDArray[np.complex64]]] = {name: [] for name in _CARRIED}
    n_rows = 0
    for image_id in range(MAX_IMAGE_ID + 1):
        symbols = pictures[image_id % len(pictures)]
        count = n_frames(len(symbols), ofdm)
        in_order = np.resize(symbols, count * ofdm.capacity)
        slots = np.empty_like(in_order)
        slots[stream_slots(count, ofdm)] = in_order
        seeds = [frame_seed(image_id, index) for index in range(count)]
        phases = qpsk_phases(seeds, ofdm.capacity).ravel()
        for name, data in zip(_CARRIED, (slots * phases, slots, in_order, phases), strict=True):
            carried[name].append(data)
        n_rows += count * ofdm.n_payload
        if n_rows >= _MOST_ROWS and image_id >= len(pictures) - 1:
            break
    curves = {
        name: papr_ccdf(_waveform(np.concatenate(data), ofdm), LEVELS_DB)
        for name, data in carried.items()
    }
    curves["Gaussian"] = 1 - (1 - np.exp(-(10 ** (LEVELS_DB / 10)))) ** ofdm.n_active
    return curves


def clip_costs(
    pictures: Sequence[NDArray[np.complex64]], peaks_db: Sequence[float] = _CLIP_DB
) -> list[dict[str, Any]]:
    """Return, for each clipping level, the peaks that are left and the error it makes.

    Parameters
    ----------
    pictures : sequence of [n] complex64
        Sent as frames: preamble, header and all.
    peaks_db : sequence of float, dB
        Highest power over that of unit carriers: the digital back-off that then fits.
    """
    ofdm, header = OfdmConfig(), Header(image_id=0, rate_id=0, width=64, height=64)
    frames = np.concatenate([build_frames(symbols, header, ofdm) for symbols in pictures])
    sent = demodulate(frames[:, ofdm.preamble_length :], ofdm)[..., ofdm.bins]
    rows = []
    for peak_db in peaks_db:
        clipped = clip(frames, peak_db)
        heard = demodulate(clipped[:, ofdm.preamble_length :], ofdm)[..., ofdm.bins]
        rows.append(
            {
                "back_off_db": peak_db,
                "papr_db": papr_db(clipped),
                "evm_db": evm_db(heard, sent),
                "clipped_share": float((np.abs(frames) > np.abs(clipped) * (1 + 1e-6)).mean()),
            }
        )
    return rows


def _waveform(data: NDArray[np.complex64], ofdm: OfdmConfig) -> NDArray[np.complex64]:
    """Return data [...] with pilots as samples [n_rows, n], four for each of the modem's."""
    n_fft, rows = _OVERSAMPLED * ofdm.n_fft, data.reshape(-1, ofdm.n_data)
    grid = np.zeros((len(rows), n_fft), np.complex64)
    pilots = pilot_values(ofdm)[ofdm.n_header :]
    carriers = np.array(ofdm.active_carriers) % n_fft
    grid[:, carriers[ofdm.data_columns]] = rows
    grid[:, carriers[ofdm.pilot_columns]] = np.resize(pilots, (len(rows), pilots.shape[1]))
    samples: NDArray[np.complex64] = scipy.fft.ifft(grid, axis=1, norm="ortho")
    return samples
