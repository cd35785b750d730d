# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""A frame comes back from its PDU as it was; what is no frame is refused."""

from dataclasses import replace

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gsc_sdr.blocks.frame_pdu import (
    csi_to_pdu,
    frame_from_pdu,
    frame_to_pdu,
    frames_from_pdu,
    frames_to_pdu,
)
from gsc_sdr.blocks.pdu import pack, unpack
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.header import Header

pytestmark = pytest.mark.radio


@pytest.fixture
def frame(rng):
    symbols = (rng.normal(size=(96, 2)) @ [1, 1j]).astype(np.complex64)
    gain = (rng.normal(size=(52, 2)) @ [1, 1j]).astype(np.complex64)
    header = Header(image_id=9, rate_id=3, width=512, height=384, frame_index=2, frame_count=15)
    return Frame(header, symbols, rng.random(96, np.float32), Csi(gain, 0.1, 9.5), -0.3, 1e-6)


def test_a_frame_comes_back(frame):
    back = frame_from_pdu(frame_to_pdu(frame))
    assert back.header == frame.header
    assert np.array_equal(back.symbols, frame.symbols)
    assert np.array_equal(back.noise_var, frame.noise_var)
    assert np.array_equal(back.csi.gain, frame.csi.gain)
    assert (back.csi.noise_var, back.csi.snr_db) == (0.1, 9.5)
    assert (back.cfo, back.sfo) == (-0.3, 1e-6)


def test_frames_come_back_from_one_message(frame):
    other = replace(frame, header=replace(frame.header, frame_index=3), cfo=0.7, sfo=-2e-6)
    for back, sent in zip(
        frames_from_pdu(frames_to_pdu([frame, other])), [frame, other], strict=True
    ):
        assert back.header == sent.header
        assert np.array_equal(back.symbols, sent.symbols)
        assert np.array_equal(back.noise_var, sent.noise_var)
        assert np.array_equal(back.csi.gain, sent.csi.gain)
        assert (back.csi.noise_var, back.csi.snr_db) == (0.1, 9.5)
        assert (back.cfo, back.sfo) == (sent.cfo, sent.sfo)


def test_one_frame_is_read_as_many_are(frame):
    (back,) = frames_from_pdu(frame_to_pdu(frame))
    assert back.header == frame.header


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"headers": np.zeros(7)}, ShapeError),
        ({"headers": np.full(20, 9999.0)}, ConfigError),
        ({"headers": np.full(20, np.nan)}, ValueError),
        ({"headers": 3.0}, TypeError),
        ({"cfo": np.zeros(3)}, ShapeError),
        ({"cfo": 1.0}, ShapeError),
        ({"noise_var": np.zeros(3, np.float32)}, ShapeError),
    ],
    ids=["no header", "range", "not a number", "no headers", "too many", "number", "length"],
)
def test_what_are_no_frames_is_refused(frame, change, error):
    meta, symbols = unpack(frames_to_pdu([frame, frame]))
    with pytest.raises(error):
        frames_from_pdu(pack(meta | change, symbols))


def test_channel_state_says_whose_it_is(frame):
    meta, gain = unpack(csi_to_pdu(frame))
    assert np.array_equal(gain, frame.csi.gain)
    assert (meta["image_id"], meta["frame_index"], meta["snr_db"]) == (9, 2, 9.5)


def test_what_is_missing_is_named(frame):
    meta, symbols = unpack(frame_to_pdu(frame))
    del meta["sfo"]
    with pytest.raises(ShapeError, match="no sfo"):
        frame_from_pdu(pack(meta, symbols))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"noise_var": np.zeros(3, np.float32)}, ShapeError),
        ({"noise_var": 1.0}, ShapeError),
        ({"width": 100_000}, ConfigError),
        ({"frame_index": "two"}, ConfigError),
    ],
    ids=["length", "type", "range", "text"],
)
def test_what_is_no_frame_is_refused(frame, change, error):
    meta, symbols = unpack(frame_to_pdu(frame))
    with pytest.raises(error):
        frame_from_pdu(pack(meta | change, symbols))
    with pytest.raises(ShapeError):
        frame_from_pdu(pack(meta, symbols.real))
