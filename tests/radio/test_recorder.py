# SPDX-License-Identifier: MIT
"""Pictures are matched to what was sent by number, though numbers come again."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.radio.recorder import Recorder, SamplesTap

pytestmark = pytest.mark.radio
IMAGE = np.zeros((16, 16, 3), np.uint8)


def picture(image_id):
    return SimpleNamespace(header=SimpleNamespace(image_id=image_id))


def record(n_sent, arrivals):
    """Return which of n_sent pictures arrived, when these numbers come in this order."""
    recorder = Recorder(FakeEngine())
    for place in range(n_sent):
        recorder.encode(IMAGE, str(place), "1/48")
        recorder.note_samples(np.zeros(place, np.complex64))
    for image_id in arrivals:
        recorder.note_picture(picture(image_id), image_id)
    trips = recorder.trips()
    assert [len(trip.samples) for trip in trips] == list(range(n_sent))
    return [place for place, trip in enumerate(trips) if trip.picture]


def test_pictures_find_their_places():
    assert record(4, [0, 1, 3]) == [0, 1, 3]


def test_the_order_may_change():
    assert record(5, [1, 0, 4, 2]) == [0, 1, 2, 4]


def test_numbers_that_come_again_are_new_pictures():
    assert record(600, [i % 256 for i in range(600)]) == list(range(600))
    arrived = [*range(250), *range(260, 520, 3)]
    assert record(600, [i % 256 for i in arrived]) == arrived


def test_the_first_of_two_counts():
    recorder = Recorder(FakeEngine())
    recorder.encode(IMAGE, "", "1/48")
    recorder.note_samples(np.zeros(3, np.complex64))
    for word in ("first", "second"):
        recorder.note_picture(picture(0), word)
    assert recorder.trips()[0].decoded == "first"


def test_the_tap_notes_samples_and_outlives_the_rest():
    recorder = Recorder(FakeEngine())
    tap = SamplesTap(recorder)
    for message in (pack({}, np.ones(3, np.complex64)), mark("end"), mark("x").__class__):
        tap.handle_samples(message)
    assert len(recorder.samples) == 1
    assert tap.dropped == 1


def test_an_engine_that_fails_is_no_longer_at_work():
    recorder = Recorder(FakeEngine())
    with pytest.raises(Exception, match="1/7"):
        recorder.encode(IMAGE, "", "1/7")
    assert recorder.n_working == 0
