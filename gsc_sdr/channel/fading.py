# SPDX-License-Identifier: MIT
"""Fading of a stream of samples, piece by piece.

The pieces may be cut in any way: what comes out is the same, and the channel
goes on where the last piece ended.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.channel.taps import TapProcess, tap_process
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.jit import kernel

__all__ = ["Fading"]

_PIECE = 8192  # samples filtered at a time, few enough to stay in the cache


class Fading:
    r"""A fading channel with memory.

    :math:`y_n = \sum_l h_l(n)\, x_{n-l}`, with taps of unit mean power in the
    occupied band. There is no noise and no carrier offset here.

    Parameters
    ----------
    profile : ChannelProfile
        What fades, and how fast.
    sample_rate : float, samples per second
        Rate of the stream.
    seed : int
        0 to 2**63 - 1; the same seed gives the same channel.

    Attributes
    ----------
    delay : int, samples
        How much later a path of no delay comes out than it went in: 0 but for
        the ``tdl`` and ``cdl`` models, whose interpolation filter needs 6.

    Raises
    ------
    ConfigError
        If ``sample_rate`` or ``seed`` is out of range, or too slow for the
        profile.

    Examples
    --------
    >>> Fading(ChannelProfile("still"), 1e6, seed=0).apply([1, 2j]).tolist()
    [(1+0j), 2j]
    """

    def __init__(self, profile: ChannelProfile, sample_rate: float, seed: int = 0) -> None:
        if not 1e3 <= sample_rate <= 1e9:
            raise ConfigError(f"sample_rate is {sample_rate}; give 1e3 to 1e9 samples/s")
        if not 0 <= seed < 1 << 63:
            raise ConfigError(f"seed is {seed}; give 0 to 2**63 - 1")
        self._taps = tap_process(profile, sample_rate, seed)
        self._position = 0
        n_taps = self._taps.n_taps if self._taps else 1
        self._history = np.zeros(n_taps - 1, np.complex64)
        self.delay = self._taps.delay if self._taps else 0

    def apply(self, samples: ArrayLike) -> NDArray[np.complex64]:
        """Send the next samples of the stream through the channel.

        Parameters
        ----------
        samples : [n], complex64
            Any length, 0 included.

        Returns
        -------
        samples : [n], complex64
            As many as came in; the filter's last ``n_taps - 1`` samples come
            out with the next call.

        Raises
        ------
        ShapeError
            If ``samples`` is not one-dimensional.
        """
        x = np.asarray(samples, dtype=np.complex64)
        if x.ndim != 1:
            raise ShapeError(f"samples is {x.shape}; expected [n]: pass one stream")
        if self._taps is None:
            return x
        heard = np.concatenate([self._history, x])
        self._history = heard[len(x) :]
        pieces, done = [np.zeros(0, np.complex64)], 0
        while done < len(x):
            piece = self._next_piece(heard[done:], self._taps)
            pieces.append(piece)
            done += len(piece)
            self._position += len(piece)
        return np.concatenate(pieces)

    def _next_piece(
        self, heard: NDArray[np.complex64], process: TapProcess
    ) -> NDArray[np.complex64]:
        """Filter up to one piece: part of a grid step, or several whole ones."""
        step, left = process.step, len(heard) - len(self._history)
        index, offset = divmod(self._position, step)
        if offset == 0 and left >= step and step <= _PIECE:
            rows, width = min(left, _PIECE) // step, step
        else:
            rows, width = 1, min(left, step - offset, _PIECE)
        taps, slope = process.at(index, rows)
        weight = ((offset + np.arange(width)) / step).astype(np.float32)
        return _filter(heard, taps, slope, weight)


def _filter(
    heard: NDArray[np.complex64],
    taps: NDArray[np.complex64],
    slope: NDArray[np.complex64],
    weight: NDArray[np.float32],
) -> NDArray[np.complex64]:
    """Return the sum over l of (taps + weight * slope)_l x_(n-l), row after row."""
    (rows, n_taps), width = taps.shape, len(weight)
    n_heard = rows * width + n_taps - 1
    parts = np.empty((2, n_heard), np.float32)
    parts[0], parts[1] = heard[:n_heard].real, heard[:n_heard].imag
    out = np.zeros((2, rows * width), np.float32)
    _convolve(parts, out, (taps, slope), weight)
    samples = np.empty(rows * width, np.complex64)
    samples.real, samples.imag = out
    return samples


@kernel
def _convolve(
    heard: NDArray[np.float32],
    out: NDArray[np.float32],
    filters: tuple[NDArray[np.complex64], NDArray[np.complex64]],
    weight: NDArray[np.float32],
) -> None:
    """Add, branch by branch, each lag of each row's filter."""
    taps, slope = filters
    width, n_taps = len(weight), taps.shape[1]
    for row in range(len(taps)):
        i_out = out[0, row * width : (row + 1) * width]
        q_out = out[1, row * width : (row + 1) * width]
        for lag in range(n_taps):
            begin = row * width + n_taps - 1 - lag
            i_in, q_in = heard[0, begin : begin + width], heard[1, begin : begin + width]
            i_tap, q_tap = taps[row, lag].real, taps[row, lag].imag
            i_slope, q_slope = slope[row, lag].real, slope[row, lag].imag
            for n in range(width):
                i_gain = i_tap + weight[n] * i_slope
                q_gain = q_tap + weight[n] * q_slope
                i_out[n] += i_gain * i_in[n] - q_gain * q_in[n]
                q_out[n] += i_gain * q_in[n] + q_gain * i_in[n]
