# SPDX-License-Identifier: MIT
"""`bench sweep` writes rows, goes on with them, and says in one line what cannot work."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import gsc_sdr.cli.sweep as cli
from gsc_sdr.cli.main import app
from gsc_sdr.experiments.pools import in_this_process
from gsc_sdr.experiments.rows import read_rows

pytestmark = pytest.mark.learn


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, size in (("a.png", (80, 64)), ("odd.png", (53, 37))):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).save(folder / name)
    return folder


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """Measure in this process: tests/experiments/test_pools.py asks for several."""
    monkeypatch.setattr(cli, "make_pool", lambda *_: in_this_process)


def sweep(photos, out, *arguments):
    files = ["--images", photos, "--out", out]
    return CliRunner().invoke(app, ["bench", "sweep", *map(str, [*files, *arguments])])


def test_a_row_for_each_picture_and_point_and_a_table(photos, tmp_path):
    out = tmp_path / "rows.jsonl"
    grid = ["--codecs", "fake,gsc", "--rates", "1/48", "--snr-db=-5,10"]
    result = sweep(photos, out, *grid, "--channels", "awgn,rayleigh")
    assert result.exit_code == 0, result.output
    rows = read_rows(out)
    assert len(rows) == 2 * 2 * 2 * 2
    assert "16 rows in" in result.stdout
    assert "Es/N0" in result.stdout
    points = {(r["codec"], r["channel"], r["rate"], r["snr_db"]): [] for r in rows}
    for r in rows:
        points[r["codec"], r["channel"], r["rate"], r["snr_db"]].append(r["psnr_db"])
    assert all(f"{np.mean(values):.2f}" in result.stdout for values in points.values())
    before = out.read_bytes()
    assert sweep(photos, out, *grid, "--channels", "awgn,rayleigh").exit_code == 0
    assert out.read_bytes() == before


def test_what_a_codec_cannot_do_is_said_and_the_rest_is_done(photos, tmp_path):
    out = tmp_path / "rows.jsonl"
    options = ["--codecs", "gsc,fake", "--rates", "1/8,1/48", "--snr-db", "10"]
    result = sweep(photos, out, *options, "--measures", "psnr_db")
    assert result.exit_code == 0, result.output
    assert "gsc: left out: rate is 1/8" in result.stdout
    assert len(read_rows(out)) == 6


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--codecs", "bpg+ldpc"], "choose one of: gsc"),
        (["--rates", "1/7"], "1/384"),
        (["--snr-db", "ten"], "--snr-db is 'ten'"),
        (["--snr-db", "nan"], "finite"),
        (["--channels", "x"], "awgn"),
        (["--through", "air"], "gnuradio or arrays"),
        (["--measures", "beauty"], "psnr_db"),
        (["--weights", "nowhere"], "--weights nowhere is no folder"),
        (["--codecs", ","], "codecs is empty"),
        (["--prompt", "x" * 1001], "prompt"),
    ],
)
def test_what_cannot_work_is_named(photos, tmp_path, options, named):
    result = sweep(photos, tmp_path / "rows.jsonl", *options)
    assert result.exit_code == 2, result.output
    assert named in result.stderr


def test_a_file_of_another_version_is_named(photos, tmp_path):
    out = tmp_path / "rows.jsonl"
    quick = ["--codecs", "fake", "--rates", "1/48", "--snr-db", "10", "--measures", "psnr_db"]
    assert sweep(photos, out, *quick).exit_code == 0
    rows = [row | {"version": "0.0.1"} for row in read_rows(out)]
    out.write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = sweep(photos, out, *quick)
    assert result.exit_code == 2
    assert "version '0.0.1'" in result.stderr
    assert "choose another --out" in result.stderr


def test_places_that_cannot_be_used_are_named(photos, tmp_path):
    for place in (tmp_path, tmp_path / "none" / "rows.jsonl"):
        result = sweep(photos, place, "--codecs", "fake")
        assert result.exit_code == 2
        assert str(place) in result.stderr
    result = sweep(tmp_path / "none", tmp_path / "rows.jsonl")
    assert "is no folder" in result.stderr


def test_ctrl_c_says_how_to_go_on(photos, tmp_path, monkeypatch):
    def stopped(bench, chunks):
        yield next(in_this_process(bench, chunks))
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "make_pool", lambda *_: stopped)
    out = tmp_path / "rows.jsonl"
    result = sweep(photos, out, "--codecs", "fake", "--measures", "psnr_db")
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr
    assert len(read_rows(out)) == 1
