# SPDX-License-Identifier: MIT
"""transmit.grc, channel.grc and receive.grc are one link."""

import sys
import tempfile

import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")

from gsc_sdr.radio.supervise import Program

pytestmark = pytest.mark.radio
DEADLINE_S = 110

WINDOW = """
import json, os, sys, time
from PyQt5 import Qt
app = Qt.QApplication(sys.argv)
from {name} import {name}
top = {name}({arguments})
top.start(); top.show()
end = time.monotonic() + {deadline_s}
while time.monotonic() < end and not ({done}):
    app.processEvents(); time.sleep(0.01)
app.processEvents()
said = {say}
top.stop(); top.wait()
print(json.dumps({{"event": "summary", "said": said}}), flush=True)
os._exit(0)
"""


def test_three_windows_are_one_link(compiled, environment, monkeypatch, tmp_path):
    monkeypatch.chdir(compiled)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with tempfile.TemporaryDirectory() as sockets:
        air_in, air_out = f"ipc://{sockets}/in", f"ipc://{sockets}/out"
        windows = {
            "receive": (
                {"address": air_out, "folder": str(tmp_path), "engine_kind": "fake"},
                "top.saved.n_images >= 2",
                "top.received.widget.text.text(), top.air.mismatch, top.air.dropped",
            ),
            "channel": (
                {"source_address": air_in, "address": air_out, "profile": "awgn"},
                "False",
                "0",
            ),
            "transmit": (
                {"address": air_in, "engine_kind": "fake", "prompt": "grüß"},
                "False",
                "0",
            ),
        }
        programs = {}
        for name, (arguments, done, say) in windows.items():
            given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
            code = WINDOW.format(
                name=name, arguments=given, deadline_s=DEADLINE_S - 20, done=done, say=say
            )
            programs[name] = Program(name, [sys.executable, "-c", code])
            programs[name].start()
        try:
            programs["receive"].wait(DEADLINE_S)
        finally:
            for program in programs.values():
                program.wait(0)
    said = {name: program.last_words() for name, program in programs.items()}
    text, mismatch, dropped = programs["receive"].summary.get("said", ["nothing arrived", "", 0])
    assert "grüß" in text, said
    assert "SNR" in text
    assert (mismatch, dropped) == ("", 0)
    assert len(list(tmp_path.glob("*.png"))) >= 2
