# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Pictures that arrive are kept, saved and waited for."""

import json
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
