# SPDX-License-Identifier: MIT
"""The comparison gives every cell to whom the figures give it, over the same pictures."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.experiments.compare import METRICS, compare_cells, mean_rows


def row(codec, image, psnr_db, lpips=None, **more):
    """Return a row of a sweep."""
    point = {"channel": "awgn", "size": "256", "rate": "1/96", "snr_db": 10.0}
    figures = {"psnr_db": psnr_db, "ms_ssim": psnr_db / 40, "lpips": lpips, "bits": None}
    about = {"codec": codec, "image": image, "n_symbols": 2048, "mcs": None, "failed": False}
    return about | point | figures | more


ROWS = [
    row("gsc", "a", 24.0, 0.3),
    row("gsc", "b", 26.0, 0.2),
    row("avif+ldpc", "a", 23.0, 0.5, mcs="qpsk-1/2", bits=900),
    row("avif+ldpc", "b", 25.0, 0.4, mcs="qpsk-1/2", bits=1100),
    row("jpeg+ldpc", "a", 12.0, 0.1, mcs="qpsk-1/2", bits=0, failed=True),
    row("jpeg+ldpc", "b", 20.0, 0.2, mcs="16qam-1/2", bits=1000),
    row("avif+capacity", "a", 26.0, 0.3),
    row("avif+capacity", "b", 28.0, 0.3),
    row("uncoded", "a", 40.0, 0.0),
    row("uncoded", "b", 40.0, 0.0),
]


def test_means_are_over_pictures_and_say_what_was_used():
    means = {r["codec"]: r for r in mean_rows(ROWS)}
    assert (means["gsc"]["psnr_db"], means["gsc"]["n_images"]) == (25.0, 2)
    assert (means["avif+ldpc"]["bits"], means["avif+ldpc"]["mcs"]) == (1000.0, "qpsk-1/2")
    assert means["jpeg+ldpc"]["mcs"] == "qpsk-1/2, 16qam-1/2"
    assert (means["jpeg+ldpc"]["failed"], means["jpeg+ldpc"]["psnr_db"]) == (1, 16.0)
    assert (means["gsc"]["mcs"], means["gsc"]["bits"]) == (None, None)
    issue = {"codec", "rate", "snr_db", "channel", *METRICS, "bits", "n_symbols", "mcs", "failed"}
    assert set(means["gsc"]) >= issue


def test_the_rival_is_the_best_digital_codec_by_each_metric():
    (cell,) = compare_cells(mean_rows(ROWS))
    assert cell["psnr_db"]["best"] == "avif+ldpc"
    assert (cell["psnr_db"]["winner"], cell["psnr_db"]["margin"]) == ("gsc", 1.0)
    assert cell["lpips"]["best"] == "jpeg+ldpc"
    assert cell["lpips"]["winner"] == "jpeg+ldpc"
    assert cell["lpips"]["margin"] == pytest.approx(-0.1)
    assert cell["psnr_db"]["bound"] == {"codec": "avif+capacity", "value": 27.0}
    assert set(METRICS) <= set(cell)


def test_codecs_are_compared_over_the_pictures_that_all_have():
    rows = [*ROWS, row("gsc", "c", 99.0, 0.0)]
    assert mean_rows(rows) == mean_rows(ROWS)


def test_cells_are_kept_apart():
    other = [
        r | {"snr_db": 0.0, "psnr_db": r["psnr_db"] - 30 * (r["codec"] == "gsc")} for r in ROWS
    ]
    high, low = compare_cells(mean_rows(ROWS + other))
    assert (high["psnr_db"]["winner"], low["psnr_db"]["winner"]) == ("gsc", "avif+ldpc")
    assert (high["snr_db"], low["snr_db"]) == (10.0, 0.0)


def test_a_metric_that_is_absent_has_no_winner():
    (cell,) = compare_cells(mean_rows([r | {"lpips": None} for r in ROWS]))
    assert (cell["lpips"]["winner"], cell["lpips"]["best"], cell["lpips"]["ours"]) == (None,) * 3
    assert cell["psnr_db"]["winner"] == "gsc"


def test_equals_are_a_tie():
    same = [row("gsc", "a", 20.0, 0.1), row("jxl+ldpc@5", "a", 20.0, 0.1)]
    (cell,) = compare_cells(mean_rows(same))
    assert {cell[metric]["winner"] for metric in METRICS} == {"tie"}


def test_a_comparison_without_a_rival_is_refused():
    with pytest.raises(ConfigError, match=r"sweep both, as in --codecs gsc,avif\+ldpc"):
        compare_cells(mean_rows([r for r in ROWS if "+ldpc" not in r["codec"]]))
