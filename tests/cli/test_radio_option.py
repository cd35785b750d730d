# SPDX-License-Identifier: MIT
"""Transmit and receive by a radio that is not there: one line, exit 2, nothing left behind."""

import pytest
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.config.radio import radio_names, radio_profile

pytestmark = pytest.mark.radio
ABSENT = [name for name in radio_names() if radio_profile(name).driver != "zmq"]


@pytest.fixture
def refused(root, tmp_path, monkeypatch):
    """Return a function that runs a verb that must be refused, and returns its one line."""
    monkeypatch.chdir(tmp_path)

    def run(verb, *options):
        what = {"transmit": [str(root / "gsc_sdr/data/demo.png")], "receive": ["--out", "out"]}
        result = CliRunner().invoke(app, [verb, *what[verb], "--engine", "fake", *options])
        assert result.exit_code == 2, result.output
        assert result.stderr.startswith("gsc-sdr: ")
        assert result.stderr.count("\n") == 1
        return result.stderr

    return run


@pytest.mark.parametrize("verb", ["transmit", "receive"])
@pytest.mark.parametrize("name", ABSENT)
def test_a_missing_radio_is_one_line(refused, root, verb, name):
    said = refused(verb, "--radio", str(root / "hardware" / f"{name}.toml"))
    assert f"radio {name} (" in said
    assert "plug it in" in said


@pytest.mark.parametrize("verb", ["transmit", "receive"])
def test_a_profile_that_ships_is_known_by_its_name(refused, verb):
    assert "radio usrp_b210 (" in refused(verb, "--radio", "usrp_b210")
    said = refused(verb, "--radio", "usrp_b211")
    assert "radio is 'usrp_b211'; choose one of: hackrf" in said


@pytest.mark.parametrize("verb", ["transmit", "receive"])
def test_a_profile_with_a_wrong_setting_is_one_line(refused, tmp_path, verb):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ndriver = "uhd"\ngain = 3\n', encoding="utf-8")
    assert "mine.toml: unknown key 'gain'" in refused(verb, "--radio", str(path))
