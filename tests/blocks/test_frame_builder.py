# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block adds ports to build_frames and nothing else."""

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gsc_sdr.blocks.frame_builder import FrameBuilder
from gsc_sdr.blocks.pdu import mark, pack, read_mark, unpack
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig

pytestmark = pytest.mark.radio
PORTS = ("symbols", "samples")
FIELDS = {"image_id": 5, "rate_id": 1, "width": 64, "height": 48, "prompt_bytes": 2}
STREAM = np.exp(1j * np.arange(1500)).astype(np.complex64)


@pytest.mark.parametrize("ofdm", [None, OfdmConfig(n_payload=6)])
def test_frames_are_those_of_the_function(through, ofdm):
    (answer,) = through(FrameBuilder(ofdm), PORTS, [pack(FIELDS | {"level": 0}, STREAM)])
    meta, samples = unpack(answer)
    frames = build_frames(STREAM, Header(**FIELDS), ofdm or OfdmConfig())
    assert np.array_equal(samples, frames.ravel())
    assert meta == {"image_id": 5, "frame_count": len(frames)}


def test_marks_are_passed_on(through):
    (answer,) = through(FrameBuilder(), PORTS, [mark("end")])
    assert read_mark(answer) == ("end", 0)


@pytest.mark.parametrize(
    "bad",
    [
        pmt.intern("no PDU"),
        pack({}, STREAM),
        pack(FIELDS | {"level": 0, "width": 9999}, STREAM),
        pack(FIELDS | {"level": 0}, STREAM[:0]),
        pack(FIELDS | {"level": 0}, np.full(4, np.nan, np.complex64)),
    ],
    ids=["no pair", "no header", "too wide", "empty", "not a number"],
)
def test_outlives_a_bad_message(through, bad):
    block = FrameBuilder()
    assert len(through(block, PORTS, [bad, pack(FIELDS | {"level": 0}, STREAM)])) == 1
    assert block.dropped == 1
