# SPDX-License-Identifier: MIT
"""An Engine of bits: the best picture that fits, 5G LDPC and QAM, on the same symbols.

::

    picture -> search_best -> payload -> transport: CRC, LDPC, QAM -> n_symbols
                   ^                         ^
                 budget <---- MCS <---- mean SNR, told
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.baselines.mcs import MCS, Mcs, choose_mcs, mcs_by_index
from gsc_sdr.baselines.pixels import grey
from gsc_sdr.baselines.search import Fit, search_best, show_payload
from gsc_sdr.baselines.source import source_codec
from gsc_sdr.baselines.transport import decode_payload, encode_payload, n_payload_bytes
from gsc_sdr.config.rate import rate_by_id, rate_by_name
from gsc_sdr.errors import ConfigError, ImageError, MissingError, ShapeError
from gsc_sdr.link.engine import Decoded, Encoded, Facts, Received
from gsc_sdr.phy.scramble import qpsk_phases
from gsc_sdr.picture import MAX_SIDE
from gsc_sdr.prompt import code, text

__all__ = ["NO_MCS", "DigitalEngine"]

NO_MCS = 63  # the header's level where no scheme holds: the symbols carry nothing
_FILL_SEED = 0x3C5E


@dataclass(frozen=True)
class _Plan:
    """What is sent of one picture, or why nothing is."""

    mcs: Mcs | None
    n_bytes: int
    fit: Fit | None
    why: str | None


class DigitalEngine:
    """Pictures as an image codec's bits, prompts as every engine codes them.

    The picture's symbols are as many as the neural codec's, and go through the same
    frames. The MCS index travels in the frame header as ``level``. What cannot be
    decoded is shown as mid-grey, or as the part before the first failed block where
    the codec can show a part (JPEG, JPEG 2000).

    Parameters
    ----------
    source : str
        Name of an image codec, see :mod:`gsc_sdr.baselines.source`.
    snr_db : float, dB
        Mean Es/N0 that the transmitter is told; it chooses the MCS.
    channel : str
        Name of the channel profile; whose measured thresholds apply.
    mcs : int, optional
        Index of an MCS to use instead, whatever the SNR.

    Raises
    ------
    MissingError
        If the codec's library is not installed.
    ConfigError
        If there is no such codec or MCS, or the SNR is not finite.
    """

    def __init__(
        self, source: str, snr_db: float = 10.0, channel: str = "awgn", mcs: int | None = None
    ) -> None:
        self.source = source_codec(source)
        if self.source.missing:
            raise MissingError(self.source.missing)
        self.channel = channel
        self.mcs = None if mcs is None else mcs_by_index(mcs)
        self._lock = Lock()
        self.set_snr_db(snr_db)

    @property
    def snr_db(self) -> float:
        """Mean Es/N0 in dB by which the next picture's MCS is chosen."""
        with self._lock:
            return self._snr_db

    def set_snr_db(self, snr_db: float) -> None:
        """Choose the MCS of the next pictures by another mean SNR in dB."""
        if not np.isfinite(snr_db):
            raise ConfigError(f"snr_db is {snr_db}; give a finite number of dB")
        with self._lock:
            self._snr_db = float(snr_db)

    @property
    def models(self) -> dict[str, str]:
        """Name of the codec, for reports."""
        return {"codec": f"{self.source.name}+ldpc"}

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code an image [height, width, 3] and its prompt at a named rate.

        Facts: ``mcs`` by name, ``n_payload_bytes`` that the symbols carry, ``bits`` that
        the picture took of them, ``quality``, ``scale``, and ``why`` nothing was sent.

        Raises
        ------
        ConfigError
            If there is no such rate, or the prompt is too long.
        ShapeError
            If the image is not [1..2048, 1..2048, 3].
        """
        chosen = rate_by_name(rate)
        if image.ndim != 3 or not 1 <= min(image.shape) <= max(image.shape) <= MAX_SIDE:
            raise ShapeError(f"image is {image.shape}; expected [1..{MAX_SIDE}, 1..{MAX_SIDE}, 3]")
        height, width = image.shape[:2]
        n_symbols = chosen.n_symbols(width, height)
        plan = self._plan(image, n_symbols)
        return Encoded(
            _symbols(plan, n_symbols),
            code.encode(prompt),
            width,
            height,
            chosen.id,
            len(text.to_bytes(prompt)),
            NO_MCS if plan.mcs is None else plan.mcs.index,
            _facts(plan),
        )

    def decode(self, received: Received) -> Decoded:
        """Recover image and prompt from equalised symbols and their noise.

        Never raises for what the air did: symbols that are missing or not finite are
        erased. Facts: ``blocks``, ``blocks_failed``, ``partial`` if only a part is
        shown, ``failed`` if the picture is mid-grey.

        Raises
        ------
        ConfigError
            If the header names no known rate.
        """
        rate = rate_by_id(received.rate_id)
        n_prompt = code.n_symbols(received.prompt_bytes)
        n_symbols = rate.n_symbols(received.width, received.height)
        stream, noise_var = _heard(received, n_prompt + n_symbols)
        prompt, ok = code.decode(stream[:n_prompt], noise_var[:n_prompt], received.prompt_bytes)
        image, facts = self._picture(stream[n_prompt:], noise_var[n_prompt:], received)
        return Decoded(image, prompt, ok, facts)

    def _plan(self, image: NDArray[np.uint8], n_symbols: int) -> _Plan:
        """Choose MCS and payload."""
        snr_db = self.snr_db
        mcs = self.mcs or choose_mcs(snr_db, self.channel, n_symbols)
        if mcs is None:
            return _Plan(None, 0, None, f"no mcs holds at {snr_db:g} dB on {self.channel}")
        n_bytes = n_payload_bytes(n_symbols, mcs)
        fit = search_best(image, self.source, n_bytes)
        why = None if fit else f"budget of {n_bytes} bytes is too small for {self.source.name}"
        return _Plan(mcs, n_bytes, fit, why)

    def _picture(
        self,
        symbols: NDArray[np.complex64],
        noise_var: NDArray[np.float32],
        received: Received,
    ) -> tuple[NDArray[np.uint8], Facts]:
        """Decode one picture's symbols, or show what stands for a lost one."""
        width, height = received.width, received.height
        if received.level >= len(MCS):
            return grey(width, height), _outcome("failed", [])
        arrived = decode_payload(symbols, noise_var, mcs_by_index(received.level))
        is_whole = all(arrived.blocks_ok) and bool(arrived.blocks_ok)
        data = arrived.data if is_whole else arrived.data[: arrived.good_prefix_bytes]
        try:
            image = show_payload(data, self.source, (width, height), is_whole)
        except ImageError:
            return grey(width, height), _outcome("failed", arrived.blocks_ok)
        return image, _outcome("whole" if is_whole else "partial", arrived.blocks_ok)


