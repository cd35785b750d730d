# SPDX-License-Identifier: MIT
"""The bench of speed prints and writes every figure, and the ratios that matter."""

import json

import pytest
from typer.testing import CliRunner

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.cli.main import app

pytestmark = pytest.mark.radio


def test_phy_writes_every_figure(tmp_path):
    path = tmp_path / "phy.json"
    options = ["--quick", "--seconds", "0.5", "--no-decoder", "--json", str(path)]
    result = CliRunner().invoke(app, ["bench", "phy", *options])
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text())
    for name in ("stock_msps", "ours_msps", "receiver_msps", "noise_only_msps"):
        assert found[name] == found["runs"][name][0] > 0
    assert found["ours_delivery"] == 1.0
    assert 0.5 < found["stock_delivery"] < 1.0
    assert "receiver_with_decoder_msps" not in found
    assert found["paced"]["n_delivered"] == found["paced"]["n_sent"] > 0
    assert "(b) / (a): " in result.stdout


@pytest.mark.learn
@pytest.mark.slow
def test_phy_measures_beside_the_networks(tmp_path):
    path = tmp_path / "phy.json"
    options = ["--quick", "--seconds", "0.5", "--json", str(path)]
    assert CliRunner().invoke(app, ["bench", "phy", *options]).exit_code == 0
    assert json.loads(path.read_text())["receiver_with_decoder_msps"] > 0
