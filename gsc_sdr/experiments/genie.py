# SPDX-License-Identifier: MIT
"""A receiver that is told time, offset and channel: what no other can do better than.

The segment's own channel, without its noise, is asked for the gain of every
carrier in every OFDM symbol by frames of known carriers; its noise comes from a
silent transmitter. Both exist only because the channel is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.experiments.segments import Segment
from gsc_sdr.phy.header import HEADER_BITS
from gsc_sdr.phy.header_code import decode_headers, encode_headers
from gsc_sdr.phy.ofdm import OfdmConfig, modulate
from gsc_sdr.phy.scramble import qpsk_phases

__all__ = ["Genie", "ask_genie"]

_EARLY = 6  # samples before a prefix ends: the channel's filters reach that far ahead


@dataclass(frozen=True)
class Genie:
    """What the genie knows of the frames of a segment.

    Attributes
    ----------
    snr_db : [n_frames], float64, dB
        Mean power of the true gains over noise, from the header's begin to the
        frame's end.
    opening_db : [n_frames], float64, dB
        The same of the preamble or of the header, whichever is weaker: what time and
        offset are found by, and what names the frame.
    error : [n_frames], float64
        Mean squared error of the payload's symbols, divided by their true gains.
    is_readable : [n_frames], bool
        Whether the header's code, with true gains and with the noise that there
        was, gives the header that was sent. Where not, the frame is in outage.
    """

    snr_db: NDArray[np.float64]
    opening_db: NDArray[np.float64]
    error: NDArray[np.float64]
    is_readable: NDArray[np.bool_]


def ask_genie(segment: Segment, ofdm: OfdmConfig) -> Genie:
    """Receive a segment with all that is known of it.

    Parameters
    ----------
    segment : Segment
        With carrier and clock offset and fading, but nothing that is not linear.
    ofdm : OfdmConfig
        The frame's shape.
    """
    n_opening, n_header = ofdm.preamble_length // ofdm.symbol_length, ofdm.n_header
    n_symbols = n_opening + n_header + ofdm.n_payload
    known = qpsk_phases([1], n_symbols * ofdm.n_active)[0].reshape(n_symbols, ofdm.n_active)
    grid = np.zeros((n_symbols, ofdm.n_fft), np.complex64)
    grid[:, ofdm.bins] = known
    body = modulate(grid, ofdm)
    burst = np.concatenate([np.zeros(ofdm.frame_length - len(body), np.complex64), body])
    quiet = segment.channel(noise=False)
    arrived = quiet.apply(segment.place(np.tile(burst, (len(segment.begins), 1))))
    arrived = arrived * _turn_back(segment, len(arrived), ofdm)
    begins = segment.begins + quiet.delay + ofdm.frame_length - len(body)
    gain = _symbols(arrived, begins, n_symbols, segment, ofdm) / known
    silence = np.zeros(segment.n_samples, np.complex64)
    noise = segment.channel(fading=False).apply(silence)
    noise = _symbols(noise, begins, n_symbols, segment, ofdm)[:, n_opening:]
    opening, gain = gain[:, :n_opening], gain[:, n_opening:]
    missed = noise[:, n_header:] / gain[:, n_header:]
    return Genie(
        _snr_db(gain, segment),
        np.minimum(_snr_db(opening, segment), _snr_db(gain[:, :n_header], segment)),
        (np.abs(missed[..., ofdm.data_columns]) ** 2).mean(axis=(1, 2)),
        _is_readable(gain[:, :n_header], noise[:, :n_header], segment, ofdm),
    )


def _snr_db(gain: NDArray[np.complex128], segment: Segment) -> NDArray[np.float64]:
    """Return the mean power of gains [n_frames, ...] over noise, in dB."""
    power = (np.abs(gain) ** 2).mean(axis=(1, 2))
    snr_db: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12)) + segment.snr_db
    return snr_db


def _turn_back(segment: Segment, n_samples: int, ofdm: OfdmConfig) -> NDArray[np.complex64]:
    """Return what takes the carrier offset off, up to a phase."""
    slowed = segment.cfo(ofdm) * (1 + 1e-6 * segment.profile.front_end.sfo_ppm)
    cycles = slowed / ofdm.n_fft * np.arange(n_samples)
    turn: NDArray[np.complex64] = np.exp(-2j * np.pi * (cycles % 1.0)).astype(np.complex64)
    return turn


def _symbols(
    arrived: NDArray[np.complex64],
    begins: NDArray[np.int64],
    n_symbols: int,
    segment: Segment,
    ofdm: OfdmConfig,
) -> NDArray[np.complex128]:
    """Return the active carriers [n_frames, n_symbols, n_active] of OFDM symbols."""
    inside = ofdm.n_cp - _EARLY + ofdm.symbol_length * np.arange(n_symbols)
    sent = np.add.outer(begins, inside)
    heard = np.round(sent / (1 + 1e-6 * segment.profile.front_end.sfo_ppm)).astype(np.int64)
    windows = arrived[heard[..., None] + np.arange(ofdm.n_fft)]
    carriers: NDArray[np.complex128] = scipy.fft.fft(windows.astype(np.complex128), norm="ortho")
    return carriers[..., ofdm.bins]


def _is_readable(
    gain: NDArray[np.complex128],
    noise: NDArray[np.complex128],
    segment: Segment,
    ofdm: OfdmConfig,
) -> NDArray[np.bool_]:
    """Tell which headers can be read with the gains [n_frames, n_header, n_active]."""
    gain, noise = gain[..., ofdm.data_columns], noise[..., ofdm.data_columns]
    bits = np.stack([header.pack() for header in segment.headers(ofdm)])
    received = gain * encode_headers(bits, ofdm) + noise
    decoded = decode_headers(received * gain.conj(), HEADER_BITS, ofdm)
    readable: NDArray[np.bool_] = (decoded == bits).all(axis=1)
    return readable
