# SPDX-License-Identifier: MIT
"""The view of ``run`` can be read on a narrow terminal; what did not arrive is said."""

import io
import json

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from rich.console import Console

from gsc_sdr.cli import run
from gsc_sdr.cli.report import summary_lines
from gsc_sdr.radio.supervise import Program, Team

pytestmark = pytest.mark.radio
SAID = {
    "transmit": {"state": "sending", "pictures": 61, "frames": 732, "samples_per_s": 1234567},
    "channel": {"state": "waiting for a transmitter and a receiver", "samples_per_s": 2000000},
    "receive": {
        "state": "receiving",
        "pictures": 59,
        "snr_db": -3.25,
        "cfo_hz": 31250.4,
        "queued": 7,
        "lost": {"frames_missing": 12, "pictures_incomplete": 1},
    },
}


@pytest.fixture
def team():
    """Return three programs that are not started and have said what SAID holds."""
    programs = [Program(name, ["never"]) for name in SAID]
    for program in programs:
        program.status = dict(SAID[program.name])
    return Team(programs)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_shows_every_figure_whole(team, width):
    console = Console(width=width, file=io.StringIO())
    console.print(run._table(team))
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    words = ["61", "732", "1.23", "2.00", "59", "-3.2 dB", "Hz", "31250", "7", "12", "frames_"]
    if width >= 80:
        words += ["transmit", "channel", "receive", "Msamples/s", "frames_missing"]
    for word in words:
        assert word in text
    assert "\N{HORIZONTAL ELLIPSIS}" not in text  # nothing is cut


def test_a_program_that_has_said_nothing_yet_is_starting(team):
    team.programs["channel"].status = {}
    assert "channel: starting |" in run._line(team)
    assert "receive: receiving, 59 pictures, SNR -3.2 dB" in run._line(team)


def test_channel_state_that_was_refused_or_not_taken_is_said():
    summary = {"state": "done", "pictures": 1, "lost": {}}
    nothing = {"frames": 0, "age_p50_ms": None, "lost": 0, "malformed": 0, "strangers": 2}
    assert summary_lines("transmit", {**summary, "feedback": nothing})[-1] == (
        "  feedback: 2 strangers"
    )
    some = {"frames": 5, "snr_db": 9.0, "age_p50_ms": 7.4, "age_p95_ms": 9.6, "lost": 1}
    assert summary_lines("transmit", {**summary, "feedback": some})[-1] == (
        "  feedback: 5 frames, SNR 9.0 dB, age 7 ms (p95 10 ms), 1 lost"
    )
    missed = {"messages": 3, "undelivered": 2}
    assert summary_lines("receive", {**summary, "feedback": missed})[-1].endswith("2 undelivered")
    assert summary_lines("receive", {**summary, "feedback": {}})[-1] == "  lost: nothing"


def test_pictures_that_did_not_arrive_are_counted(team, capsys):
    run._say(team, False, "")
    assert "2 of 61 pictures did not arrive" in capsys.readouterr().out
    run._say(team, True, "")
    assert json.loads(capsys.readouterr().out)["missing"] == 2
    team.programs["receive"].status = {}
    run._say(team, True, "")
    assert json.loads(capsys.readouterr().out)["missing"] == 61
