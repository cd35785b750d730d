# SPDX-License-Identifier: MIT
"""Every flowgraph compiles without a warning; the headless loopback runs to its end."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")
from PIL import Image

import gsc_sdr

pytestmark = pytest.mark.radio
DEMO = Path(gsc_sdr.__file__).parent / "data" / "demo.png"
NAMES = [
    "channel",
    "loopback",
    "loopback_headless",
    "receive",
    "receive_usrp",
    "record",
    "replay",
    "transmit",
    "transmit_usrp",
]


@pytest.fixture
def headless(compiled, run_python):
    """Return a function that runs the headless loopback to its end."""

    def run(*options):
        return run_python(compiled / "loopback_headless.py", "--engine-kind", "fake", *options)

    return run


def test_there_is_no_other_flowgraph(root):
    assert sorted(path.stem for path in (root / "flowgraphs").glob("*.grc")) == NAMES


def test_all_compile_without_a_warning(compiled):
    assert sorted(path.stem for path in compiled.glob("*.py")) == NAMES


def test_headless_sends_saves_and_ends(headless, rng, tmp_path):
    image = np.kron(rng.integers(0, 256, (6, 8, 1), np.uint8), np.ones((16, 16, 3), np.uint8))
    Image.fromarray(image).save(tmp_path / "picture.png")
    options = ["--picture", tmp_path / "picture.png", "--prompt", "grüß", "--snr-db", "30"]
    done = headless(*options, "--folder", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    received = np.asarray(Image.open(tmp_path / "out" / "0000.png"))
    assert np.abs(received[..., 0].astype(int) - image[..., 0]).mean() < 8
    (line,) = (tmp_path / "out" / "images.jsonl").read_text(encoding="utf-8").splitlines()
    figures = json.loads(line)
    assert figures["prompt"] == "grüß"
    assert figures["snr_db"] == pytest.approx(30, abs=2)
    assert figures["cfo_hz"] == pytest.approx(500, abs=30)


@pytest.mark.learn
def test_headless_sends_what_a_user_would_pick_instead(compiled, run_python, tmp_path):
    pytest.importorskip("pillow_heif")
    words = ["--engine-kind", "heic+ldpc", "--snr-db", "20", "--folder", tmp_path / "out"]
    done = run_python(compiled / "loopback_headless.py", *words)
    assert done.returncode == 0, done.stderr
    received = np.asarray(Image.open(tmp_path / "out" / "0000.png")).astype(float)
    sent = np.asarray(Image.open(DEMO).convert("RGB")).astype(float)
    assert np.mean((received - sent) ** 2) < 255**2 / 10**2.5  # 25 dB


def test_headless_fails_in_time_when_nothing_arrives(headless, tmp_path):
    done = headless("--snr-db=-30", "--deadline-s", "2", "--folder", tmp_path)
    assert done.returncode != 0
    assert "0 of 1 pictures arrived within 2 s" in done.stderr


WINDOW = """
import sys, time
from PyQt5 import Qt
app = Qt.QApplication(sys.argv)
from loopback import loopback
top = loopback(engine_kind="fake")
top.set_snr_db(20); top.set_cfo_hz(3000)
top.start(); top.show()
end = time.monotonic() + 90
while top.received.n_images < 2 and time.monotonic() < end:
    app.processEvents(); time.sleep(0.01)
app.processEvents()
text = top.received.widget.text.text()
top.stop(); top.wait()
print(top.received.n_images, top.sent.n_images, repr(text), flush=True)
import os; os._exit(0)
"""


def test_the_window_shows_what_arrives(compiled, run_python):
    done = run_python("-c", WINDOW, cwd=compiled)
    assert done.returncode == 0, done.stderr
    n_received, n_sent, text = done.stdout.splitlines()[-1].split(maxsplit=2)
    assert int(n_sent) >= int(n_received) >= 2
    assert "SNR" in text
    assert "Traceback" not in done.stderr
