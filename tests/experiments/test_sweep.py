# SPDX-License-Identifier: MIT
"""A sweep ends with the same rows however it was cut, ordered, stopped and gone on with."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import gsc_sdr.experiments.workers as workers
from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import ConfigError, GscError, MissingError
from gsc_sdr.experiments.plan import Bench, SweepPlan, find_pictures
from gsc_sdr.experiments.pools import in_this_process
from gsc_sdr.experiments.rows import TIMES, RowsFile, read_rows, row_key
from gsc_sdr.experiments.sweep import run_sweep

pytestmark = pytest.mark.learn
BENCH = Bench(measures=("psnr_db",), prompt="waves")


@pytest.fixture
def folder(tmp_path, rng):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, size in (("a.png", (80, 64)), ("b.png", (53, 37))):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(folder / name)
    return folder


@pytest.fixture
def plan(folder):
    channels = (profile("awgn"), profile("rayleigh"))
    pictures = find_pictures(folder)
    return SweepPlan(("fake",), ("1/384", "1/48"), (0.0, 10.0), channels, pictures, BENCH)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "rows.jsonl"


def timeless(rows):
    """Return rows without what differs from run to run."""
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def test_rows_stand_in_the_plan_s_order(plan, out):
    seen = []
    sweep = run_sweep(plan, out, on_progress=lambda now: seen.append((now.n_done, now.n_rows)))
    assert sweep.rows == read_rows(out)
    assert len(sweep.rows) == plan.n_rows == 16
    assert sweep.problems == []
    assert (seen[0], seen[-1]) == ((0, 16), (16, 16))
    points = [(r["image"], r["rate"], r["channel"], r["snr_db"]) for r in sweep.rows]
    assert points[:5] == [
        ("a.png", "1/384", "awgn", 0.0),
        ("a.png", "1/384", "awgn", 10.0),
        ("a.png", "1/384", "rayleigh", 0.0),
        ("a.png", "1/384", "rayleigh", 10.0),
        ("a.png", "1/48", "awgn", 0.0),
    ]


def test_a_sweep_in_parts_and_another_order_ends_with_the_same_rows(plan, out, tmp_path):
    whole = run_sweep(plan, tmp_path / "whole.jsonl").rows
    run_sweep(replace(plan, snrs_db=(10.0,), rates=("1/48",)), out)
    run_sweep(replace(plan, pictures=plan.pictures[1:], channels=plan.channels[::-1]), out)
    parts = run_sweep(plan, out).rows
    assert timeless(parts) == timeless(whole)
    before = out.read_bytes()
    run_sweep(plan, out)
    assert out.read_bytes() == before


def test_rows_of_other_points_stay_in_the_file(plan, out):
    run_sweep(plan, out)
    small = replace(plan, snrs_db=(10.0,), channels=plan.channels[:1])
    assert len(run_sweep(small, out).rows) == 4
    assert len(read_rows(out)) == 16


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 1}, "seed 0, and this sweep has 1: choose another --out"),
        ({"crop": 0}, "size '256', and this sweep has 'full'"),
        ({"prompt": "x"}, "prompt_sent 'waves', and this sweep has 'x'"),
        ({"through": "gnuradio"}, "through 'arrays', and this sweep has 'gnuradio'"),
    ],
)
def test_rows_of_other_settings_are_refused(plan, out, change, said):
    run_sweep(replace(plan, snrs_db=(0.0,)), out)
    before = out.read_bytes()
    with pytest.raises(ConfigError, match=said):
        run_sweep(replace(plan, bench=replace(BENCH, **change)), out)
    assert out.read_bytes() == before


@pytest.mark.parametrize("name", ["version", "image_digest", "channel_digest"])
def test_rows_of_another_version_picture_or_channel_are_refused(plan, out, name):
    run_sweep(replace(plan, snrs_db=(0.0,)), out)
    rows = [row | {name: "other"} for row in read_rows(out)]
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ConfigError, match=f"{name} 'other', and this sweep has"):
        run_sweep(plan, out)


@pytest.mark.parametrize(
    ("name", "said"), [("models", "fake: models"), ("absent", "absent metrics")]
)
def test_rows_of_other_models_or_metrics_are_not_mixed(plan, out, name, said):
    run_sweep(replace(plan, snrs_db=(0.0,)), out)
    rows = [row | {name: ["other"]} for row in read_rows(out)]
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ConfigError, match=said):
        run_sweep(plan, out)


def without(codec, error):
    """Return open_codec with one codec that raises."""

    def opens(name, options, _opens=workers.open_codec):
        if name == codec:
            raise error
        return _opens(name, options)

    return opens


def test_an_absent_codec_is_told_once_and_the_rest_goes_on(plan, out, monkeypatch):
    error = MissingError("jxl needs imagecodecs: pip install it")
    monkeypatch.setattr(workers, "open_codec", without("jxl+ldpc", error))
    sweep = run_sweep(replace(plan, codecs=("jxl+ldpc", "fake")), out)
    assert len(sweep.rows) == 16
    assert [(p.kind, p.codec) for p in sweep.problems] == [("absent", "jxl+ldpc")]
    with pytest.raises(GscError, match="no row could be measured: jxl needs imagecodecs"):
        run_sweep(replace(plan, codecs=("jxl+ldpc",)), out)


def test_a_codec_that_crashes_is_given_up_and_the_rest_goes_on(plan, out, monkeypatch):
    monkeypatch.setattr(workers, "open_codec", without("uncoded", ValueError("odd")))
    with pytest.raises(
        GscError, match=r"points crashed: \d .*First: codec uncoded, image a\.png, "
    ):
        run_sweep(replace(plan, codecs=("uncoded", "fake")), out)
    assert len(read_rows(out)) == 16


def test_a_stop_leaves_a_file_that_is_gone_on_with(plan, out, tmp_path):
    def stopped(now):
        if now.n_done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sweep(plan, out, on_progress=stopped)
    assert len(read_rows(out)) == 5
    whole = run_sweep(plan, tmp_path / "whole.jsonl").rows
    assert timeless(run_sweep(plan, out).rows) == timeless(whole)


def test_a_full_disk_ends_the_sweep_and_keeps_the_rows(plan, out, monkeypatch):
    real, room = os.write, [3]

    def write(descriptor, data):
        if not data.startswith(b'{"schema"'):
            return real(descriptor, data)
        room[0] -= 1
        if room[0] < 0:
            real(descriptor, data[: len(data) // 2])
            raise OSError(28, os.strerror(28))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(ConfigError, match=r"No space left on device.*3 rows are whole and stay"):
        run_sweep(plan, out)
    assert len(read_rows(out)) == 3


COMMAND = [sys.executable, "-c", "from gsc_sdr.cli.main import main; main()", "bench", "sweep"]


def start(folder, out, jobs):
    """Start a sweep of 64 rows in a group of processes of its own."""
    options = ["--images", folder, "--out", out, "--codecs", "fake", "--measures", "psnr_db"]
    grid = ["--rates", "1/384,1/192,1/96,1/48", "--snr-db=-5,0,5,10", "--channels", "awgn,rayleigh"]
    return subprocess.Popen(
        [*COMMAND, *map(str, options), *grid, "--prompt", "waves", "--jobs", str(jobs)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def count(out):
    return out.read_bytes().count(b"\n") if out.exists() else 0


def is_empty(group):
    """Tell whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("signals", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_sweep_that_is_ended_at_random_times_ends_with_the_same_rows(
    folder, plan, out, tmp_path, signals
):
    draw, hits = random.Random(4), 0
    for _ in range(3):
        process, seen = start(folder, out, 2), count(out)
        until = seen + draw.randrange(1, 12)
        while process.poll() is None and count(out) < until:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signals)
        code = process.wait(60)
        hits += code != 0
        deadline = time.monotonic() + 30
        while not is_empty(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert is_empty(process.pid), "a worker outlived its sweep"
        rows = read_rows(out)
        assert len({row_key(row) for row in rows}) == len(rows)
    assert hits >= 2
    assert start(folder, out, 2).wait(200) == 0
    grid = replace(plan, rates=("1/384", "1/192", "1/96", "1/48"), snrs_db=(-5.0, 0.0, 5.0, 10.0))
    whole = run_sweep(grid, tmp_path / "whole.jsonl", in_this_process).rows
    assert timeless(read_rows(out)) == timeless(whole)


def test_another_sweep_of_the_same_file_is_kept_out(plan, out):
    with RowsFile(out), pytest.raises(ConfigError, match="another sweep"):
        run_sweep(plan, out)
