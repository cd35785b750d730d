# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Pictures are opened when their turn comes; one that cannot be is passed over and counted."""

import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks
from PIL import Image

from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.radio.feed import PictureFeed

pytestmark = pytest.mark.radio


@pytest.fixture
def paths(tmp_path):
    """Return three picture files, the second of which is none."""
    found = [tmp_path / f"{index}.png" for index in range(3)]
    for index in (0, 2):
        Image.new("L", (3 + index, 2), 40 * index).save(found[index])
    found[1].write_text("no picture")
    return found


@pytest.fixture
def listen():
    """Return a function that runs a feed until it has sent so many messages."""
    tops = []

    def run(feed, n_messages):
        top, sink = gr.top_block(), blocks.message_debug()
        top.msg_connect((feed, "image"), (sink, "store"))
        tops.append((top, feed, sink))
        top.start()
        deadline = time.monotonic() + 30
        while sink.num_messages() < n_messages:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return [sink.get_message(index) for index in range(n_messages)]

    yield run
    for top, *_ in tops:
        top.stop()
        top.wait()


def test_what_cannot_be_opened_is_passed_over(paths, listen):
    feed = PictureFeed([(path, path.stem) for path in paths], first_id=255)
    first, second, end = listen(feed, 3)
    assert unpack(first)[0] == {"image_id": 255, "height": 2, "width": 3, "prompt": "0"}
    assert unpack(second)[0] == {"image_id": 0, "height": 2, "width": 5, "prompt": "2"}
    assert set(np.unique(unpack(second)[1])) == {80}
    assert read_mark(end) == ("end", 0)
    assert (feed.n_sent, dict(feed.lost)) == (2, {"picture_unreadable": 1})


def test_a_picture_waits_for_room(paths, listen):
    asked, opened = [], []

    def pictures():
        for path in (paths[0], paths[2]):
            opened.append(path)
            yield path, ""

    def has_room():
        asked.append(len(opened))
        return len(asked) > 5

    listen(PictureFeed(pictures(), has_room), 3)
    assert asked[:6] == [1] * 6


def test_pictures_that_break_off_end_with_the_mark(paths, listen):
    def pictures():
        yield paths[0], ""
        raise OSError("the pipe broke")

    feed = PictureFeed(pictures())
    first, end = listen(feed, 2)
    assert unpack(first)[0]["width"] == 3
    assert read_mark(end) == ("end", 0)
    assert str(feed.error) == "the pipe broke"
