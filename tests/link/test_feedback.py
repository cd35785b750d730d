# SPDX-License-Identifier: MIT
"""Feedback: it survives the wire, lies are refused, its age is that of the frame."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.errors import FrameError, GscError, ShapeError
from gsc_sdr.link.feedback import Feedback, SentTimes
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.wire import Message, unpack

GAIN = np.exp(1j * np.arange(52)).astype(np.complex64)
ONE = Feedback(7, 3, 12.5, 0.05, -310.0, GAIN)
FINITE = st.floats(-1e6, 1e6)


def over_the_wire(feedback):
    return Feedback.from_message(unpack([bytes(part) for part in feedback.to_message().pack()]))


@given(st.integers(0, 255), st.integers(0, 510), FINITE, st.floats(0, 1e6), FINITE)
def test_it_survives_the_wire(image_id, frame_index, snr_db, noise_var, cfo_hz):
    sent = Feedback(image_id, frame_index, snr_db, noise_var, cfo_hz, GAIN)
    came, plain = asdict(over_the_wire(sent)), asdict(sent)
    assert came.pop("gain").tobytes() == plain.pop("gain").tobytes()
    assert came == plain


def test_numbers_of_numpy_are_numbers():
    sent = Feedback(np.uint8(7), np.int64(3), np.float32(12.5), np.float64(0.5), 0, GAIN)
    assert over_the_wire(sent).snr_db == 12.5


@pytest.mark.parametrize(
    "changes",
    [
        {"image_id": 256},
        {"image_id": -1},
        {"frame_index": 511},
        {"snr_db": np.nan},
        {"noise_var": -1.0},
        {"cfo_hz": np.inf},
        {"gain": GAIN[:0]},
        {"gain": GAIN.astype(np.complex128)},
        {"gain": GAIN[None]},
        {"gain": np.full(5, np.nan, np.complex64)},
        {"gain": np.zeros(4097, np.complex64)},
    ],
)
def test_what_cannot_be_is_refused(changes):
    with pytest.raises(ShapeError):
        replace(ONE, **changes)


@pytest.mark.parametrize(
    ("values", "arrays"),
    [
        ({}, {"gain": GAIN}),
        ({"image_id": 1.0}, {"gain": GAIN}),
        ({"snr_db": "12"}, {"gain": GAIN}),
        ({"snr_db": True}, {"gain": GAIN}),
        ({"snr_db": 10**400}, {"gain": GAIN}),
        ({"more": 1}, {"gain": GAIN}),
        ({"image_id": 300}, {"gain": GAIN}),
        ({"image_id": 1}, {}),
        ({"image_id": 1}, {"gain": GAIN, "more": GAIN}),
        ({"image_id": 1}, {"gain": GAIN.real.copy()}),
    ],
)
def test_messages_that_do_not_fit_are_refused(values, arrays):
    good = ONE.to_message()
    message = Message(good.kind, {**good.values, **values} if values else {}, arrays)
    with pytest.raises(GscError):
        Feedback.from_message(message)
    with pytest.raises(FrameError, match="no feedback"):
        Feedback.from_message(Message("other", good.values, good.arrays))


def test_the_transmitter_gets_the_latest_and_knows_its_age(within):
    sent = SentTimes()
    for frame_index in range(20):
        sent.note(7, frame_index, 100.0 + frame_index)
    with (
        MessageReceiver("tcp://127.0.0.1:*", Feedback.from_message) as transmitter,
        MessageSender(transmitter.address) as receiver,
    ):
        for frame_index in range(20):
            feedback = replace(ONE, frame_index=frame_index)
            within(lambda f=feedback: receiver.send(f.to_message()))
        newest = within(lambda: (x := transmitter.latest()) and x.frame_index == 19 and x)
    assert sent.age_s(newest, now_s=120.5) == 1.5


def test_times_are_those_of_the_latest_frames():
    times = SentTimes(keep=3)
    for frame_index in (0, 1, 2, 0, 3):
        times.note(1, frame_index, float(frame_index) + 10)
    assert len(times) == 3
    ages = [times.age_s(replace(ONE, image_id=1, frame_index=i), 20.0) for i in range(4)]
    assert ages == [10.0, None, 8.0, 7.0]
    times.note(7, 3)
    assert 0 <= times.age_s(ONE) < 60
