# SPDX-License-Identifier: MIT
"""The USRP flowgraphs run up to the radio that is not here."""

import re

import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")
pytest.importorskip("gnuradio.uhd", reason="needs GNU Radio's UHD blocks")

pytestmark = pytest.mark.radio


@pytest.mark.parametrize("name", ["transmit_usrp", "receive_usrp"])
def test_each_runs_up_to_the_open_call(compiled, run_python, name):
    done = run_python(compiled / f"{name}.py", "--engine-kind", "fake")
    assert done.returncode != 0
    assert re.search(r"RuntimeError: LookupError: KeyError: No devices found", done.stderr)


def test_bursts_are_tagged_timed_turned_down_and_counted(compiled):
    code = (compiled / "transmit_usrp.py").read_text(encoding="utf-8")
    assert re.search(r"BurstTags\(\s*kind='sob'", code)
    assert "self.bursts.clock = lambda: self.usrp.get_time_now()" in code
    assert re.search(r"GainStage\(gain_db=\(?-backoff_db", code)
    assert "msg_connect((self.usrp, 'async_msgs'), (self.counts, 'async_msgs'))" in code
    assert "self.connect((self.usrp, 0), (self.gaps, 0))" in (
        compiled / "receive_usrp.py"
    ).read_text(encoding="utf-8")
