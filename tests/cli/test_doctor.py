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


READY = Finding("device", True, "serial=30F5, type=b200")
NO_DEVICE = Finding("device", False, "no device found for type=b200", "plug it in")
SLOW = Finding("USB", False, "B200 at 480 Mbit/s", "use USB 3", needed=False)


@pytest.fixture
def look(monkeypatch):
    """Return a function that runs the doctor over given findings of a radio."""
    from gsc_sdr.cli import radio_probes

    def run(found, *options):
        monkeypatch.setattr(radio_probes, "radio_findings", lambda profile: found)
        return CliRunner().invoke(app, ["doctor", "--radio", "usrp_b200", *options])

    return run


def test_a_radio_that_is_ready_ends_with_zero(look):
    result = look([READY, SLOW])
    assert result.exit_code == 0
    assert "can be opened" in result.stdout
    assert "USB 3" in result.stdout


def test_a_radio_that_is_not_there_is_one_line_and_two(look):
    result = look([SLOW, WEIGHTS, NO_DEVICE])
    assert result.exit_code == 2
    assert result.stderr == (
        "gsc-sdr: radio usrp_b200: no device found for type=b200: plug it in\n"
    )
    assert "480 Mbit/s" in result.stdout


@pytest.mark.parametrize(("device", "code"), [(READY, 0), (NO_DEVICE, 2)])
def test_json_of_a_radio_says_the_same(look, device, code):
    result = look([device], "--json")
    assert result.exit_code == code
    answer = json.loads(result.stdout)
    assert answer["radio_ready"] is (code == 0)
    assert answer["parts"][0]["found"] == device.found


def test_an_unknown_radio_is_one_line_and_two():
    result = CliRunner().invoke(app, ["doctor", "--radio", "b200"])
    assert result.exit_code == 2
    assert "choose one of: hackrf" in result.stderr
