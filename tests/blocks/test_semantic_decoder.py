# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Frames become pictures: whole ones at once, others when the air is idle."""

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gsc_sdr.blocks.frame_pdu import frame_from_pdu, frame_to_pdu, frames_to_pdu
from gsc_sdr.blocks.pdu import mark, pack, read_mark, unpack
from gsc_sdr.blocks.semantic_decoder import SemanticDecoder
from gsc_sdr.errors import ShapeError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.frame import parse_frames
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.transceiver.chain import Transmitter

pytestmark = pytest.mark.radio
PORTS = ("frames", "image")
OFDM = OfdmConfig()


class Moody(FakeEngine):
    """Fails at the first picture."""

    def decode(self, received):
        decoded = super().decode(received)
        if self.decoded == 1:
            raise ShapeError("not today")
        return decoded


@pytest.fixture
def sent(rng):
    """Return two pictures as FakeEngine shows them, and each one's frames as PDUs."""
    transmitter, pictures = Transmitter(FakeEngine(), "1/48", OFDM), []
    for shade in (40, 200):
        image = np.full((160, 256, 3), shade, np.uint8)
        samples = transmitter.send(image, f"shade {shade}")[1].reshape(-1, OFDM.frame_length)
        frames = parse_frames(samples, np.full(len(samples), 0.05), OFDM)
        pictures.append((image, [frame_to_pdu(frame) for frame in frames]))
    return pictures


def test_whole_pictures_come_out_in_order_whatever_the_order_of_frames(sent, through):
    messages = [m for pair in zip(sent[0][1], sent[1][1][::-1], strict=True) for m in pair]
    answers = through(SemanticDecoder(FakeEngine(), 6.4e6), PORTS, messages, n_answers=2)
    for index, (answer, (image, frames)) in enumerate(zip(answers, sent, strict=True)):
        meta, pixels = unpack(answer)
        assert np.abs(pixels.reshape(image.shape).astype(int) - image).max() < 20
        assert (meta["image_id"], meta["width"], meta["height"]) == (index, 256, 160)
        assert (meta["prompt"], meta["prompt_ok"]) == (f"shade {image[0, 0, 0]}", True)
        assert meta["n_received"] == meta["frame_count"] == len(frames) > 1
        assert meta["csi"].shape == (OFDM.n_active,)


def test_frames_may_come_many_at_once(sent, through):
    frames = [frame_from_pdu(message) for _, messages in sent for message in messages]
    batches = [frames_to_pdu(frames[:3]), frames_to_pdu(frames[3:])]
    answers = through(SemanticDecoder(FakeEngine(), 6.4e6), PORTS, batches, n_answers=2)
    assert [unpack(answer)[0]["prompt"] for answer in answers] == ["shade 40", "shade 200"]


def test_offset_is_given_in_hz(sent, through):
    (answer,) = through(SemanticDecoder(FakeEngine(), 6.4e6), PORTS, sent[0][1])
    frames = [unpack(message)[0]["cfo"] for message in sent[0][1]]
    assert unpack(answer)[0]["cfo_hz"] == pytest.approx(np.mean(frames) * 1e5)


def test_idle_air_gives_out_what_is_there(sent, through):
    messages = [sent[0][1][0], mark("idle", 123)]
    picture, idle = through(SemanticDecoder(FakeEngine(), 1e6), PORTS, messages, n_answers=2)
    meta, _ = unpack(picture)
    assert (meta["n_received"], meta["frame_count"]) == (1, len(sent[0][1]))
    assert read_mark(idle) == ("idle", 123)


def test_a_picture_that_the_engine_refuses_is_one_picture_lost(sent, through):
    block = SemanticDecoder(Moody(), 1e6)
    (answer,) = through(block, PORTS, sent[0][1] + sent[1][1])
    assert unpack(answer)[0]["image_id"] == 1
    assert (block.dropped, block.n_images) == (1, 1)


@pytest.mark.parametrize(
    "bad",
    [pmt.intern("no PDU"), pack({}, np.zeros(5, np.complex64)), pack({}, np.zeros(5, np.uint8))],
    ids=["no pair", "no header", "bytes"],
)
def test_outlives_a_bad_message(sent, through, bad):
    block = SemanticDecoder(FakeEngine(), 1e6)
    assert len(through(block, PORTS, [bad, *sent[0][1]])) == 1
    assert block.dropped == 1
