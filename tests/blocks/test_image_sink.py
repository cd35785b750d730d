# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Pictures that arrive are kept, saved and waited for."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from PIL import Image

from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import GscError

pytestmark = pytest.mark.radio
IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
META = {"image_id": 1, "height": 2, "width": 4, "prompt": "grüß", "snr_db": 3.5}
GOOD = pack(META | {"csi": np.ones(3, np.complex64)}, IMAGE)


def test_pictures_are_kept_with_what_is_known(tmp_path):
    sink = ImageSink()
    sink.handle_image(GOOD)
    (arrival,) = sink.wait(1, deadline_s=0)
    assert np.array_equal(arrival.image, IMAGE)
    assert {key: arrival.meta[key] for key in META} == META


def test_pictures_are_saved(tmp_path):
    sink = ImageSink(str(tmp_path / "new" / "folder"))
    for _ in range(2):
        sink.handle_image(GOOD)
    saved = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.name for path in saved] == ["0000.png", "0001.png", "images.jsonl"]
    assert np.array_equal(np.asarray(Image.open(saved[1])), IMAGE)
    lines = [json.loads(line) for line in saved[2].read_text(encoding="utf-8").splitlines()]
    assert lines == [{"file": name.name, **META} for name in saved[:2]]


def test_waiting_ends_when_the_picture_comes():
    sink = ImageSink()
    late = threading.Timer(0.05, sink.handle_image, [GOOD])
    late.start()
    assert len(sink.wait(1, deadline_s=30)) == 1


def test_waiting_ends_at_the_deadline():
    with pytest.raises(GscError, match=r"0 of 2 pictures arrived within 0\.01 s"):
        ImageSink().wait(2, deadline_s=0.01)


def test_the_oldest_go_first():
    sink = ImageSink(keep=2)
    for index in range(3):
        sink.handle_image(pack(META | {"image_id": index}, IMAGE))
    assert [arrival.meta["image_id"] for arrival in sink.arrivals] == [1, 2]
    assert sink.n_images == 3


def test_idle_air_is_noted():
    sink = ImageSink()
    sink.handle_image(mark("idle", 55))
    assert (sink.idle_sample, sink.n_images) == (55, 0)


@pytest.mark.parametrize(
    "bad", [pmt.intern("no PDU"), pack({}, IMAGE), pack(META, IMAGE.ravel()[:5])]
)
def test_outlives_a_bad_message(bad):
    sink = ImageSink()
    sink.handle_image(bad)
    sink.handle_image(GOOD)
    assert (sink.dropped, sink.n_images) == (1, 1)


def test_what_a_folder_holds_is_never_overwritten(tmp_path):
    (tmp_path / "0007.png").write_text("someone's picture")
    sink, other = ImageSink(str(tmp_path)), ImageSink(str(tmp_path))
    for one in (sink, other, sink):
        one.handle_image(GOOD)
    assert (tmp_path / "0007.png").read_text() == "someone's picture"
    lines = (tmp_path / "images.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["0008.png", "0009.png", "0010.png"]
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        f"{number:04d}.png" for number in range(7, 11)
    ]


FULL_DISK = """
import json, resource, signal, sys
import numpy as np
from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.pdu import pack
image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
meta = {"image_id": 0, "height": 64, "width": 64, "prompt": "x" * 500}
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sink = ImageSink(sys.argv[1])
sink.handle_image(pack(meta, image))
for limit in map(int, sys.argv[2:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    sink.handle_image(pack(meta, image))
print(sink.n_images, sink.n_unsaved, sink.dropped, len(sink.arrivals), type(sink.error).__name__)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
sink.stop()
print(sink.n_unsaved)
"""


@pytest.mark.parametrize("limit", [1000, 0])
def test_a_full_disk_costs_no_picture(limit, tmp_path):
    """A file may grow to ``limit`` bytes: nothing more fits, as on a full disk."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(limit), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["3 2 2 3 ImageError", "0"]
    assert "in memory only" in done.stderr
    lines = (tmp_path / "images.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file"] for line in lines] == ["0000.png", "0001.png", "0002.png"]
    for path in tmp_path.glob("*.png"):
        assert np.asarray(Image.open(path)).shape == (64, 64, 3)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_line_that_does_not_fit_leaves_no_half_line(tmp_path):
    (tmp_path / "images.jsonl").mkdir()
    sink = ImageSink(str(tmp_path))
    sink.handle_image(GOOD)
    assert (sink.n_images, sink.n_unsaved, sink.dropped) == (1, 1, 1)
    assert not list(tmp_path.glob("*.png"))
    (tmp_path / "images.jsonl").rmdir()
    sink.handle_image(GOOD)
    assert (sink.n_images, sink.n_unsaved, sink.dropped) == (2, 0, 1)
    assert len(list(tmp_path.glob("*.png"))) == 2
