# SPDX-License-Identifier: MIT
"""Calibrate: a copy with the gains found, never an overwritten profile, one line when it fails."""

import json

import pytest
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.config.radio import radio_profile
from gsc_sdr.config.radio_text import profile_text

pytestmark = pytest.mark.radio
TX_RANGE, RX_RANGE = "gain_range_db = [0.0, 40.0]", "gain_range_db = [-40.0, 40.0]"


@pytest.fixture
def calibrate(tmp_path, monkeypatch):
    """Return a function that runs the verb in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *options: CliRunner().invoke(app, ["calibrate", *options])


@pytest.fixture
def near(tmp_path):
    """Return the path of a zmq profile with short ranges of gain."""
    text = profile_text("zmq").replace(TX_RANGE, "gain_range_db = [10.0, 14.0]")
    text = text.replace(RX_RANGE, "gain_range_db = [-14.0, -10.0]")
    path = tmp_path / "near.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_copy_has_the_gains_and_the_profile_stays(calibrate, near):
    before = near.read_text(encoding="utf-8")
    result = calibrate("--radio", str(near))
    assert result.exit_code == 0, result.output
    assert near.read_text(encoding="utf-8") == before
    copy = radio_profile("near_calibrated.toml")
    assert f"Best: {copy.tx.gain_db:5.2f} dB {copy.rx.gain_db:6.2f} dB" in result.stdout
    assert "near_calibrated.toml" in result.stdout
    assert copy.zmq == radio_profile(str(near)).zmq


def test_json_says_the_same_for_two_radios(calibrate, near):
    options = ("--radio", str(near), "--receiver", "zmq", "--out", "a.toml", "--json")
    result = calibrate(*options)
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["profiles"] == ["a.toml", "zmq_calibrated_rx.toml"]
    first, second = map(radio_profile, answer["profiles"])
    assert first.tx.gain_db == answer["best"]["tx_gain_db"]
    assert second.rx.gain_db == answer["best"]["rx_gain_db"]
    assert first.rx == radio_profile(str(near)).rx
    assert second.tx == radio_profile("zmq").tx


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--radio", "usrp_b200"], "usrp_b200 (type=b200) does not open"),
        (["--radio", "usrp_b20"], "radio is 'usrp_b20'; choose one of"),
        (["--radio", "hackrf"], "--receiver"),
        (["--radio", "zmq", "--out", "no/x.toml"], "no is no folder"),
        (["--radio", "zmq", "--most-tx-gain-db", "nan"], "finite number"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_two(calibrate, options, said, tmp_path):
    result = calibrate(*options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("gsc-sdr: ")
    assert result.stderr.count("\n") == 1
    assert not list(tmp_path.rglob("*_calibrated*"))


def test_a_file_that_is_there_is_not_overwritten(calibrate, tmp_path):
    (tmp_path / "mine.toml").write_text("mine", encoding="utf-8")
    result = calibrate("--radio", "usrp_b200", "--out", "mine.toml")
    assert result.exit_code == 2
    assert "mine.toml exists; name a new file with --out" in result.stderr
    assert (tmp_path / "mine.toml").read_text(encoding="utf-8") == "mine"
