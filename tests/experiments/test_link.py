# SPDX-License-Identifier: MIT
"""Rows: figures that can be recomputed, and None where there is nothing to measure."""

import json

import numpy as np
import pytest

from gsc_sdr.channel.profile import profile
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.experiments.link import bench_link, centre_crop, summarise
from gsc_sdr.experiments.report import received_image, report_row
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn
ISSUE = [
    "image",
    "width",
    "height",
    "prompt_sent",
    "prompt_received",
    "prompt_ok",
    "channel",
    "snr_db",
    "snr_est_db",
    "cfo_hz",
    "cfo_est_hz",
    "rate",
    "n_symbols",
    "cbr",
    "air_cbr",
    "frames_sent",
    "frames_received",
    "frames_lost",
    "evm_db",
    "papr_db",
    "psnr_db",
    "psnr_vae_db",
    "psnr_link_db",
    "ms_ssim",
    "encode_s",
    "air_s",
    "decode_s",
    "total_s",
    "sample_rate",
    "samples_per_s",
    "seed",
    "models",
]
BY_CLI = {"image", "total_s", "samples_per_s", "models"}


@pytest.fixture(scope="module")
def engine():
    return LocalEngine()


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:192, :208]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    return (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


def test_a_row_holds_what_a_report_needs(engine, image):
    settings = LinkSettings(snr_db=12, cfo_hz=-1500)
    (trip,) = loopback([(image, "waves")], engine, settings).trips
    row = report_row(image, "waves", engine.reconstruct(image), trip, settings)
    assert set(ISSUE) - BY_CLI <= set(row)
    assert row["psnr_db"] == psnr_db(trip.decoded.image, image)
    assert row["cbr"] == pytest.approx(1 / 48)
    assert row["air_cbr"] == len(trip.samples) / image.size
    assert row["frames_lost"] == 0
    assert row["snr_est_db"] == pytest.approx(12, abs=0.7)
    assert row["evm_db"] == pytest.approx(-12, abs=0.7)
    assert row["cfo_est_hz"] == pytest.approx(-1500, abs=80)
    assert row["prompt_ok"]
    json.dumps(row, allow_nan=False)


def test_a_lost_picture_is_grey_and_has_no_figures(engine, image):
    settings = LinkSettings(snr_db=-20)
    (trip,) = loopback([(image, "gone")], engine, settings).trips
    row = report_row(image, "gone", image, trip, settings)
    assert (received_image(image, trip) == 128).all()
    assert row["frames_received"] == 0
    assert (row["snr_est_db"], row["evm_db"], row["prompt_ok"]) == (None, None, False)
    json.dumps(row, allow_nan=False)


def test_bench_rows_follow_the_grid(engine, image):
    grid = [("1/96", 5.0), ("1/48", 20.0)]
    points = list(bench_link([(image, "a")], engine, LinkSettings(profile("awgn")), grid, loopback))
    assert [(p[0]["rate"], p[0]["snr_db"]) for p in points] == grid
    low, high = (summarise(point) for point in points)
    assert high["psnr_db"] > low["psnr_db"]
    assert high["images"] == high["prompts_ok"] == 1


def test_figures_that_are_missing_are_left_out_of_means():
    row = dict.fromkeys(
        ["channel", "rate", "snr_db", "psnr_db", "psnr_vae_db", "psnr_link_db", "ms_ssim"], 1.0
    )
    row |= dict.fromkeys(["snr_est_db", "evm_db", "papr_db"], None)
    row |= dict.fromkeys(
        ["frames_sent", "frames_received", "frames_lost", "prompt_ok", "failed"], 1
    )
    mean = summarise([row, row | {"snr_est_db": 3.0}])
    assert (mean["snr_est_db"], mean["evm_db"], mean["frames_sent"]) == (3.0, None, 2)


def test_the_crop_is_central_and_small_pictures_stay():
    image = np.arange(5 * 7 * 3).reshape(5, 7, 3).astype(np.uint8)
    assert np.array_equal(centre_crop(image, 3), image[1:4, 2:5])
    assert centre_crop(image, 100).shape == image.shape
