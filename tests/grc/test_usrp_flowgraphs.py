# SPDX-License-Identifier: MIT
"""The USRP flowgraphs compile without a warning, and run up to the radio that is not here."""

import re
import subprocess
import sys

import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")
pytest.importorskip("gnuradio.uhd", reason="needs GNU Radio's UHD blocks")

pytestmark = pytest.mark.radio
NAMES = ["transmit_usrp", "receive_usrp"]
DEADLINE_S = 110
COMPILE = "from gnuradio.grc.compiler import main; main()"  # what grcc does
IMPORT_NOISE = "DistanceRadar"  # GNU Radio's own word on matplotlib, where that is not installed


@pytest.fixture(scope="module")
def compiled(root, environment, tmp_path_factory):
    """Return the folder of the compiled flowgraphs, and what the compiler said."""
    folder = tmp_path_factory.mktemp("flowgraphs")
    paths = [str(root / "flowgraphs" / f"{name}.grc") for name in NAMES]
    done = subprocess.run(
        [sys.executable, "-c", COMPILE, "-o", str(folder), *paths],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    return folder, done.stdout + done.stderr


def test_both_compile_without_a_warning(compiled):
    folder, said = compiled
    lines = [line for line in said.lower().splitlines() if IMPORT_NOISE.lower() not in line]
    assert not [line for line in lines if "warning" in line or "error" in line]
    assert all((folder / f"{name}.py").exists() for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_runs_up_to_the_open_call(compiled, environment, name):
    done = subprocess.run(
        [sys.executable, str(compiled[0] / f"{name}.py"), "--engine-kind", "fake"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode != 0
    assert re.search(r"RuntimeError: LookupError: KeyError: No devices found", done.stderr)


def test_bursts_are_tagged_timed_turned_down_and_counted(compiled):
    code = (compiled[0] / "transmit_usrp.py").read_text(encoding="utf-8")
    assert re.search(r"BurstTags\(\s*kind='sob'", code)
    assert "self.bursts.clock = lambda: self.usrp.get_time_now()" in code
    assert re.search(r"GainStage\(gain_db=\(?-backoff_db", code)
    assert "msg_connect((self.usrp, 'async_msgs'), (self.counts, 'async_msgs'))" in code
    assert "self.connect((self.usrp, 0), (self.gaps, 0))" in (
        compiled[0] / "receive_usrp.py"
    ).read_text(encoding="utf-8")
