# SPDX-License-Identifier: MIT
"""Ways to wait for what two ends of a link do, each with a deadline."""

import subprocess
import sys
import time

import pytest

DEADLINE_S = 60.0


@pytest.fixture
def within():
    """Return a function that waits until a claim holds, and fails at the deadline."""

    def wait(claim, deadline_s=DEADLINE_S):
        deadline = time.monotonic() + deadline_s
        while not (found := claim()):
            assert time.monotonic() < deadline, "the link did not get there in time"
            time.sleep(0.002)
        return found

    return wait


@pytest.fixture
def program():
    """Return a function that starts Python on some lines of code; it is killed at the end."""
    started = []

    def start(code, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
