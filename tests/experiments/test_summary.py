# SPDX-License-Identifier: MIT
"""Means are over what is there, and failures are counted, never dropped."""

from gsc_sdr.experiments.summary import summarise_points


def test_means_leave_out_what_is_missing_and_count_what_failed():
    row = {"codec": "gsc", "size": "256", "channel": "awgn", "rate": "1/48", "snr_db": 0.0}
    rows = [
        row | {"psnr_db": 10.0, "lpips": None, "failed": True},
        row | {"psnr_db": 20.0, "lpips": None, "failed": False},
        row | {"snr_db": 5.0, "psnr_db": None, "lpips": 0.5, "failed": False},
    ]
    low, high = summarise_points(rows, ("psnr_db", "lpips"))
    assert (low["psnr_db"], low["lpips"], low["failed"], low["n_images"]) == (15.0, None, 1, 2)
    assert (high["psnr_db"], high["lpips"], high["failed"], high["n_images"]) == (None, 0.5, 0, 1)
