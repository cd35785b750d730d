# SPDX-License-Identifier: MIT
"""Every flowgraph compiles without a warning; the headless loopback runs to its end."""

import json
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("gnuradio.grc", reason="needs GNU Radio Companion")
from PIL import Image

pytestmark = pytest.mark.radio
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
DEADLINE_S = 110
COMPILE = "from gnuradio.grc.compiler import main; main()"  # what grcc does
IMPORT_NOISE = "DistanceRadar"  # GNU Radio's own word on matplotlib, where that is not installed


@pytest.fixture(scope="session")
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


def run(path, environment, *options):
    """Run a compiled flowgraph to its end."""
    return subprocess.run(
        [sys.executable, str(path), "--engine-kind", "fake", *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_there_is_no_other_flowgraph(root):
    assert sorted(path.stem for path in (root / "flowgraphs").glob("*.grc")) == NAMES


def test_all_compile_without_a_warning(compiled):
    folder, said = compiled
    lines = [line for line in said.lower().splitlines() if IMPORT_NOISE.lower() not in line]
    assert not [line for line in lines if "warning" in line or "error" in line]
    assert all((folder / f"{name}.py").exists() for name in NAMES)


def test_headless_sends_saves_and_ends(compiled, environment, rng, tmp_path):
    image = np.kron(rng.integers(0, 256, (6, 8, 1), np.uint8), np.ones((16, 16, 3), np.uint8))
    Image.fromarray(image).save(tmp_path / "picture.png")
    options = ["--picture", tmp_path / "picture.png", "--prompt", "grüß", "--snr-db", "30"]
    done = run(
        compiled[0] / "loopback_headless.py",
        environment,
        *map(str, options),
        "--folder",
        str(tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    received = np.asarray(Image.open(tmp_path / "out" / "0000.png"))
    assert np.abs(received[..., 0].astype(int) - image[..., 0]).mean() < 8
    (line,) = (tmp_path / "out" / "images.jsonl").read_text(encoding="utf-8").splitlines()
    figures = json.loads(line)
    assert figures["prompt"] == "grüß"
    assert figures["snr_db"] == pytest.approx(30, abs=2)
    assert figures["cfo_hz"] == pytest.approx(500, abs=30)


def test_headless_fails_in_time_when_nothing_arrives(compiled, environment, tmp_path):
    options = ["--snr-db=-30", "--deadline-s", "2", "--folder", str(tmp_path)]
    done = run(compiled[0] / "loopback_headless.py", environment, *options)
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


def test_the_window_shows_what_arrives(compiled, environment):
    done = subprocess.run(
        [sys.executable, "-c", WINDOW],
        cwd=compiled[0],
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    n_received, n_sent, text = done.stdout.splitlines()[-1].split(maxsplit=2)
    assert int(n_sent) >= int(n_received) >= 2
    assert "SNR" in text
    assert "Traceback" not in done.stderr
