# SPDX-License-Identifier: MIT
"""transmit.grc, channel.grc and receive.grc are one link: compiled without a warning, and run."""

import subprocess
import sys
import tempfile

import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")

from gsc_sdr.radio.supervise import Program

pytestmark = pytest.mark.radio
NAMES = ["transmit", "channel", "receive"]
DEADLINE_S = 110
COMPILE = "from gnuradio.grc.compiler import main; main()"  # what grcc does
IMPORT_NOISE = "distanceradar"  # GNU Radio's own word on matplotlib, where that is not installed

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


def test_all_compile_without_a_warning(compiled):
    folder, said = compiled
    lines = [line for line in said.lower().splitlines() if IMPORT_NOISE not in line]
    assert not [line for line in lines if "warning" in line or "error" in line]
    assert all((folder / f"{name}.py").exists() for name in NAMES)


def test_three_windows_are_one_link(compiled, environment, monkeypatch, tmp_path):
    monkeypatch.chdir(compiled[0])
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
