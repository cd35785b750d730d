# SPDX-License-Identifier: MIT
"""GNU Radio Companion's library, as ``gsc-sdr grc`` shows it, read once."""

import os
import sys

import pytest

from gsc_sdr.cli.grc import grc_environment


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """Return an environment for programs: our blocks, a home of its own, no screen."""
    home = tmp_path_factory.mktemp("home")
    return grc_environment(
        {**os.environ, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"},
        sys.executable,
    )
