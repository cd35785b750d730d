# SPDX-License-Identifier: MIT
"""Received frames as PDUs, and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from gsc_sdr.blocks.pdu import pack, unpack
from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.header import Header

__all__ = ["csi_to_pdu", "frame_from_pdu", "frame_to_pdu"]

_HEADER = [field.name for field in fields(Header)]


def frame_to_pdu(frame: Frame) -> Any:
    """Return a frame as PDU: symbols, with all else as metadata."""
    meta = asdict(frame.header) | {
        "noise_var": frame.noise_var,
        "gain": frame.csi.gain,
        "carrier_noise_var": frame.csi.noise_var,
        "snr_db": frame.csi.snr_db,
        "cfo": frame.cfo,
        "sfo": frame.sfo,
    }
    return pack(meta, frame.symbols)


def frame_from_pdu(message: Any) -> Frame:
    """Return the frame of a PDU that frame_to_pdu made.

    Raises
    ------
    ShapeError
        If something is missing, or not of the right type or length.
    ConfigError
        If a field of the header is out of range.
    """
    meta, symbols = unpack(message)
    missing = {*_HEADER, "noise_var", "gain", "carrier_noise_var", "snr_db", "cfo", "sfo"} - {*meta}
    if missing:
        raise ShapeError(f"metadata has no {', '.join(sorted(missing))}; connect a frame parser")
    if symbols.dtype != np.complex64 or np.shape(meta["noise_var"]) != symbols.shape:
        raise ShapeError(
            f"frame has {len(symbols)} {symbols.dtype} symbols and noise_var "
            f"{np.shape(meta['noise_var'])}; expected complex64 and as many"
        )
    header = Header(**{name: meta[name] for name in _HEADER})
    csi = Csi(meta["gain"], meta["carrier_noise_var"], meta["snr_db"])
    return Frame(header, symbols, meta["noise_var"], csi, meta["cfo"], meta["sfo"])


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
