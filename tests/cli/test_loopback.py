# SPDX-License-Identifier: MIT
"""The main job as a user runs it: pictures and report, or one line and exit code 2."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gsc_sdr.cli.main import app

pytestmark = pytest.mark.learn
PICTURES = {"received.png", "side_by_side.png", "constellation.png", "csi.png"}
TIMES = {"encode_s", "air_s", "decode_s", "total_s", "samples_per_s"}


@pytest.fixture
def photo(tmp_path):
    """Return a picture file of 100 x 72 pixels whose prompt lies beside it."""
    y, x = np.mgrid[:72, :100]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    pixels = (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    (tmp_path / "photo.txt").write_text("waves, 波\n", encoding="utf-8")
    return tmp_path / "photo.png"


def run(*arguments):
    return CliRunner().invoke(app, ["loopback", *map(str, arguments)])


def send(photo, out, *arguments):
    result = run(photo, "--out", out, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.radio
def test_a_picture_and_its_prompt_cross_gnuradio(photo, tmp_path):
    report = send(photo, tmp_path / "out", "--snr-db", "15", "--cfo-hz", "2000")
    assert {path.name for path in (tmp_path / "out").iterdir()} == PICTURES | {"report.json"}
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == report
    assert report["prompt_received"] == "waves, 波"
    assert report["frames_lost"] == 0
    assert report["cfo_est_hz"] == pytest.approx(2000, abs=50)
    assert report["snr_est_db"] == pytest.approx(15, abs=0.7)
    with Image.open(tmp_path / "out" / "received.png") as received:
        assert received.size == (100, 72)


@pytest.mark.radio
def test_same_seed_same_report_but_for_times(photo, tmp_path):
    first, second = (
        send(photo, tmp_path / name, "--channel", "rayleigh", "--seed", "4") for name in "ab"
    )
    assert {k: v for k, v in first.items() if k not in TIMES} == {
        k: v for k, v in second.items() if k not in TIMES
    }


def test_several_pictures_have_a_folder_each(photo, tmp_path):
    Image.new("L", (20, 20), 99).save(tmp_path / "grey.png")
    rows = send(photo, tmp_path / "out", tmp_path / "grey.png", "--through", "arrays")
    assert [row["image"] for row in rows] == ["photo.png", "grey.png"]
    assert json.loads((tmp_path / "out" / "report.json").read_text()) == rows
    for name in ("photo", "grey"):
        assert {"report.json", "received.png"} <= {
            path.name for path in (tmp_path / "out" / name).iterdir()
        }


def test_a_lost_picture_is_reported(photo, tmp_path):
    report = send(photo, tmp_path / "out", "--snr-db", "-20", "--through", "arrays")
    assert (report["frames_received"], report["prompt_ok"]) == (0, False)
    assert report["psnr_db"] is not None


REFUSED = {
    "--channel nowhere": "tdl-a",
    "--rate 1/7": "1/384",
    "--snr-db nan": "snr-db",
    "--cfo-hz inf": "cfo-hz",
    "--cfo-hz 99999": "cfo_hz",
    "--sample-rate 0": "sample_rate",
    "--seed -1": "seed",
    "--device tpu": "cuda",
    "--vae /nowhere": "/nowhere",
    "--jscc /nowhere": "/nowhere",
    "--through air": "gnuradio or arrays",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_work_is_one_line_and_exit_code_2(options, photo, tmp_path):
    result = run(photo, "--out", tmp_path / "out", "--through", "arrays", *options.split())
    assert result.exit_code == 2
    assert REFUSED[options] in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("out/**/*.*"))


def test_a_prompt_over_the_limit_is_refused(photo, tmp_path):
    result = run(photo, "--out", tmp_path / "out", "--prompt", "x" * 1001)
    assert result.exit_code == 2
    assert "1000" in result.stderr


def test_a_text_file_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_text("not a picture")
    result = run(tmp_path / "a.png", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "cannot be read as a picture" in result.stderr


def test_an_out_that_is_a_file_is_refused(photo, tmp_path):
    (tmp_path / "out").write_text("")
    result = run(photo, "--out", tmp_path / "out", "--through", "arrays")
    assert result.exit_code == 2
    assert "--out" in result.stderr