def _symbols(plan: _Plan, n_symbols: int) -> NDArray[np.complex64]:
    """Return a picture's symbols: full power even where they carry nothing."""
    if plan.mcs is None:
        filler: NDArray[np.complex64] = qpsk_phases([_FILL_SEED], n_symbols)[0]
        return filler
    return encode_payload(plan.fit.payload if plan.fit else b"", n_symbols, plan.mcs)


def _facts(plan: _Plan) -> Facts:
    return {
        "mcs": plan.mcs.name if plan.mcs else None,
        "n_payload_bytes": plan.n_bytes,
        "bits": 8 * len(plan.fit.payload) if plan.fit else 0,
        "quality": plan.fit.quality if plan.fit else None,
        "scale": plan.fit.scale if plan.fit else None,
        "why": plan.why,
    }


def _outcome(shown: str, blocks_ok: list[bool]) -> Facts:
    return {
        "failed": shown == "failed",
        "partial": shown == "partial",
        "blocks": len(blocks_ok),
        "blocks_failed": len(blocks_ok) - sum(blocks_ok),
    }


def _heard(received: Received, n_symbols: int) -> tuple[NDArray[np.complex64], NDArray[np.float32]]:
    """Return ``n_symbols`` symbols and their noise; what is missing or not finite is erased."""
    stream = np.zeros(n_symbols, np.complex64)
    noise_var = np.full(n_symbols, np.inf, np.float32)
    n = min(n_symbols, len(received.stream), len(received.noise_var))
    heard = np.isfinite(received.stream[:n]) & (received.noise_var[:n] >= 0)
    stream[:n] = np.where(heard, received.stream[:n], 0)
    noise_var[:n] = np.where(heard, received.noise_var[:n], np.inf)
    return stream, noise_var
