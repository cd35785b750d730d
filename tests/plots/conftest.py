# SPDX-License-Identifier: MIT
"""Made-up rows in the shape of a sweep's: nothing in them was measured."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

RATES = ("1/384", "1/192", "1/96", "1/48")
SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0)
CODECS = ("gsc", "uncoded", "deepjscc", "jpeg+ldpc", "avif+ldpc", "heic+ldpc", "avif+capacity")
GAIN = {"gsc": 2.0, "uncoded": 0.0, "deepjscc": 0.5, "jpeg": -3.5, "avif": 0.4, "heic": 0.1}


def made_up_row(codec, image, rate, snr_db, rng, **more):
    """Return one row: neural codecs bend with the SNR, digital ones fail below one."""
    n_channels = {"1/384": 2, "1/192": 4, "1/96": 8, "1/48": 16, "1/16": 48}[rate]
    name, _, way = codec.partition("+")
    capacity = math.log2(1 + 10 ** (snr_db / 10))
    bits = math.log2(n_channels * (capacity if way == "capacity" else capacity * 0.75))
    psnr = 18.5 + GAIN.get(name, 0) + 1.6 * bits + rng.normal(0, 0.3)
    if not way:
        psnr = 18.0 + GAIN.get(name, 0) + 1.3 * math.log2(n_channels) - 3.5 / (1 + capacity)
    failed = way == "ldpc" and (snr_db < -3 or (snr_db < 1 and n_channels < 8))
    psnr = 12.0 if failed else psnr
    psnr += 2.0 * math.sin(3 * sum(map(ord, image))) + rng.normal(0, 0.1)
    times = {"encode_s": 0.05, "air_s": 0.02, "decode_s": 0.08 if not way else 0.3}
    return {
        "schema": 1, "codec": codec, "image": image, "size": "256", "rate": rate,
        "channel": "awgn", "snr_db": snr_db, "seed": 0, "through": "arrays",
        "psnr_db": psnr, "ms_ssim": 1 - 0.9 * math.exp(-(psnr - 12) / 6), "ssim": 0.5,
        "lpips": 0.75 * math.exp(-(psnr - 12) / (9 if not way else 12)),
        "papr_db": 9 + rng.gumbel(0, 0.3), "failed": failed, "version": "0.4.0",
        "psnr_vae_db": 27.6 if codec == "gsc" else None, "bits": None, "mcs": None,
        "n_symbols": 256 * n_channels, "cbr": n_channels / 768, "air_cbr": n_channels / 256,
    } | {name: value * rng.lognormal(0, 0.25) for name, value in times.items()} | more  # fmt: skip


@pytest.fixture
def make_row(rng):
    """Return what makes a single row up."""
    return lambda codec="gsc", image="kodim01.png", rate="1/48", snr_db=10.0, **more: made_up_row(
        codec, image, rate, snr_db, rng, **more
    )


@pytest.fixture(scope="session")
def sweep_rows():
    """Return a small made-up sweep: seven codecs, four rates, six SNRs, three pictures."""
    return made_up_sweep(3)


@pytest.fixture
def rows_file(tmp_path, sweep_rows):
    """Return a file of the made-up sweep."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in sweep_rows))
    return path


def made_up_sweep(n_images, codecs=CODECS, channels=("awgn",)):
    """Return made-up rows of every codec at every rate and SNR."""
    rng = np.random.default_rng(0)
    return [
        made_up_row(codec, f"kodim{index:02d}.png", rate, snr_db, rng, channel=channel)
        for channel in channels
        for codec in codecs
        for rate in RATES
        for snr_db in SNRS_DB
        for index in range(1, n_images + 1)
    ]
