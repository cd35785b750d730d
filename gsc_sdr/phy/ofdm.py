# SPDX-License-Identifier: MIT
"""OFDM: which carriers there are, and the transform between grid and samples.

The transform is unitary, so that a carrier of unit power stays one, and noise
of variance N0 a sample is noise of variance N0 a carrier.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, ShapeError

__all__ = ["OfdmConfig", "demodulate", "modulate"]

_PILOTS = (-21, -7, 7, 21)  # IEEE 802.11a, 17.3.5.9
_DATA = tuple(c for c in range(-26, 27) if c != 0 and c not in _PILOTS)
_HEADER_BITS = 288  # 96 bits under the rate-1/3 code


@dataclass(frozen=True)
class OfdmConfig:
    """Shape of a frame; transmitter and receiver hold the same one.

    A frame is a preamble of ``5 * n_fft + 2 * n_cp + 2 * n_fft`` samples, then
    ``n_header`` and ``n_payload`` OFDM symbols. Carriers are counted from the
    centre of the band, negative below it; the centre itself stays empty.

    Parameters
    ----------
    n_fft : int
        Transform size; a multiple of 8, 16 to 4096.
    n_cp : int, samples
        Cyclic prefix; 4 to ``n_fft // 2``.
    data_carriers, pilot_carriers : sequence of int
        Distinct, not 0, below ``n_fft // 2`` on either side; at least two pilots.
    n_header, n_payload : int
        OFDM symbols of the header (it must hold 288 bits as QPSK) and payload.

    Raises
    ------
    ConfigError
        If a value is out of range; the message has the value and the range.
    """

    n_fft: int = 64
    n_cp: int = 16
    data_carriers: tuple[int, ...] = _DATA
    pilot_carriers: tuple[int, ...] = _PILOTS
    n_header: int = 8
    n_payload: int = 24

    def __post_init__(self) -> None:
        """Check every value once; later code trusts them."""
        _check_int("n_fft", self.n_fft, 16, 4096)
        if self.n_fft % 8:
            raise ConfigError(f"n_fft is {self.n_fft}; choose a multiple of 8")
        _check_int("n_cp", self.n_cp, 4, self.n_fft // 2)
        _check_int("n_header", self.n_header, 1, 255)
        _check_int("n_payload", self.n_payload, 1, 1024)
        for name in ("data_carriers", "pilot_carriers"):
            object.__setattr__(self, name, _carriers(name, getattr(self, name), self.n_fft))
        self._check_carriers()

    def _check_carriers(self) -> None:
        """Refuse carriers that collide or cannot carry header and training."""
        both = set(self.data_carriers) & set(self.pilot_carriers)
        if both:
            raise ConfigError(f"carriers {sorted(both)} are data and pilot; keep each in one list")
        if len(self.pilot_carriers) < 2:
            raise ConfigError(
                f"pilot_carriers is {self.pilot_carriers}; tracking needs at least two"
            )
        room = 2 * self.n_header * self.n_data
        if room < _HEADER_BITS:
            raise ConfigError(
                f"n_header is {self.n_header}: {room} bits; the header needs {_HEADER_BITS}, "
                f"so at least {-(-_HEADER_BITS // max(1, 2 * self.n_data))} symbols"
            )
        if sum(c % 4 == 0 for c in self.active_carriers) < 4:
            raise ConfigError(
                "fewer than 4 active carriers are multiples of 4; the short training needs them"
            )

    @property
    def n_data(self) -> int:
        """Data carriers of one OFDM symbol."""
        return len(self.data_carriers)

    @property
    def n_active(self) -> int:
        """Data and pilot carriers of one OFDM symbol."""
        return len(self.data_carriers) + len(self.pilot_carriers)

    @property
    def symbol_length(self) -> int:
        """Samples of one OFDM symbol with its prefix."""
        return self.n_fft + self.n_cp

    @property
    def preamble_length(self) -> int:
        """Samples of short and long training together."""
        return 7 * self.n_fft + 2 * self.n_cp

    @property
    def frame_length(self) -> int:
        """Samples of one frame, preamble and all."""
        return self.preamble_length + (self.n_header + self.n_payload) * self.symbol_length

    @property
    def capacity(self) -> int:
        """Payload symbols (complex) of one frame."""
        return self.n_payload * self.n_data

    @cached_property
    def active_carriers(self) -> tuple[int, ...]:
        """Data and pilot carriers in ascending frequency."""
        return tuple(sorted(self.data_carriers + self.pilot_carriers))

    @cached_property
    def bins(self) -> NDArray[np.int64]:
        """Transform bin of each active carrier, [n_active]."""
        return np.array(self.active_carriers) % self.n_fft

    @cached_property
    def data_columns(self) -> NDArray[np.int64]:
        """Where the data carriers stand among the active ones, [n_data]."""
        return np.searchsorted(self.active_carriers, self.data_carriers)

    @cached_property
    def pilot_columns(self) -> NDArray[np.int64]:
        """Where the pilots stand among the active carriers, [n_pilots]."""
        return np.searchsorted(self.active_carriers, self.pilot_carriers)

    @cached_property
    def hash(self) -> int:
        """Eight bits that differ between configurations (1 in 256 collide)."""
        return zlib.crc32(repr(sorted(asdict(self).items())).encode()) & 0xFF


def modulate(
    grid: NDArray[np.complexfloating[Any, Any]], config: OfdmConfig
) -> NDArray[np.complex64]:
    """Turn rows of carriers into samples with cyclic prefixes.

    Parameters
    ----------
    grid : [..., n_symbols, n_fft], complex
        One OFDM symbol a row, in transform order (bin 0 is the centre).
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    samples : [..., n_symbols * symbol_length], complex64
        Prefix and symbol, row after row.

    Raises
    ------
    ShapeError
        If the last axis is not n_fft.
    """
    if grid.ndim < 2 or grid.shape[-1] != config.n_fft:
        raise ShapeError(f"grid is {grid.shape}; expected [..., n_symbols, n_fft={config.n_fft}]")
    body = scipy.fft.ifft(grid, axis=-1, norm="ortho")
    samples = np.concatenate([body[..., -config.n_cp :], body], axis=-1).astype(np.complex64)
    flat: NDArray[np.complex64] = samples.reshape(
        *grid.shape[:-2], grid.shape[-2] * config.symbol_length
    )
    return flat


def demodulate(
    samples: NDArray[np.complexfloating[Any, Any]], config: OfdmConfig
) -> NDArray[np.complexfloating[Any, Any]]:
    """Drop the prefixes and return rows of carriers: the inverse of modulate.

    Parameters
    ----------
    samples : [..., n_symbols * symbol_length], complex
        Whole OFDM symbols.
    config : OfdmConfig
        The frame's shape.

    Returns
    -------
    grid : [..., n_symbols, n_fft], complex
        In transform order; the precision of ``samples``.

    Raises
    ------
    ShapeError
        If the samples are not a whole number of OFDM symbols.
    """
    if samples.ndim < 1 or samples.shape[-1] % config.symbol_length:
        raise ShapeError(
            f"samples is {samples.shape}; expected whole symbols of {config.symbol_length} samples"
        )
    n_symbols = samples.shape[-1] // config.symbol_length
    rows = samples.reshape(*samples.shape[:-1], n_symbols, config.symbol_length)
    grid: NDArray[np.complexfloating[Any, Any]] = scipy.fft.fft(
        rows[..., config.n_cp :], norm="ortho"
    )
    return grid


def _check_int(name: str, value: object, low: int, high: int) -> None:
    """Refuse what is not an int of [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name} is {value!r}; choose a whole number from {low} to {high}")


def _carriers(name: str, values: Iterable[int], n_fft: int) -> tuple[int, ...]:
    """Return carriers as a tuple of distinct ints inside the band."""
    carriers = tuple(values)
    for carrier in carriers:
        _check_int(f"a carrier of {name}", carrier, 1 - n_fft // 2, n_fft // 2 - 1)
    if 0 in carriers or len(set(carriers)) != len(carriers):
        raise ConfigError(f"{name} is {carriers}; carriers are distinct and not 0 (the centre)")
    return carriers
