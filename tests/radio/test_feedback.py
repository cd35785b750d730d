# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Channel state goes back frame by frame; strangers and what is no feedback are counted."""

import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt

from gsc_sdr.blocks.frame_pdu import frames_to_pdu
from gsc_sdr.blocks.pdu import mark
from gsc_sdr.link.feedback import Feedback
from gsc_sdr.link.keys import Keys, new_keys
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.wire import Message
from gsc_sdr.phy.frame import build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.feedback import FeedbackIn, FeedbackOut

pytestmark = pytest.mark.radio
LOCAL = "tcp://127.0.0.1:*"
OFDM = OfdmConfig()


@pytest.fixture
def frames(rng):
    """Return two received frames of image 7."""
    symbols = np.exp(2j * np.pi * rng.random(2 * OFDM.capacity)).astype(np.complex64)
    header = Header(image_id=7, width=16, height=16, rate_id=3, prompt_bytes=0, level=0)
    samples = build_frames(symbols, header, OFDM)
    noise = rng.normal(size=(*samples.shape, 2)) @ [0.01, 0.01j]
    return parse_frames(samples + noise, np.zeros(2), OFDM)


@pytest.fixture
def listening():
    """Return a function that listens at a port that is free."""
    opened = []

    def listen(keys=None):
        receiver = MessageReceiver(LOCAL, Feedback.from_message, keys)
        opened.append(FeedbackIn(receiver))
        return opened[-1], receiver.address

    yield listen
    for one in opened:
        one.close()


def until(claim):
    deadline = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send(sender, message):
    until(lambda: sender.send(message))


def test_each_frame_is_told_of_with_its_age(frames, listening):
    feedback, address = listening()
    with MessageSender(address) as sender:
        until(lambda: feedback.is_connected)
        for index in range(2):
            feedback.times.note(7, index)
        out = FeedbackOut(sender, 1e6 / 64)
        out.handle_frames(frames_to_pdu(frames))
        out.handle_frames(mark("idle", 5))
        until(lambda: feedback.status()["frames"] == 2)
        status = feedback.status()
        assert status["snr_db"] == pytest.approx(frames[1].csi.snr_db, abs=0.01)
        assert 0 < status["age_p50_ms"] <= status["age_p95_ms"] < 30_000
        assert out.mean_snr_db == pytest.approx(np.mean([f.csi.snr_db for f in frames]))
        assert (out.n_frames, out.dropped, out.counts["messages"]) == (2, 0, 2)
        assert (feedback.latest.image_id, feedback.latest.frame_index) == (7, 1)
        assert np.array_equal(feedback.latest.gain, frames[1].csi.gain)
    until(lambda: not feedback.is_connected)


def test_nobody_there_is_no_hindrance(frames):
    out = FeedbackOut(None, 1e6 / 64)
    out.handle_frames(frames_to_pdu(frames))
    assert (out.n_frames, out.counts, out.dropped) == (2, {}, 0)


def test_a_bad_message_is_outlived(frames):
    out = FeedbackOut(None, 1e6 / 64)
    out.handle_frames(pmt.intern("no PDU"))
    out.handle_frames(frames_to_pdu(frames))
    assert (out.n_frames, out.dropped) == (2, 1)


def test_what_is_no_feedback_is_counted_and_passed_over(frames, listening):
    feedback, address = listening()
    with MessageSender(address) as sender:
        send(sender, Message("feedback", {"image_id": "seven"}))
        send(sender, Message("order", {"pictures": 1}))
        FeedbackOut(sender, 1.0).handle_frames(frames_to_pdu(frames))
        until(lambda: feedback.status()["frames"] == 2)
        assert feedback.status()["malformed"] == 2


def test_a_stranger_is_refused_and_counted(frames, listening, tmp_path):
    keys = new_keys(tmp_path / "ours")
    feedback, address = listening(keys)
    new_keys(tmp_path / "theirs")
    theirs = Keys.load(tmp_path / "theirs")
    with MessageSender(address, theirs) as stranger, MessageSender(address) as bare:
        until(lambda: feedback.status()["strangers"] >= 2)
        for sender in (stranger, bare):
            FeedbackOut(sender, 1.0).handle_frames(frames_to_pdu(frames))
    with MessageSender(address, Keys.load(tmp_path / "ours")) as known:
        send(known, Feedback(1, 2, 3.0, 4.0, 5.0, frames[0].csi.gain).to_message())
        until(lambda: feedback.status()["frames"] == 1)
    assert feedback.latest.image_id == 1
