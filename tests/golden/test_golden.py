# SPDX-License-Identifier: MIT
"""Golden numbers: a small fixed case gives the figures that it gave when it was written.

A library whose update shifts results (torch, Sionna, an image codec) is caught here.
The rows were written by

    gsc-sdr bench sweep --images tests/golden/images --crop 0 --codecs gsc,avif+ldpc \
        --rates 1/96,1/48 --snr-db 0,10,20 --channels awgn,tdl-c --out tests/golden/rows.jsonl

Run it again, into a new file, where a change is meant to shift them.
"""

from pathlib import Path

import pytest

from gsc_sdr.channel.profile import profile
from gsc_sdr.experiments.plan import Bench, SweepPlan, find_pictures
from gsc_sdr.experiments.rows import read_rows, row_key
from gsc_sdr.experiments.sweep import run_sweep

pytestmark = pytest.mark.learn
HERE = Path(__file__).parent
# What another processor's order of additions may change, and no more.
TOLERANCE = {"psnr_db": 0.05, "ms_ssim": 0.001, "evm_db": 0.02, "snr_est_db": 0.02}
EXACT = ("mcs", "bits", "failed", "n_symbols", "frames_sent", "frames_lost", "prompt_ok")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Return the rows of the fixed case as they are now, by key."""
    plan = SweepPlan(
        codecs=("gsc", "avif+ldpc"),
        rates=("1/96", "1/48"),
        snrs_db=(0.0, 10.0, 20.0),
        channels=(profile("awgn"), profile("tdl-c")),
        pictures=find_pictures(HERE / "images"),
        bench=Bench(crop=0),
    )
    done = run_sweep(plan, tmp_path_factory.mktemp("golden") / "rows.jsonl")
    assert done.problems == []
    return {row_key(row): row for row in done.rows}


GOLDEN = {row_key(row): row for row in read_rows(HERE / "rows.jsonl")}


def test_the_case_is_the_one_that_was_written(rows):
    assert rows.keys() == GOLDEN.keys()
    assert len(GOLDEN) == 3 * 2 * 3 * 2 * 2  # pictures, rates, SNRs, channels, codecs


@pytest.mark.parametrize("key", GOLDEN, ids=lambda key: "-".join(map(str, key)))
def test_figures_have_not_moved(rows, key):
    now, then = rows[key], GOLDEN[key]
    assert {name: now[name] for name in EXACT} == {name: then[name] for name in EXACT}
    for name, tolerance in TOLERANCE.items():
        assert now[name] == pytest.approx(then[name], abs=tolerance), name
