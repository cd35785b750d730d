# SPDX-License-Identifier: MIT
"""`bench baselines` says who wins each cell, from rows or from a sweep of its own."""

import json

import pytest
from typer.testing import CliRunner

import gsc_sdr.cli.baselines as cli
from gsc_sdr.cli.main import app
from gsc_sdr.experiments.pools import in_this_process

ISSUE = {"codec", "rate", "snr_db", "channel", "psnr_db", "ms_ssim", "lpips", "bits", "n_symbols"}
ISSUE |= {"mcs", "failed"}


def row(codec, snr_db, psnr_db, **more):
    """Return a row of a sweep."""
    about = {"schema": 1, "codec": codec, "image": "a.png", "size": "256", "rate": "1/96"}
    figures = {"psnr_db": psnr_db, "ms_ssim": 0.5, "lpips": None, "bits": 8, "n_symbols": 2048}
    rest = {"channel": "awgn", "snr_db": snr_db, "seed": 0, "mcs": "bpsk-1/2", "failed": False}
    return about | figures | rest | more


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    found = [row("gsc", 0.0, 24.0), row("avif+ldpc", 0.0, 20.0, failed=True)]
    found += [row("gsc", 20.0, 25.0), row("avif+ldpc", 20.0, 29.0), row("jpeg+ldpc", 20.0, 9.0)]
    path.write_text("".join(json.dumps(r) + "\n" for r in found))
    return path


def baselines(*arguments):
    return CliRunner().invoke(app, ["bench", "baselines", *map(str, arguments)])


def test_cells_of_a_sweep_are_given_to_their_winners(rows, tmp_path):
    out = tmp_path / "figures.json"
    result = baselines("--rows", rows, "--json", out)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    assert len(found["rows"]) == 5
    assert all(set(r) >= ISSUE | {"n_images"} for r in found["rows"])
    winners = {cell["snr_db"]: cell["psnr_db"]["winner"] for cell in found["cells"]}
    assert winners == {0.0: "gsc", 20.0: "avif+ldpc"}
    assert [r["failed"] for r in found["rows"]] == [0, 1, 0, 0, 0]
    assert "PSNR dB: gsc wins 1 of 2 cells" in result.stdout
    assert "MS-SSIM: gsc wins 0 of 2 cells" in result.stdout
    assert "LPIPS: gsc wins 0 of 0 cells (absent: give --weights)" in result.stdout


def test_lists_choose_among_the_rows(rows, tmp_path):
    out = tmp_path / "figures.json"
    options = ["--snr-db", "20", "--codecs", "gsc,jpeg+ldpc"]
    assert baselines("--rows", rows, "--json", out, *options).exit_code == 0
    (cell,) = json.loads(out.read_text())["cells"]
    assert (cell["psnr_db"]["best"], cell["psnr_db"]["winner"]) == ("jpeg+ldpc", "gsc")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--rates", "1/8"], "no row of what was asked for"),
        (["--codecs", "gsc"], "sweep both"),
        (["--snr-db", "x"], "--snr-db is 'x'"),
    ],
)
def test_what_cannot_be_compared_is_named(rows, options, named):
    result = baselines("--rows", rows, *options)
    assert result.exit_code == 2
    assert named in result.stderr


def test_rows_that_are_not_there_are_named(tmp_path):
    result = baselines("--rows", tmp_path / "none.jsonl")
    assert result.exit_code == 2
    assert "none.jsonl" in result.stderr


@pytest.mark.learn
def test_the_repo_alone_is_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "make_pool", lambda *_: in_this_process)
    out, kept = tmp_path / "figures.json", tmp_path / "kept.jsonl"
    grid = ["--codecs", "gsc,jpeg+ldpc", "--rates", "1/48", "--snr-db", "10", "--crop", "176"]
    result = baselines("--json", out, "--out", kept, *grid)
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text())
    (cell,) = found["cells"]
    assert {r["codec"]: r["n_symbols"] for r in found["rows"]} == {"gsc": 1936, "jpeg+ldpc": 1936}
    for metric in ("psnr_db", "ms_ssim"):
        figures = {r["codec"]: r[metric] for r in found["rows"]}
        assert cell[metric]["winner"] == max(figures, key=figures.get)
    assert len(kept.read_text().splitlines()) == 2
