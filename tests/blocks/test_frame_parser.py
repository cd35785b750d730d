# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block adds ports to parse_frames and nothing else; losses are counted by cause."""

import time

import numpy as np
import pytest

pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

from gnuradio import blocks, gr

from gsc_sdr.blocks import frame_parser
from gsc_sdr.blocks.frame_parser import FrameParser
from gsc_sdr.blocks.frame_pdu import frame_from_pdu, frames_from_pdu
from gsc_sdr.blocks.pdu import mark, pack, read_mark, unpack
from gsc_sdr.phy.frame import build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()


@pytest.fixture
def captures(rng):
    """Return three frames, the second one ruined: [3, frame_length]."""
    stream = np.exp(2j * np.pi * rng.random(3 * OFDM.capacity))
    frames = build_frames(stream, Header(image_id=4, rate_id=2, width=100, height=50), OFDM)
    frames[1] = rng.normal(size=(OFDM.frame_length, 2)) @ [1, 1j]
    return frames


def pdu(captures):
    return pack({"n_captures": len(captures), "cfo": np.zeros(len(captures))}, captures)


def test_frames_are_those_of_the_function(captures, through):
    answers = through(FrameParser(), ("captures", "frames"), [pdu(captures)], n_answers=2)
    truth = [parse_frames(captures, np.zeros(3), OFDM)[i] for i in (0, 2)]
    assert len(answers) == 2
    for answer, frame in zip(answers, truth, strict=True):
        assert np.array_equal(unpack(answer)[1], frame.symbols)
        assert frame_from_pdu(answer).header == frame.header


def test_a_batch_has_all_frames_of_its_captures(captures, through):
    (answer,) = through(FrameParser(), ("captures", "batches"), [pdu(captures)])
    truth = [parse_frames(captures, np.zeros(3), OFDM)[i] for i in (0, 2)]
    for frame, expected in zip(frames_from_pdu(answer), truth, strict=True):
        assert frame.header == expected.header
        assert np.array_equal(frame.symbols, expected.symbols)


@pytest.mark.parametrize("port", ["symbols", "csi"])
def test_the_latest_frame_of_a_message_is_shown(captures, through, port):
    (answer,) = through(FrameParser(), ("captures", port), [pdu(captures)])
    frame = parse_frames(captures, np.zeros(3), OFDM)[2]
    expected = {"symbols": frame.symbols, "csi": frame.csi.gain}[port]
    assert np.array_equal(unpack(answer)[1], expected)


def test_frames_are_shown_now_and_then(captures, running, within, post):
    parser, top = FrameParser(), gr.top_block()
    frames, views = blocks.message_debug(), blocks.message_debug()
    top.msg_connect((parser, "frames"), (frames, "store"))
    top.msg_connect((parser, "symbols"), (views, "store"))
    running(top, parser, frames, views)
    began = time.perf_counter()
    for _ in range(50):
        post(parser, "captures", pdu(captures))
    within(lambda: frames.num_messages() == 100)
    assert 1 <= views.num_messages() <= 1 + 25 * (time.perf_counter() - began)


def test_where_a_frame_began_is_passed_on(captures, through):
    meta, values = unpack(pdu(captures))
    message = pack(meta | {"start": np.array([100.0, 5000.0, 9000.0])}, values)
    answers = through(FrameParser(), ("captures", "frames"), [message], n_answers=2)
    assert [unpack(answer)[0]["start"] for answer in answers] == [100, 9000]


def test_losses_are_counted_by_cause(captures, through):
    parser = FrameParser()
    through(parser, ("captures", "frames"), [pdu(captures)], n_answers=2)
    assert (parser.n_frames, dict(parser.lost), parser.dropped) == (2, {"crc": 1}, 0)


def test_another_configuration_is_a_cause(captures, through):
    parser = FrameParser(OfdmConfig(n_payload=OFDM.n_payload - 1))
    through(parser, ("captures", "frames"), [pdu(captures[:1]), mark("idle")])
    assert dict(parser.lost) == {"config": 1}


def test_cut_captures_are_truncated(captures, through):
    parser = FrameParser()
    through(parser, ("captures", "frames"), [pdu(captures[:, :1000]), mark("idle")])
    assert dict(parser.lost) == {"truncated": 3}


def test_marks_are_passed_on(through):
    (answer,) = through(FrameParser(), ("captures", "frames"), [mark("idle", 77)])
    assert read_mark(answer) == ("idle", 77)


@pytest.mark.parametrize(
    "bad",
    [
        pmt.intern("no PDU"),
        pack({}, np.zeros(5, np.complex64)),
        pack({"n_captures": 2, "cfo": np.zeros(2)}, np.zeros(5, np.complex64)),
        pack({"n_captures": 1, "cfo": np.zeros(2)}, np.zeros(5000, np.complex64)),
        pack({"n_captures": 0, "cfo": np.zeros(0)}, np.zeros(0, np.complex64)),
        pack({"n_captures": "x", "cfo": 0.0}, np.zeros(5, np.uint8)),
    ],
    ids=["no pair", "no meta", "ragged", "other length", "none", "text"],
)
def test_outlives_a_bad_message(captures, through, bad):
    parser = FrameParser()
    answers = through(parser, ("captures", "frames"), [bad, pdu(captures[:1])])
    assert (len(answers), parser.n_frames) == (1, 1)
    assert parser.dropped == 1


def test_captures_that_wait_too_long_are_counted(captures, through, monkeypatch):
    monkeypatch.setattr(frame_parser, "_MAX_WAITING", -1)
    parser = FrameParser()
    through(parser, ("captures", "frames"), [pdu(captures), mark("idle")])
    assert (parser.n_frames, dict(parser.lost)) == (0, {"overrun": 3})
