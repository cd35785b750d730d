# SPDX-License-Identifier: MIT
"""The networks behind a socket: asked, refused to strangers, and ended in time."""

import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.errors import GscError
from gsc_sdr.link.keys import Keys, new_keys
from gsc_sdr.link.remote import ZmqEngine

pytestmark = [pytest.mark.radio]
START = "from gsc_sdr.cli.main import main; main()"


@pytest.fixture
def served():
    """Return a function that serves at a free port, and gives program and address."""
    started = []

    def serve(*words):
        command = [sys.executable, "-c", START, "engine", "--address", "tcp://127.0.0.1:*", *words]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        line = started[-1].stdout.readline()
        assert "serving at" in line
        return started[-1], line.split()[-1]

    yield serve
    for program in started:
        program.kill()
        program.wait()


def test_it_serves_until_it_is_told_to_end(served):
    program, address = served("--kind", "fake")
    image = np.full((16, 16, 3), 128, np.uint8)
    with ZmqEngine(address) as engine:
        assert engine.encode(image, "grüß", "1/48").width == 16
    began = time.monotonic()
    program.terminate()
    assert program.wait(10) == 0
    assert time.monotonic() - began < 2.0
    assert "1 encode" in program.stdout.read()


def test_with_keys_it_serves_those_whom_it_knows(served, tmp_path):
    new_keys(tmp_path / "keys")
    _, address = served("--kind", "fake", "--keys", str(tmp_path / "keys"))
    image = np.full((16, 16, 3), 128, np.uint8)
    with ZmqEngine(address, Keys.load(tmp_path / "keys")) as engine:
        assert engine.encode(image, "", "1/48").height == 16
    with (
        ZmqEngine(address, timeout_s=1.0) as stranger,
        pytest.raises(GscError, match="refuses this program"),
    ):
        stranger.encode(image, "", "1/48")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--address", "tcp://0.0.0.0:5804", "--kind", "fake"], "keys"),
        (["--kind", "other"], "choose one of: gsc"),
        (["--keys", "/nowhere"], "/nowhere"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_exit_code_2(words, said):
    result = CliRunner().invoke(app, ["engine", *words])
    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
