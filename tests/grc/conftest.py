# SPDX-License-Identifier: MIT
"""GNU Radio Companion as ``gsc-sdr grc`` starts it; all flowgraphs, compiled once."""

import os
import subprocess
import sys

import pytest

from gsc_sdr.cli.grc import grc_environment

COMPILE = "from gnuradio.grc.compiler import main; main()"  # what grcc does
IMPORT_NOISE = "distanceradar"  # GNU Radio's own word on matplotlib, where that is not installed
DEADLINE_S = 110


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Return an environment for programs: our blocks, a home of its own, no screen."""
    home = tmp_path_factory.mktemp("home")
    return grc_environment(
        {**os.environ, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
        sys.executable,
    )


@pytest.fixture(scope="session")
def run_python(environment):
    """Return a function that runs Python with arguments to its end, and returns what it did."""

    def run(*arguments, cwd=None):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def compiled(root, run_python, tmp_path_factory):
    """Return the folder of all flowgraphs, compiled in one go without a warning."""
    folder = tmp_path_factory.mktemp("flowgraphs")
    paths = sorted((root / "flowgraphs").glob("*.grc"))
    done = run_python("-c", COMPILE, "-o", folder, *paths)
    lines = (done.stdout + done.stderr).lower().splitlines()
    complaints = [line for line in lines if "warning" in line or "error" in line]
    assert done.returncode == 0, lines
    assert not [line for line in complaints if IMPORT_NOISE not in line]
    return folder
