# SPDX-License-Identifier: MIT
"""Companion is started with our blocks and our Python, or refused in one line."""

import os
import sys
from pathlib import Path

from typer.testing import CliRunner

import gsc_sdr
from gsc_sdr.cli.grc import grc_environment
from gsc_sdr.cli.main import app

OURS = str(Path(gsc_sdr.__file__).parent / "grc")


def call(*arguments):
    return CliRunner().invoke(app, ["grc", *arguments])


def test_our_blocks_and_our_python_come_first():
    changed = grc_environment({"PATH": "/bin", "GRC_BLOCKS_PATH": "/other"}, "/venv/bin/python")
    assert changed["PATH"].split(os.pathsep) == ["/venv/bin", "/bin"]
    assert changed["GRC_BLOCKS_PATH"].split(os.pathsep) == [OURS, "/other"]


def test_nothing_is_listed_twice():
    once = grc_environment({"PATH": "/bin", "HOME": "/home"}, "/venv/bin/python")
    assert grc_environment(once, "/venv/bin/python") == once
    assert once["HOME"] == "/home"
    assert once["GRC_BLOCKS_PATH"] == OURS


def test_companion_runs_under_our_interpreter(tmp_path, monkeypatch):
    companion = tmp_path / "gnuradio-companion"
    companion.write_text(
        "import os, sys; from pathlib import Path\n"
        "lines = [sys.executable, os.environ['GRC_BLOCKS_PATH'], *sys.argv[1:]]\n"
        "Path(sys.argv[0]).with_name('seen').write_text('\\n'.join(lines)); sys.exit(3)\n"
    )
    companion.chmod(0o755)
    flowgraph = tmp_path / "one.grc"
    flowgraph.touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("GRC_BLOCKS_PATH", raising=False)
    assert call(str(flowgraph)).exit_code == 3
    assert (tmp_path / "seen").read_text().splitlines() == [sys.executable, OURS, str(flowgraph)]


def test_a_missing_companion_is_said_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = call()
    assert result.exit_code == 2
    assert "apt-get install gnuradio" in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_a_missing_screen_is_said_in_one_line(monkeypatch, tmp_path):
    (tmp_path / "gnuradio-companion").touch()
    (tmp_path / "gnuradio-companion").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    result = call()
    assert result.exit_code == 2
    assert "DISPLAY" in result.output


def test_a_missing_flowgraph_is_a_usage_error():
    assert call("nothing.grc").exit_code == 2
