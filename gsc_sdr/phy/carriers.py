# SPDX-License-Identifier: MIT
"""From captured samples to carriers: level, offset and constant taken off, transformed.

Each capture is brought to a level of about one by a power of two, which loses
nothing, so that everything behind can trust single precision.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.jit import kernel
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.phasor import short_phasor
from gsc_sdr.phy.preamble import training

__all__ = ["N_TRAINING", "Carriers", "row_times", "to_carriers", "training_time"]

N_TRAINING = 6  # rows of carriers before the header's
_CONSTANT = 12.0  # times what data leaves in a capture's mean: such a mean is the radio's own


@dataclass(frozen=True)
class Carriers:
    """Carriers of a batch of captures.

    Attributes
    ----------
    rows : [batch, n_rows, n_active], complex64
        Training, header and payload; all 0 for a silent capture.
    scale : [batch], float64
        Amplitude of the capture over that of ``rows``, a power of two; 0 for a
        silent capture.
    """

    rows: NDArray[np.complex64]
    scale: NDArray[np.float64]

    def pick(self, rows: list[int]) -> Carriers:
        """Return the carriers of some of the captures."""
        return Carriers(self.rows[rows], self.scale[rows])


def to_carriers(
    captures: NDArray[np.complexfloating[Any, Any]], cfo: NDArray[np.float64], config: OfdmConfig
) -> Carriers:
    """Return the carriers of captures, their carrier offsets taken off.

    What a capture's mean has too much is the direct current of a radio, and is
    taken off as well. Samples that are not finite count as 0.

    Parameters
    ----------
    captures : [batch, n_samples >= frame_length], complex
        Each begins at a frame's first sample, or a few samples before it.
    cfo : [batch], float64, carriers
        Carrier offset of each; finite.
    config : OfdmConfig
        The frame's shape.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        samples = np.ascontiguousarray(captures, np.complex64)
    begins = _begins(config)
    blocks = np.empty((len(samples), len(begins), config.n_fft), np.complex64)
    scale = np.empty(len(samples))
    _straighten(samples, cfo / config.n_fft, begins, blocks, scale)
    spectra = scipy.fft.fft(blocks, norm="ortho", overwrite_x=True)
    rows = np.empty((*blocks.shape[:2], config.n_active), np.complex64)
    _pick(spectra, config.bins, rows)
    return Carriers(rows, scale)


@lru_cache(maxsize=8)
def row_times(config: OfdmConfig) -> NDArray[np.float64]:
    """Return the time of each row in symbols without prefix; 0 amid the header, [n_rows]."""
    times: NDArray[np.float64] = _begins(config) / config.n_fft
    centred: NDArray[np.float64] = times - times[N_TRAINING - 2 : -config.n_payload].mean()
    return centred


@lru_cache(maxsize=8)
def training_time(config: OfdmConfig) -> float:
    """Return the mean time of what the training has sent: that of its gain's phase."""
    weight = (np.abs(training(config).sent) ** 2).sum(axis=1)
    return float(row_times(config)[:N_TRAINING] @ weight / weight.sum())


@lru_cache(maxsize=8)
def _begins(config: OfdmConfig) -> NDArray[np.int64]:
    """Return the first sample of each block that is transformed, [n_rows]."""
    n_symbols = config.n_header + config.n_payload
    first = config.preamble_length + config.n_cp
    symbols = first + np.arange(n_symbols) * config.symbol_length
    return np.concatenate([training(config).begins, symbols])


@kernel
def _straighten(
    samples: NDArray[np.complex64],
    turns: NDArray[np.float64],
    begins: NDArray[np.int64],
    blocks: NDArray[np.complex64],
    scale: NDArray[np.float64],
) -> None:
    """Cut blocks [batch, n_rows, n_fft] out of samples, levelled and turned back."""
    n_rows, n_fft = blocks.shape[1:]
    clean = np.empty(begins[-1] + n_fft, np.complex64)
    for capture in range(len(samples)):
        scale[capture], mean = _level(samples[capture, : len(clean)])
        shrink = 1.0 / scale[capture] if scale[capture] > 0 else 0.0
        for at in range(len(clean)):
            sample = samples[capture, at]
            real = sample.real if abs(sample.real) < np.inf else np.float32(0.0)
            imag = sample.imag if abs(sample.imag) < np.inf else np.float32(0.0)
            cosine, sine = short_phasor(-turns[capture] * at)
            real = np.float32(real * shrink - mean.real)
            imag = np.float32(imag * shrink - mean.imag)
            clean[at] = complex(real * cosine - imag * sine, real * sine + imag * cosine)
        for row in range(n_rows):
            blocks[capture, row] = clean[begins[row] : begins[row] + n_fft]


@kernel
def _level(samples: NDArray[np.complex64]) -> tuple[float, complex]:
    """Return a power of two near the samples' amplitude, and the constant in units of it."""
    sum_real = sum_imag = power = 0.0
    for at in range(len(samples)):
        real = float(samples[at].real) if abs(samples[at].real) < np.inf else 0.0
        imag = float(samples[at].imag) if abs(samples[at].imag) < np.inf else 0.0
        sum_real += real
        sum_imag += imag
        power += real * real + imag * imag
    if power == 0:
        return 0.0, 0j
    scale = 2.0 ** np.floor(0.5 * np.log2(power / len(samples)))
    is_constant = sum_real**2 + sum_imag**2 > _CONSTANT * power
    mean = complex(sum_real, sum_imag) / (len(samples) * scale)
    return scale, mean if is_constant else 0j


@kernel
def _pick(
    spectra: NDArray[np.complex64], bins: NDArray[np.int64], rows: NDArray[np.complex64]
) -> None:
    """Copy the active carriers of spectra [batch, n_rows, n_fft]."""
    for capture in range(len(spectra)):
        for row in range(spectra.shape[1]):
            for column in range(len(bins)):
                rows[capture, row, column] = spectra[capture, row, bins[column]]
