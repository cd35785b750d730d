# SPDX-License-Identifier: MIT
"""The bench of the modem prints and writes what it found, with every key that is asked for."""

import json

import pytest
from typer.testing import CliRunner

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.cli.main import app
from gsc_sdr.experiments import modem
from gsc_sdr.experiments.modem import Sizes

pytestmark = [pytest.mark.radio, pytest.mark.learn]


def bench(*arguments):
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


def test_modem_measures_through_gnu_radio(monkeypatch, tmp_path):
    small = Sizes(low=40, high=20, offsets=20, packets=20, fading=10, noise=200_000)
    monkeypatch.setattr(Sizes, "quick", classmethod(lambda cls: small))
    monkeypatch.setattr(modem, "_SNRS_DB", (5.0, 20.0))
    monkeypatch.setattr(modem, "_TDL", [("a", 100, 3)])
    path, drawn = tmp_path / "modem.json", tmp_path / "modem.png"
    result = bench("modem", "--quick", "--json", path, "--plot", drawn, "--seed", 1)
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text())
    assert found["settings"]["sizes"]["low"] == 40
    assert found["settings"]["seed"] == 1
    assert [row["frames_delivered"] for row in found["awgn"]] == [20, 20]
    assert found["awgn"][1]["stock_gentle_delivered"] > 10
    assert all(row["implementation_loss_db"] < 0.5 for row in found["awgn"])
    (row,) = found["tdl"]
    assert (row["profile"], row["speed_kmh"], row["frames_sent"]) == ("tdl-a", 3, 10)
    assert found["false_alarms"]["samples"] == 200_000
    assert found["false_alarms"]["accepted"] == 0
    assert "0 frames accepted in 200000 samples" in result.stdout
    assert drawn.stat().st_size > 1000


@pytest.mark.parametrize("options", [["--frames", 1], ["--seed", -1]])
def test_sizes_out_of_range_are_refused(options):
    assert bench("modem", *options).exit_code == 2


@pytest.mark.parametrize("verb", ["modem", "phy"])
def test_a_place_that_cannot_be_written_to_is_told_at_once(verb, tmp_path):
    result = bench(verb, "--json", tmp_path / "missing" / "x.json")
    assert result.exit_code == 2
    assert "missing/x.json: No such file" in result.stderr


def test_frames_sets_the_sizes_at_each_snr():
    from gsc_sdr.cli.modem import _sizes

    sizes = _sizes(True, 1000)
    assert (sizes.low, sizes.high, sizes.offsets) == (1000, 200, 100)
    assert sizes.noise == Sizes.quick().noise
    assert _sizes(False, None) == Sizes()
    assert Sizes().low >= 10_000
    assert Sizes().noise == 10**8


def test_papr_measures_what_the_encoder_sends(tmp_path):
    path, drawn = tmp_path / "papr.json", tmp_path / "papr.png"
    result = bench("papr", "--json", path, "--plot", drawn)
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text())
    assert {"latents, scrambled", "latents, not scrambled", "QPSK"} <= found["ccdf"].keys()
    errors = [row["evm_db"] for row in found["clipping"]]
    assert errors == sorted(errors, reverse=True)
    assert drawn.stat().st_size > 1000
