# SPDX-License-Identifier: MIT
"""The verb plot: figures from a file of rows, strips from a picture, reasons from neither."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from gsc_sdr.cli.main import app

pytestmark = pytest.mark.learn


@pytest.fixture
def rows(tmp_path):
    """Return a file of made-up rows."""
    path = tmp_path / "rows.jsonl"
    about = {"schema": 1, "size": "256", "channel": "awgn", "seed": 0, "failed": False}
    path.write_text(
        "".join(
            json.dumps(
                about
                | {"codec": codec, "image": f"{image}.png", "rate": "1/96", "snr_db": snr_db}
                | {"psnr_db": 20.0 + snr_db / 10 + image + (codec == "gsc")}
            )
            + "\n"
            for codec in ("gsc", "avif+ldpc")
            for image in (1, 2)
            for snr_db in (0.0, 10.0)
        )
    )
    return path


def plot(*arguments):
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


def lines(result):
    assert result.exit_code == 0, result.output
    return [line.rsplit("/", 1)[-1] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("verb", [[], ["rows"]])
def test_rows_become_png_and_svg(rows, tmp_path, verb):
    result = plot(*verb, rows, "--out", tmp_path / "out", "--kind", "over-snr,winners")
    stems = ("over_snr_awgn_256", "winners_awgn_256")
    assert lines(result) == [f"{stem}.{form}" for stem in stems for form in ("png", "svg")]
    with Image.open(tmp_path / "out" / "over_snr_awgn_256.png") as drawn:
        assert drawn.width == 1432


def test_options_may_come_before_files(rows, tmp_path):
    result = plot("--kind", "ccdf", "--out", tmp_path / "out", rows)
    assert lines(result) == ["ccdf_awgn_256.png", "ccdf_awgn_256.svg"]


def test_all_draws_all(rows, tmp_path):
    drawn = lines(plot("all", rows, "--out", tmp_path / "out", "--image", ""))
    kinds = ("over_snr", "over_cbr", "winners", "ccdf")
    assert {f"{kind}_awgn_256.svg" for kind in kinds} <= set(drawn)
    assert len(drawn) == 8


def test_stages_of_bench_latency_are_drawn_too(tmp_path):
    path = tmp_path / "speed.json"
    stage = {"stage": "encode", "size": 256, "p50_s": 1.0, "p95_s": 2.0, "p99_s": 3.0}
    path.write_text(json.dumps({"stages": [stage]}))
    assert lines(plot(path, "--out", tmp_path)) == ["stages_speed.png", "stages_speed.svg"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--measure", "lpips"], "no row has lpips; there is: psnr_db"),
        (["--codecs", "mine"], "no row has codec mine; there is: avif+ldpc, gsc"),
        (["--channel", "tdl-c"], "no row has channel tdl-c; there is: awgn"),
        (["--snr-db", "3"], "no row has snr_db 3; there is: 0, 10"),
        (["--snr-db", "x"], "--snr-db is 'x'"),
        (["--kind", "pie"], "kind is 'pie'; choose among: over-snr"),
    ],
)
def test_what_is_not_there_is_refused_by_what_there_is(rows, tmp_path, arguments, said):
    result = plot(rows, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_file_without_rows_is_refused(tmp_path):
    (tmp_path / "empty.jsonl").touch()
    result = plot(tmp_path / "empty.jsonl")
    assert (result.exit_code, "holds no rows" in result.stderr) == (2, True)


def test_strips_send_a_picture_and_show_it(tmp_path):
    options = ["--codecs", "fake", "--snr-db=0,20", "--crop", "64", "--out", tmp_path]
    assert lines(plot("strips", *options)) == ["strips_awgn_1-96.png", "strips_awgn_1-96.svg"]
    again = tmp_path / "again"
    lines(plot("strips", *options[:-1], again))
    for form in ("png", "svg"):
        name = f"strips_awgn_1-96.{form}"
        assert (tmp_path / name).read_bytes() == (again / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--codecs", "mine"], "codec is 'mine'"),
        (["--codecs", ""], "--codecs or --rates is empty"),
        (["--codecs", "fake", "--rates", "1/7"], "rate is '1/7'"),
        (["--codecs", "fake", "--image", "none.png"], "none.png does not exist"),
        (["--codecs", "avif+capacity"], "is a bound"),
    ],
)
def test_strips_that_cannot_be_sent_are_refused(tmp_path, arguments, said):
    result = plot("strips", "--out", tmp_path / "out", *arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.output
