# SPDX-License-Identifier: MIT
"""bench mcs and bench bler: a table that is kept and gone on with, refusals in one line."""

import json

import pytest
from typer.testing import CliRunner

from gsc_sdr.cli.bench import bench
from gsc_sdr.cli.bler import _cells, _is_of, _keep, _kept, _show_thresholds
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.learn

POINT = {"snr_db": 1.5, "blocks": 200, "blocks_failed": 1, "pictures": 200}
ROW = {"mcs": "qpsk-1/2", "index": 7, "efficiency": 1.0, "threshold_db": 1.5, "points": [POINT]}


def run(*words):
    return CliRunner().invoke(bench, list(words))


def test_cells_are_every_channel_and_size_with_draws_where_it_fades():
    cells = _cells("awgn, tdl-c", "512,2048", quick=False, seed=4)
    places = [(cell.channel, cell.n_symbols) for cell in cells]
    assert places == [("awgn", 512), ("awgn", 2048), ("tdl-c", 512), ("tdl-c", 2048)]
    assert cells[0].least_blocks >= 2000
    assert cells[3].least_draws >= 500
    assert {cell.seed for cell in cells} == {4}


@pytest.mark.parametrize(
    ("channel", "symbols", "said"),
    [("awgn", "many", "whole numbers"), ("awgn", "3", "from 64"), ("mars", "512", "mars")],
)
def test_what_cannot_be_measured_is_refused(channel, symbols, said):
    with pytest.raises(ConfigError, match=said):
        _cells(channel, symbols, quick=True, seed=0)


def test_a_table_is_kept_and_known_again(tmp_path):
    path = tmp_path / "mcs.json"
    (cell,) = _cells("awgn", "512", quick=True, seed=0)
    assert _kept(path) == {}
    fields = {key: getattr(cell, key) for key in cell.__dataclass_fields__}
    _keep(path, {("awgn", 512): fields | {"rows": [ROW]}})
    (place,) = _kept(path)
    assert place == ("awgn", 512)
    assert _is_of(_kept(path)[place], cell)
    (other,) = _cells("awgn", "512", quick=True, seed=1)
    assert not _is_of(_kept(path)[place], other)
    assert json.loads(path.read_text())["target_bler"] == 0.01


@pytest.mark.parametrize("text", ["[]", "{}", '{"cells": [{}]}', "no json"])
def test_a_file_that_is_no_table_is_refused(tmp_path, text):
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="no table of thresholds: give another --json"):
        _kept(path)


def test_a_table_shows_what_each_threshold_rests_on(capsys):
    lost = ROW | {"mcs": "bpsk-1/5", "threshold_db": None}
    _show_thresholds({"channel": "awgn", "n_symbols": 512, "rows": [ROW, lost]})
    said = capsys.readouterr().out
    assert "qpsk-1/2" in said
    assert "200" in said
    assert "bpsk-1/5" in said


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(tmp_path):
    assert isinstance(run("bler", "--json", str(tmp_path / "no" / "such.json")).exception, OSError)


@pytest.mark.slow
def test_mcs_goes_on_where_it_was_ended(tmp_path):
    path = tmp_path / "mcs.json"
    words = ("mcs", "--channel", "awgn", "--symbols", "200", "--quick", "--json", str(path))
    assert run(*words).exit_code == 0
    whole = json.loads(path.read_text())
    cell = whole["cells"][0]
    path.write_text(json.dumps(whole | {"cells": [cell | {"rows": cell["rows"][:6]}]}))
    assert run(*words).exit_code == 0
    assert json.loads(path.read_text())["cells"] == whole["cells"]
