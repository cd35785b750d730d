# SPDX-License-Identifier: MIT
"""One picture's transmission as one row of figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.metrics.link import energy_j, snr_post_db
from gsc_sdr.metrics.measures import Measures
from gsc_sdr.phy.papr import evm_db, papr_db
from gsc_sdr.transceiver.chain import Trip
from gsc_sdr.transceiver.loopback import LinkSettings

__all__ = ["received_image", "report_row"]

_PLAIN = ("psnr_db", "ms_ssim")


def received_image(image: NDArray[np.uint8], trip: Trip) -> NDArray[np.uint8]:
    """Return what the user sees: mid-grey where no frame arrived."""
    return np.full_like(image, 128) if trip.decoded is None else trip.decoded.image


def report_row(
    image: NDArray[np.uint8],
    prompt: str,
    vae_image: NDArray[np.uint8] | None,
    trip: Trip,
    settings: LinkSettings,
    *,
    measures: Measures | None = None,
    tx_power_dbm: float = 20.0,
) -> dict[str, Any]:
    """Return the figures of one transmission, ready for JSON.

    Parameters
    ----------
    image, vae_image : [height, width, 3], uint8
        What was sent, and what the autoencoder alone makes of it; None for a codec
        that has none.
    prompt : str
        What was sent along.
    trip : Trip
        What happened.
    settings : LinkSettings
        Over what.
    measures : Measures, optional
        What of the picture is measured; PSNR and MS-SSIM if not given.
    tx_power_dbm : float, dBm
        Mean power of the transmitter while it sends, for ``energy_j``: nothing
        here measures it.

    Returns
    -------
    row : dict
        Figures that could not be had (no frame arrived, picture too small for
        MS-SSIM) are None, and so are infinite ones. SNR is Es/N0: ``snr_db`` and
        ``snr_est_db`` of an active subcarrier, ``snr_post_db`` of the equalised
        symbols that arrived, by what was sent. ``air_time_s`` is the length of all
        frames, ``energy_j`` what the transmitter radiates in it. What the codec
        says of its own work stands beside; ``failed`` tells whether the picture is
        mid-grey for want of anything better.
    """
    height, width = image.shape[:2]
    values = 3 * height * width
    shown = received_image(image, trip)
    air_time_s = len(trip.samples) / settings.sample_rate
    prompt_ok = trip.decoded is not None and trip.decoded.prompt_ok
    quality = dict.fromkeys(_PLAIN) | (measures or Measures(names=_PLAIN)).of(shown, image)
    quality["psnr_vae_db"] = None if vae_image is None else psnr_db(vae_image, image)
    quality["psnr_link_db"] = None if vae_image is None else psnr_db(shown, vae_image)
    about = {
        "width": width,
        "height": height,
        "prompt_sent": prompt,
        "prompt_received": trip.decoded.prompt if trip.decoded else "",
        "prompt_ok": prompt_ok,
        "channel": settings.channel.name,
        "snr_db": settings.snr_db if settings.channel.noise else None,
        "cfo_hz": settings.cfo_hz,
        "rate": settings.rate,
        "n_symbols": len(trip.encoded.symbols),
        "n_prompt_symbols": len(trip.encoded.prompt_symbols),
        "cbr": len(trip.encoded.symbols) / values,
        "air_cbr": len(trip.samples) / values,
        "papr_db": papr_db(trip.samples),
        "air_time_s": air_time_s,
        "tx_power_dbm": tx_power_dbm,
        "energy_j": energy_j(tx_power_dbm, air_time_s),
        "sample_rate": settings.sample_rate,
        "seed": settings.seed,
    }
    times: Mapping[str, float] = {f"{name}_s": value for name, value in trip.seconds.items()}
    decoded = trip.decoded
    facts = dict(trip.encoded.facts) | (dict(decoded.facts) if decoded else {"failed": True})
    row = about | _link(trip, settings) | quality | dict(times) | {"failed": False} | dict(facts)
    return {key: _finite(value) for key, value in row.items()}


def _link(trip: Trip, settings: LinkSettings) -> dict[str, Any]:
    """Return what the receiver measured."""
    sent = len(trip.samples) // settings.ofdm.frame_length
    picture = trip.picture
    received = picture.n_received if picture else 0
    row: dict[str, Any] = {
        "frames_sent": sent,
        "frames_received": received,
        "frames_lost": sent - received,
        "frame_loss": (sent - received) / sent if sent else None,
        "snr_est_db": None,
        "snr_post_db": None,
        "cfo_est_hz": None,
        "evm_db": None,
    }
    if picture is None:
        return row
    stream = trip.stream
    heard = np.isfinite(picture.noise_var[: len(stream)])
    row["snr_est_db"] = picture.snr_db
    row["cfo_est_hz"] = picture.cfo * settings.sample_rate / settings.ofdm.n_fft
    arrived = picture.stream[: len(stream)][heard]
    row["evm_db"] = evm_db(arrived, stream[heard])
    row["snr_post_db"] = snr_post_db(arrived, stream[heard])
    return row


def _finite(value: Any) -> Any:
    """JSON has no infinity: a figure that is not finite becomes None."""
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
