# SPDX-License-Identifier: MIT
"""Programs are listened to, ended together, and missed when they die."""

import sys
import time

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.errors import GscError
from gsc_sdr.radio import supervise
from gsc_sdr.radio.supervise import Program, Team

pytestmark = pytest.mark.radio
LIVELY = """
import json, signal, sys, time
n = 0
def stop(*_):
    print(json.dumps({"event": "summary", "n": -1}), flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
while True:
    print(json.dumps({"event": "status", "n": n}), flush=True)
    n += 1
    time.sleep(0.02)
"""
DYING = """
import sys
print('{"event": "status", "n": 1}')
print("not a report")
print("[1, 2]")
print("why it died", file=sys.stderr, flush=True)
sys.exit(CODE)
"""
DEAF = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(60)"


def program(name, code):
    return Program(name, [sys.executable, "-c", code])


def until(claim):
    deadline = time.monotonic() + 60
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def team():
    """Return a function that starts a team; its programs end with the test."""
    teams = []

    def start(*programs, restarts=False):
        teams.append(Team(programs, restarts))
        teams[-1].start()
        return teams[-1]

    yield start
    for one in teams:
        for member in one.programs.values():
            member.wait(0)


def test_reports_are_read_and_the_last_one_is_kept(team):
    lively = program("lively", LIVELY)
    one = team(lively)
    until(lambda: lively.status.get("n", 0) > 2)
    one.check()
    assert lively.summary == {}
    one.end()
    assert (lively.code, lively.summary, lively.status) == (0, {"n": -1}, {"n": -1})


def test_one_that_dies_is_named_with_its_last_words(team):
    dying = program("dying", DYING.replace("CODE", "3"))
    one = team(dying, program("lively", LIVELY))
    until(lambda: dying.code is not None)
    with pytest.raises(GscError, match="dying ended with exit code 3") as caught:
        one.check()
    for words in ("why it died", "not a report", "[1, 2]"):
        assert words in str(caught.value)


def test_one_that_is_killed_is_started_again_if_wanted(team):
    lively = program("lively", LIVELY)
    one = team(lively, restarts=True)
    until(lambda: lively.status)
    before = lively.pid
    lively.wait(0)
    one.check()
    assert (lively.n_starts, one.restarted) == (2, ["lively ended with exit code -9"])
    assert lively.pid != before
    until(lambda: lively.status)


def test_one_that_was_refused_is_not_started_again(team):
    dying = program("dying", DYING.replace("CODE", "2"))
    one = team(dying, restarts=True)
    until(lambda: dying.code is not None)
    with pytest.raises(GscError, match="exit code 2"):
        one.check()


@pytest.mark.parametrize("restarts", [False, True])
def test_one_that_ends_with_its_summary_has_not_died(team, restarts):
    said = (
        'print(\'{"event": "summary", "state": "done", "failed": true}\')\nimport sys\nsys.exit(1)'
    )
    failing = program("failing", said)
    one = team(failing, restarts=restarts)
    until(lambda: failing.code is not None)
    one.check()
    assert (failing.n_starts, failing.summary["failed"]) == (1, True)


def test_one_whose_flowgraph_broke_has_died(team):
    broken = program("broken", LIVELY.replace('"n": -1', '"state": "broken"').replace("0)", "1)"))
    one = team(broken)
    until(lambda: broken.status)
    broken.tell_to_end()
    until(lambda: broken.code is not None)
    with pytest.raises(GscError, match="broken ended with exit code 1"):
        one.check()


def test_one_that_ends_well_is_no_loss(team):
    dying = program("dying", DYING.replace("CODE", "0"))
    one = team(dying)
    until(lambda: dying.code is not None)
    one.check()


def test_one_that_says_nothing_is_ended(team, monkeypatch):
    monkeypatch.setattr(supervise, "_SILENT_S", 0.2)
    deaf = program("deaf", DEAF)
    one = team(deaf)
    until(lambda: deaf.is_silent)
    with pytest.raises(GscError, match="deaf said nothing"):
        one.check()
    assert deaf.code == -9


def test_one_that_does_not_listen_is_ended_by_force(team, monkeypatch):
    monkeypatch.setattr(supervise, "_END_S", 0.3)
    deaf, lively = program("deaf", DEAF), program("lively", LIVELY)
    one = team(deaf, lively)
    until(lambda: lively.status)
    one.end()
    assert lively.code == 0
    assert deaf.code is not None
