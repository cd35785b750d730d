# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block adds ports to the engine and nothing else: same symbols, no dead thread."""

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gsc_sdr.blocks.pdu import mark, pack, read_mark, unpack
from gsc_sdr.blocks.semantic_encoder import SemanticEncoder
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import FakeEngine

pytestmark = pytest.mark.radio
PORTS = ("image", "symbols")


def picture(image, **meta):
    return pack({"image_id": 3, "height": image.shape[0], "width": image.shape[1]} | meta, image)


def test_symbols_are_those_of_the_engine(rng, through):
    image = rng.integers(0, 256, (20, 40, 3), np.uint8)
    sent = [picture(image, prompt="hi")]
    (answer,) = through(SemanticEncoder(FakeEngine(), "1/96"), PORTS, sent)
    meta, stream = unpack(answer)
    encoded = FakeEngine().encode(image, "hi", "1/96")
    assert np.array_equal(stream, np.concatenate([encoded.prompt_symbols, encoded.symbols]))
    assert meta == {
        "image_id": 3,
        "width": 40,
        "height": 20,
        "rate_id": encoded.rate_id,
        "prompt_bytes": 2,
        "level": encoded.level,
    }


def test_marks_are_passed_on(through):
    (answer,) = through(SemanticEncoder(FakeEngine()), PORTS, [mark("end")])
    assert read_mark(answer) == ("end", 0)


@pytest.mark.parametrize(
    "bad",
    [
        pmt.intern("no PDU"),
        pack({}, np.zeros(12, np.uint8)),
        pack({"image_id": 0, "height": 3, "width": 2}, np.zeros(12, np.uint8)),
        pack({"image_id": 0, "height": "x", "width": 2}, np.zeros(12, np.uint8)),
    ],
    ids=["no pair", "no size", "wrong size", "no number"],
)
def test_outlives_a_bad_message(through, bad):
    block = SemanticEncoder(FakeEngine())
    good = picture(np.zeros((16, 16, 3), np.uint8))
    assert len(through(block, PORTS, [bad, good])) == 1
    assert block.dropped == 1


def test_an_unknown_rate_is_refused_at_once():
    with pytest.raises(ConfigError, match="1/7"):
        SemanticEncoder(FakeEngine(), "1/7")
