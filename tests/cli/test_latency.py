# SPDX-License-Identifier: MIT
"""The bench of latency prints and writes every figure, and refuses what it cannot measure."""

import json

import pytest
import torch
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.errors import ConfigError
from gsc_sdr.experiments.latency import STAGES
from gsc_sdr.plots.latency import read_stages

pytestmark = pytest.mark.learn


@pytest.fixture(autouse=True)
def threads():
    """Put torch's threads back as they were."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def run(*options):
    return CliRunner().invoke(app, ["bench", "latency", *map(str, options)])


def test_latency_writes_every_figure(tmp_path):
    path = tmp_path / "latency.json"
    options = ("--sizes", "64,32", "--repeat", 2, "--pictures", 0, "--threads", 1, "--json", path)
    result = run(*options)
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text())
    assert [row["size"] for row in found["rows"]] == [32, 64]  # ascending, for the peak of memory
    assert {row["threads"] for row in found["rows"]} == {1}
    for row in found["rows"]:
        assert set(row["stages"]) == set(STAGES)
        assert row["pictures_per_s"]["bare"] == pytest.approx(1 / row["bare"]["p50_s"])
    assert found["tried"] == []
    assert "64: overhead " in result.stdout


def test_its_stages_are_what_the_latency_bars_read(tmp_path):
    path = tmp_path / "latency.json"
    assert run("--sizes", 32, "--repeat", 1, "--pictures", 0, "--json", path).exit_code == 0
    names = [entry["stage"] for entry in read_stages(path)]
    order = ["encode", "frame", "air", "synchronise", "decode", "all but air", "networks alone"]
    assert names == order


def test_pictures_a_second_go_through_arrays_and_gnuradio(tmp_path):
    path = tmp_path / "latency.json"
    options = ("--sizes", 32, "--repeat", 1, "--pictures", 2, "--threads", 1, "--json", path)
    assert run(*options).exit_code == 0
    (row,) = json.loads(path.read_text())["rows"]
    speeds = row["pictures_per_s"]
    assert speeds["arrays"] > 0
    try:
        import gnuradio.gr  # noqa: F401
    except Exception:  # noqa: BLE001 -- a broken build may raise anything
        assert speeds["gnuradio"] is None
    else:
        assert speeds["gnuradio"] > 0


@pytest.mark.parametrize("sizes", ["", "8", "4096", "256,x", "-64"])
def test_a_size_that_is_none_is_refused(sizes):
    result = run("--sizes", sizes, "--repeat", 1)
    assert isinstance(result.exception, ConfigError) or result.exit_code != 0
    assert "--sizes" in (str(result.exception) + result.output)


def test_a_folder_without_pictures_is_refused(tmp_path):
    result = run("--images", tmp_path, "--sizes", 32)
    assert result.exit_code != 0
    assert "holds no pictures" in str(result.exception) + result.output


@pytest.mark.slow
def test_everything_is_tried_and_judged(tmp_path):
    path = tmp_path / "latency.json"
    options = ("--sizes", 32, "--repeat", 1, "--pictures", 0, "--threads", 1, "--try-all")
    assert run(*options, "--json", path).exit_code == 0
    tried = {row["way"]: row for row in json.loads(path.read_text())["tried"]}
    assert len(tried) == 10
    verdicts = {"gains", "no gain", "worse picture", "not tried"}
    assert {row["verdict"] for row in tried.values()} <= verdicts
    assert all(row["why"] for row in tried.values() if row["verdict"] == "not tried")
