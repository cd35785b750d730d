# SPDX-License-Identifier: MIT
"""Doctor: a table for people, JSON for programs, and an exit code for both."""

import json

import pytest
from typer.testing import CliRunner

from gsc_sdr.cli import probes
from gsc_sdr.cli.main import app
from gsc_sdr.cli.probes import Finding

GOOD = Finding("torch", True, "2.13.0 on CPU")
RADIO = Finding("UHD", False, "no module", "apt-get install uhd-host", needed=False)
WEIGHTS = Finding("weights", False, "vae corrupt", "git checkout models")


@pytest.fixture
def doctor(monkeypatch):
    """Return a function that runs the doctor over given findings."""

    def run(found, *options):
        monkeypatch.setattr(probes, "findings", lambda: found)
        return CliRunner().invoke(app, ["doctor", *options])

    return run


def test_an_optional_part_may_be_absent(doctor):
    result = doctor([GOOD, RADIO])
    assert result.exit_code == 0
    assert "absent" in result.stdout
    assert "uhd-host" in result.stdout


def test_a_missing_part_ends_with_one(doctor):
    result = doctor([GOOD, WEIGHTS])
    assert result.exit_code == 1
    assert "missing" in result.stdout
    assert "cannot run" in result.stdout


@pytest.mark.parametrize(("last", "code"), [(RADIO, 0), (WEIGHTS, 1)])
def test_json_says_the_same(doctor, last, code):
    result = doctor([GOOD, last], "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == code
    assert answer["loopback_runs"] is (code == 0)
    assert answer["parts"][1]["mend"] == last.mend


def test_brackets_in_a_finding_are_not_markup(doctor):
    found = Finding("GNU Radio", False, "[Errno 2] x[/y]", "mend")
    assert "[Errno 2] x[/y]" in doctor([found]).stdout
