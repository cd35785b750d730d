# SPDX-License-Identifier: MIT
"""Received frames as PDUs, one by one or many at once, and back.

A message costs an interpreter more than a frame does; so blocks that understand
each other send many frames in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

import numpy as np

from gsc_sdr.blocks.pdu import pack, unpack
from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.header import Header

__all__ = ["csi_to_pdu", "frame_from_pdu", "frame_to_pdu", "frames_from_pdu", "frames_to_pdu"]

_HEADER = [field.name for field in fields(Header)]
_FIGURES = ["carrier_noise_var", "snr_db", "cfo", "sfo"]
_ONE = {*_HEADER, *_FIGURES, "noise_var", "gain"}
_MANY = {*_FIGURES, "headers", "noise_var", "gain"}
_header_values = attrgetter(*_HEADER)
_figures = attrgetter("csi.noise_var", "csi.snr_db", "cfo", "sfo")


def frame_to_pdu(frame: Frame, start: float | None = None) -> Any:
    """Return a frame as PDU: symbols, with all else as metadata."""
    meta = asdict(frame.header) | dict(zip(_FIGURES, _figures(frame), strict=True))
    meta |= {"noise_var": frame.noise_var, "gain": frame.csi.gain}
    return pack(meta if start is None else meta | {"start": start}, frame.symbols)


def frame_from_pdu(message: Any) -> Frame:
    """Return the frame of a PDU that frame_to_pdu made.

    Raises
    ------
    ShapeError
        If something is missing, or not of the right type or length.
    ConfigError
        If a field of the header is out of range.
    """
    return _frame(*unpack(message))


def frames_to_pdu(frames: Sequence[Frame]) -> Any:
    """Return frames, all of one configuration and at least one, as one PDU.

    Its symbols are [n_frames * capacity]; ``noise_var`` [n_frames * capacity],
    ``gain`` [n_frames * n_active], ``headers`` [n_frames * n_fields] and figures
    [n_frames] are metadata.
    """
    figures = np.array([_figures(frame) for frame in frames])
    meta = dict(zip(_FIGURES, figures.T, strict=True)) | {
        "headers": np.array([_header_values(frame.header) for frame in frames], float),
        "noise_var": np.stack([frame.noise_var for frame in frames]),
        "gain": np.stack([frame.csi.gain for frame in frames]),
    }
    return pack(meta, [frame.symbols for frame in frames])


def frames_from_pdu(message: Any) -> list[Frame]:
    """Return the frames of a PDU that frames_to_pdu or frame_to_pdu made.

    Raises
    ------
    ShapeError
        If something is missing, or not of the right type or length.
    ConfigError
        If a field of a header is out of range.
    """
    meta, symbols = unpack(message)
    if "headers" not in meta:
        return [_frame(meta, symbols)]
    _check(meta, symbols, _MANY)
    headers = _rows(meta, "headers", len(meta["headers"]) // len(_HEADER))
    parts = (_rows(meta, name, len(headers)) for name in ("noise_var", "gain", *_FIGURES))
    noise_var, gain, carrier_noise, snr_db, cfo, sfo = parts
    return [
        Frame(
            Header(*map(int, headers[row])),
            own,
            noise_var[row],
            Csi(gain[row], float(carrier_noise[row, 0]), float(snr_db[row, 0])),
            float(cfo[row, 0]),
            float(sfo[row, 0]),
        )
        for row, own in enumerate(symbols.reshape(len(headers), -1))
    ]


def csi_to_pdu(frame: Frame) -> Any:
    """Return a frame's channel state as PDU: gains, with SNR and offset as metadata."""
    meta = {
        "image_id": frame.header.image_id,
        "frame_index": frame.header.frame_index,
        "snr_db": frame.csi.snr_db,
        "noise_var": frame.csi.noise_var,
        "cfo": frame.cfo,
    }
    return pack(meta, frame.csi.gain)


def _frame(meta: dict[str, Any], symbols: Any) -> Frame:
    """Return the one frame of unpacked metadata and symbols."""
    _check(meta, symbols, _ONE)
    header = Header(**{name: meta[name] for name in _HEADER})
    csi = Csi(meta["gain"], meta["carrier_noise_var"], meta["snr_db"])
    return Frame(header, symbols, meta["noise_var"], csi, meta["cfo"], meta["sfo"])


def _check(meta: dict[str, Any], symbols: Any, needed: set[str]) -> None:
    """Refuse what frames cannot be made of."""
    missing = needed - {*meta}
    if missing:
        raise ShapeError(f"metadata has no {', '.join(sorted(missing))}; connect a frame parser")
    if symbols.dtype != np.complex64 or np.shape(meta["noise_var"]) != symbols.shape:
        raise ShapeError(
            f"frame has {len(symbols)} {symbols.dtype} symbols and noise_var "
            f"{np.shape(meta['noise_var'])}; expected complex64 and as many"
        )


def _rows(meta: dict[str, Any], name: str, n_rows: int) -> Any:
    """Return one array of metadata with a row for each frame."""
    values = meta[name]
    if not isinstance(values, np.ndarray) or n_rows < 1 or len(values) % n_rows:
        raise ShapeError(f"{name} has {np.shape(values)} values for {n_rows} frames")
    return values.reshape(n_rows, -1)
