# SPDX-License-Identifier: MIT
"""The bench prints what it writes, and names what it cannot read."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gsc_sdr.cli.main import app

pytestmark = pytest.mark.learn


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    coarse.resize((80, 64), Image.Resampling.BICUBIC).save(folder / "a.png")
    return folder


def bench(*arguments):
    return CliRunner().invoke(app, ["bench", "link", *map(str, arguments)])


def test_a_row_for_each_point(photos, tmp_path):
    options = ["--snr-db", "5,20", "--rate", "1/48", "--through", "arrays"]
    files = ["--json", tmp_path / "rows.json", "--plot", tmp_path / "rows.png"]
    result = bench("--images", photos, *options, *files)
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "rows.json").read_text())["rows"]
    assert [row["snr_db"] for row in rows] == [5, 20]
    assert rows[1]["psnr_db"] > rows[0]["psnr_db"]
    assert f"{rows[1]['psnr_db']:.2f}" in result.stdout
    assert (tmp_path / "rows.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--snr-db", "ten"], "snr-db"),
        (["--snr-db", "nan"], "finite"),
        (["--rate", "1/7"], "1/384"),
        (["--channel", "x"], "awgn"),
    ],
)
def test_what_cannot_work_is_named(photos, options, named):
    result = bench("--images", photos, "--through", "arrays", *options)
    assert result.exit_code == 2
    assert named in result.stderr


def test_a_folder_without_pictures_is_named(tmp_path):
    result = bench("--images", tmp_path)
    assert result.exit_code == 2
    assert "holds no pictures" in result.stderr
