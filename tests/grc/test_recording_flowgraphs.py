# SPDX-License-Identifier: MIT
"""record.grc records what replay.grc plays."""

import re

import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")

from gsc_sdr.recording.sigmf import Recording

pytestmark = pytest.mark.radio

WINDOW = """
import os, sys, time
from PyQt5 import Qt
app = Qt.QApplication(sys.argv)
from {name} import {name}
top = {name}({arguments}engine_kind="fake")
top.start(); top.show()
end = time.monotonic() + 90
while top.received.n_images < 2 and time.monotonic() < end:
    app.processEvents(); time.sleep(0.01)
app.processEvents()
text = top.received.widget.text.text()
top.stop(); top.wait()
print(top.received.n_images, repr(text), flush=True)
os._exit(0)
"""


@pytest.fixture
def show(compiled, run_python):
    """Return a function that runs a window until it has shown two pictures."""

    def run(name, **arguments):
        given = "".join(f"{key}={value!r}, " for key, value in arguments.items())
        done = run_python("-c", WINDOW.format(name=name, arguments=given), cwd=compiled)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        n_images, text = done.stdout.splitlines()[-1].split(maxsplit=1)
        assert int(n_images) >= 2
        return text

    return run


def test_what_is_recorded_is_replayed(show, tmp_path):
    path = str(tmp_path / "a")
    live = show("record", file=path, prompt="over the air")
    with Recording(path) as recording:
        assert recording.warnings == []
        assert recording.info.sample_rate == 500e3
        assert recording.info.facts == {"profile": "tdl-a", "snr_db": 15, "rate": "1/48"}
        assert len(recording.annotations) >= 20
        for annotation in recording.annotations:
            assert annotation.facts["frame_count"] == 11
            assert annotation.facts["cfo_hz"] == pytest.approx(500, abs=200)
    again = show("replay", recording=path)
    for text in (live, again):  # the fake engine's prompt has no protection, and fades harm it
        assert re.search(r"picture \d+   SNR 1\d\.\d dB   offset \+\d+ Hz   frames \d+/11", text)


def test_the_recording_that_ships_is_played_from_any_folder(show):
    text = show("replay")
    assert "frames 15/15" in text
    assert "offset +2" in text  # 250 Hz
