# SPDX-License-Identifier: MIT
"""Bench of the link: pictures x SNRs x rates over one channel, as rows and as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.experiments.report import report_row
from gsc_sdr.link.engine import Engine
from gsc_sdr.transceiver.loopback import LinkSettings, LoopbackRun

__all__ = ["Pictures", "Run", "bench_link", "centre_crop", "summarise"]

Pictures = Sequence[tuple[NDArray[np.uint8], str]]
Run = Callable[[Pictures, Engine, LinkSettings], LoopbackRun]

_MEANS = ("psnr_db", "psnr_vae_db", "psnr_link_db", "ms_ssim", "snr_est_db", "evm_db", "papr_db")
_SUMS = ("frames_sent", "frames_received", "frames_lost")


def centre_crop(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Cut the middle [side, side, 3] out of an image; smaller sides stay."""
    top, left = (max(0, (length - side) // 2) for length in image.shape[:2])
    return image[top : top + side, left : left + side]


def bench_link(
    pictures: Pictures,
    engine: Engine,
    settings: LinkSettings,
    grid: Sequence[tuple[str, float]],
    run: Run,
) -> Iterator[list[dict[str, Any]]]:
    """Send all pictures at each (rate, snr_db) of a grid.

    Parameters
    ----------
    pictures : sequence of ([height, width, 3] uint8, str)
        The same at every point.
    engine : Engine
        Codes and decodes; if it has an autoencoder, it also shows what that alone
        makes of a picture, and if its modulation is chosen for an SNR, it is told.
    settings : LinkSettings
        Everything but rate and SNR.
    grid : sequence of (str, float)
        Points, in order.
    run : (pictures, engine, settings) -> LoopbackRun
        Through arrays or through GNU Radio.

    Yields
    ------
    rows : list of dict
        The rows of one point, one a picture.
    """
    reconstruct = getattr(engine, "reconstruct", None)
    alone = [reconstruct(image) if reconstruct else None for image, _ in pictures]
    set_snr_db = getattr(engine, "set_snr_db", None)
    for rate, snr_db in grid:
        if set_snr_db is not None:
            set_snr_db(snr_db)
        point = replace(settings, rate=rate, snr_db=snr_db)
        trips = run(pictures, engine, point).trips
        yield [
            report_row(image, prompt, vae, trip, point)
            for (image, prompt), vae, trip in zip(pictures, alone, trips, strict=True)
        ]


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Reduce the rows of one point: means of figures, sums of counts.

    A figure that is None in some rows is averaged over the others.
    """
    first = rows[0]
    out: dict[str, Any] = {key: first[key] for key in ("channel", "rate", "snr_db")}
    out["images"] = len(rows)
    for key in _MEANS:
        values = [row[key] for row in rows if row[key] is not None]
        out[key] = float(np.mean(values)) if values else None
    for key in _SUMS:
        out[key] = sum(row[key] for row in rows)
    out["failed"] = sum(row["failed"] for row in rows)
    out["prompts_ok"] = sum(row["prompt_ok"] for row in rows)
    return out
