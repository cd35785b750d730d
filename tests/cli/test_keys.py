# SPDX-License-Identifier: MIT
"""Keys are made once, for their owner's eyes."""

import pytest
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.link.keys import Keys


def run(*words):
    return CliRunner().invoke(app, ["keys", *map(str, words)])


def test_new_keys_can_be_loaded(tmp_path):
    result = run("new", tmp_path / "keys")
    assert result.exit_code == 0, result.output
    keys = Keys.load(tmp_path / "keys")
    assert keys.server_secret
    assert keys.client in keys.welcome
    assert str(tmp_path / "keys") in result.stdout
    secrets = list((tmp_path / "keys").glob("*_secret"))
    assert len(secrets) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)


@pytest.mark.parametrize("words", [["new"], ["new", "keys"]])
def test_keys_that_are_there_stay(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*words).exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()}
    again = run(*words)
    assert again.exit_code == 2
    assert len(again.stderr.strip().splitlines()) == 1
    assert {path: path.read_bytes() for path in (tmp_path / "keys").iterdir()} == before
