# SPDX-License-Identifier: MIT
"""Frames: a stream of symbols in samples, and back.

    | short training | long training | header (QPSK, coded) | payload (continuous) |
      finds it         first gain      names it, and trains    symbols and pilots

build_frames and parse_frames are each other's inverse over any channel that
leaves a frame within its cyclic prefix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gsc_sdr.errors import ConfigError, FrameError, ShapeError
from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.header import MAX_FRAMES, Header
from gsc_sdr.phy.header_code import encode_headers
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig, modulate
from gsc_sdr.phy.pilots import pilot_values
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.receive import ReadFrames, read_frames
from gsc_sdr.phy.scramble import descramble, frame_seed, qpsk_phases, scramble

__all__ = ["Frame", "build_frames", "n_frames", "parse_frames", "warm_up"]

_FILLER_SEED = 0x19A6C4F7  # of the symbols behind the end of a stream
_BATCH = 64  # frames worked on at once: enough to amortise, small enough for the cache


@dataclass(frozen=True)
class Frame:
    """One received frame.

    Attributes
    ----------
    header : Header
        Checked and validated.
    symbols : [capacity], complex64
        Equalised and descrambled payload, in slot order.
    noise_var : [capacity], float32
        Noise variance of each symbol, positive and finite.
    csi : Csi
        Channel state.
    cfo : float, carriers
        Carrier offset, the synchroniser's and the frame's own together.
    sfo : float, relative
        Clock offset: positive where the receiver samples too slowly.
    """

    header: Header
    symbols: NDArray[np.complex64]
    noise_var: NDArray[np.float32]
    csi: Csi
    cfo: float
    sfo: float


def n_frames(n_symbols: int, config: OfdmConfig) -> int:
    """Return how many frames a stream of complex symbols needs.

    Raises
    ------
    ConfigError
        If there is nothing to send, or more than 511 frames.
    """
    count = -(-n_symbols // config.capacity)
    if not 1 <= count <= MAX_FRAMES:
        raise ConfigError(
            f"the stream has {n_symbols} symbols; a picture is sent in 1 to {MAX_FRAMES} frames "
            f"of {config.capacity}: choose a lower rate or a smaller picture"
        )
    return count


def build_frames(
    stream: NDArray[np.complexfloating[Any, Any]], header: Header, config: OfdmConfig
) -> NDArray[np.complex64]:
    """Turn a picture's symbols into frames, ready for the air.

    Parameters
    ----------
    stream : [n], complex
        Finite, of unit mean power.
    header : Header
        A template: frame_index, frame_count and config_hash are filled in here.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    samples : [frame_count, frame_length], complex64
        Active carriers of unit mean power, so samples of n_active / n_fft.

    Raises
    ------
    ShapeError
        If the stream is not one-dimensional and finite.
    ConfigError
        If it does not fit 1 to 511 frames.
    """
    stream = np.asarray(stream)
    if stream.ndim != 1 or not np.isfinite(stream).all():
        raise ShapeError(f"stream is {stream.shape}; expected [n] finite complex symbols")
    count = n_frames(len(stream), config)
    headers = [
        replace(header, frame_index=i, frame_count=count, config_hash=config.hash)
        for i in range(count)
    ]
    filled = np.empty(count * config.capacity, np.complex64)
    filled[: len(stream)] = stream
    filler = qpsk_phases([_FILLER_SEED], config.capacity)[0]
    filled[len(stream) :] = filler[: len(filled) - len(stream)]
    slots = np.empty_like(filled)
    slots[stream_slots(count, config)] = filled
    payload = scramble(slots.reshape(count, config.capacity), _seeds(headers))
    rows = [
        encode_headers(np.stack([h.pack() for h in headers]), config),
        payload.reshape(count, config.n_payload, config.n_data),
    ]
    body = modulate(_grid(np.concatenate(rows, axis=1), config), config)
    opening = np.broadcast_to(preamble(config), (count, config.preamble_length))
    return np.concatenate([opening, body], axis=1)


def parse_frames(
    captures: NDArray[np.complexfloating[Any, Any]], cfo: ArrayLike, config: OfdmConfig
) -> list[Frame | FrameError]:
    """Read frames from the samples that the detector cut out.

    Parameters
    ----------
    captures : [batch, n_samples >= frame_length], complex
        Each begins at a frame's first sample, or a few samples before it.
    cfo : [batch], float, carriers
        Carrier offset of each, as the detector measured it; good to 0.1.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    frames : list of [batch]
        For each capture a Frame, or the FrameError that says why not. Causes:
        ``truncated``, ``empty``, ``crc``, ``version``, ``config``, ``field``.

    Raises
    ------
    ShapeError
        If captures is not two-dimensional, or cfo does not match it.
    """
    captures, offsets = np.asarray(captures), np.asarray(cfo, np.float64)
    if captures.ndim != 2 or offsets.shape != captures.shape[:1]:
        raise ShapeError(
            f"captures is {captures.shape} and cfo {offsets.shape}; expected [batch, n_samples] "
            "and [batch]"
        )
    if captures.shape[1] < config.frame_length:
        return [_truncated(captures.shape[1], config) for _ in captures]
    frames: list[Frame | FrameError] = []
    for at in range(0, len(captures), _BATCH):
        part = slice(at, at + _BATCH)
        with np.errstate(all="ignore"):  # what comes from the air may be anything
            read = read_frames(captures[part, : config.frame_length], offsets[part], config)
            frames += _collect(read)
    return frames


@lru_cache(maxsize=8)
def warm_up(config: OfdmConfig) -> None:
    """Build and read frames, good and bad, so that the first from the air need not wait.

    Kernels are compiled, or found on disk, when they are first called, and the
    constants of a configuration computed.
    """
    samples = build_frames(np.ones(2 * config.capacity, np.complex64), Header(0, 0, 1, 1), config)
    parse_frames(np.concatenate([samples, samples[:, ::-1]]), np.zeros(4), config)


def _collect(read: ReadFrames) -> list[Frame | FrameError]:
    """Descramble what was read, and put it beside the errors in order."""
    frames: list[Frame | FrameError] = list(read.errors)  # type: ignore[arg-type]
    headers = [header for header in read.headers if header is not None]
    symbols = descramble(read.symbols, _seeds(headers))
    figures = (read.gain.csi(), read.cfo.tolist(), read.sfo.tolist())
    parts = (read.rows, headers, symbols, read.symbol_noise_var, *figures)
    for at, *part in zip(*parts, strict=True):
        frames[at] = Frame(*part)
    return frames


def _seeds(headers: list[Header]) -> list[int]:
    """Return the scrambling seeds of frames."""
    return [frame_seed(header.image_id, header.frame_index) for header in headers]


def _grid(data: NDArray[np.complexfloating[Any, Any]], config: OfdmConfig) -> NDArray[np.complex64]:
    """Place data [..., n_symbols, n_data] and pilots in carriers [..., n_symbols, n_fft]."""
    grid = np.zeros((*data.shape[:-1], config.n_fft), np.complex64)
    grid[..., config.bins[config.data_columns]] = data
    grid[..., config.bins[config.pilot_columns]] = pilot_values(config)
    return grid


def _truncated(n_samples: int, config: OfdmConfig) -> FrameError:
    """Return the error of a capture that is too short."""
    return FrameError(
        f"the capture has {n_samples} samples, a frame {config.frame_length}; the frame is lost",
        "truncated",
    )
