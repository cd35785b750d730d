# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Pictures go out in order with their prompts: once and an end, or again and again."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks
from PIL import Image

from gsc_sdr.blocks.image_source import ImageSource
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import ConfigError, ImageError

pytestmark = pytest.mark.radio


@pytest.fixture
def listen(running):
    def start(block):
        top, sink = gr.top_block(), blocks.message_debug()
        top.msg_connect((block, "image"), (sink, "store"))
        running(top, block, sink)
        return sink

    return start


def test_each_picture_is_sent_once_and_then_the_end(rng, listen, within):
    images = [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in [(4, 6), (1, 1)]]
    sink = listen(ImageSource(images, ["one", "zwei 漢"]))
    within(lambda: sink.num_messages() == 3)
    for index, (image, prompt) in enumerate(zip(images, ["one", "zwei 漢"], strict=True)):
        meta, pixels = unpack(sink.get_message(index))
        assert meta == {
            "image_id": index,
            "height": image.shape[0],
            "width": image.shape[1],
            "prompt": prompt,
        }
        assert np.array_equal(pixels.reshape(image.shape), image)
    assert read_mark(sink.get_message(2)) == ("end", 0)


def test_an_interval_repeats_the_pictures_under_new_numbers(listen, within):
    source = ImageSource([np.zeros((2, 2, 3), np.uint8)], [""], interval_s=0.01)
    sink = listen(source)
    within(lambda: sink.num_messages() >= 3)
    source.set_prompts(["new"])
    within(lambda: unpack(sink.get_message(sink.num_messages() - 1))[0]["prompt"] == "new")
    assert [unpack(sink.get_message(i))[0]["image_id"] for i in range(3)] == [0, 1, 2]


def test_files_are_opened(tmp_path, listen, within):
    Image.new("L", (3, 2), 128).save(tmp_path / "grey.png")
    sink = listen(ImageSource([tmp_path / "grey.png"], [""]))
    within(lambda: sink.num_messages() == 2)
    meta, pixels = unpack(sink.get_message(0))
    assert (meta["width"], meta["height"], set(pixels)) == (3, 2, {128})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ImageError, match=r"nothing\.png"):
        ImageSource([tmp_path / "nothing.png"], [""])


@pytest.mark.parametrize(("images", "prompts"), [([], []), (["a.png"], []), (["a.png"], ["", ""])])
def test_one_prompt_a_picture(images, prompts):
    with pytest.raises(ConfigError, match="one prompt a picture"):
        ImageSource(images, prompts)
