# SPDX-License-Identifier: MIT
"""The command: every verb that is listed can be called."""

from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

import gsc_sdr
from gsc_sdr.cli.main import GscSdr, app


def test_version_is_the_packages():
    assert CliRunner().invoke(app, ["--version"]).stdout == f"gsc-sdr {gsc_sdr.__version__}\n"


def test_no_verb_shows_help():
    result = CliRunner().invoke(app, [])
    assert "loopback" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("verb", GscSdr.summaries)
def test_every_verb_has_its_file_and_help(verb):
    assert find_spec(f"gsc_sdr.cli.{verb.replace('-', '_')}")
    result = CliRunner().invoke(app, [verb, "--help"])
    assert (result.exit_code, result.stderr) == (0, "")
