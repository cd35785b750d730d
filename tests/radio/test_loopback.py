# SPDX-License-Identifier: MIT
"""Pictures cross a running flowgraph as they cross arrays, the same at every run."""

import threading
import time

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.errors import ConfigError, GscError, ShapeError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.papr import evm_db
from gsc_sdr.radio.loopback import LoopbackGraph, run_loopback
from gsc_sdr.radio.watch import Limits, run_until
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.radio
CLEAN = LinkSettings(channel=profile("ideal"))


def sent_and_received(trip):
    return trip.stream, trip.picture.stream[: len(trip.stream)]


def test_without_noise_every_picture_arrives_as_it_was(pictures, engine):
    run = run_loopback(pictures, engine, CLEAN)
    assert len(run.trips) == len(pictures)
    for trip, (image, prompt) in zip(run.trips, pictures, strict=True):
        sent, received = sent_and_received(trip)
        assert evm_db(received, sent) < -40
        assert trip.decoded.prompt == prompt
        assert np.abs(trip.decoded.image.astype(int) - image).max() <= 3
        assert trip.picture.n_received == trip.picture.frame_count
        assert len(trip.samples) == trip.picture.frame_count * CLEAN.ofdm.frame_length
    assert run.counts["picture_complete"] == 5
    assert run.counts["dropped"] == 0
    assert run.samples_per_s > 0


@pytest.mark.parametrize("snr_db", [5.0, 15.0])
def test_figures_are_those_of_the_array_twin(pictures, engine, snr_db):
    settings = LinkSettings(snr_db=snr_db, cfo_hz=3000.0, seed=2)
    through_gnuradio = run_loopback(pictures, engine, settings).trips
    through_arrays = loopback(pictures, FakeEngine(), settings).trips
    evm = [
        np.mean([evm_db(*sent_and_received(trip)[::-1]) for trip in trips])
        for trips in (through_gnuradio, through_arrays)
    ]
    assert evm[0] == pytest.approx(evm[1], abs=0.5)
    snr = [trip.picture.snr_db for trip in through_gnuradio]
    assert np.mean(snr) == pytest.approx(snr_db, abs=0.3)
    cfo = [trip.picture.cfo * settings.sample_rate / 64 for trip in through_gnuradio]
    assert np.mean(cfo) == pytest.approx(3000, abs=20)


@pytest.mark.parametrize("name", ["awgn", "rayleigh", "usrp"])
def test_one_seed_gives_one_result_to_the_last_bit(pictures, name):
    settings = LinkSettings(channel=profile(name), snr_db=12.0, cfo_hz=-1234.5, seed=1)
    runs = [run_loopback(pictures, FakeEngine(), settings) for _ in range(2)]
    for first, second in zip(runs[0].trips, runs[1].trips, strict=True):
        assert np.array_equal(first.samples, second.samples)
        assert (first.picture is None) == (second.picture is None)
        if first.picture:
            assert np.array_equal(first.picture.stream, second.picture.stream)
            assert np.array_equal(first.picture.noise_var, second.picture.noise_var)
    other = run_loopback(pictures, FakeEngine(), LinkSettings(profile(name), 12.0, seed=7)).trips
    assert not all(
        a.picture and b.picture and np.array_equal(a.picture.stream, b.picture.stream)
        for a, b in zip(other, runs[0].trips, strict=True)
    )


def test_the_radios_of_a_profile_are_heard_as_in_arrays(pictures, engine):
    settings = LinkSettings(profile("usrp"), snr_db=20.0, seed=2)
    through_gnuradio = run_loopback(pictures, engine, settings).trips
    through_arrays = loopback(pictures, FakeEngine(), settings).trips
    for trips in (through_gnuradio, through_arrays):
        cfo = [trip.picture.cfo * settings.sample_rate / 64 for trip in trips]
        assert np.mean(cfo) == pytest.approx(6000, abs=20)
    evm = [
        np.mean([evm_db(*sent_and_received(trip)[::-1]) for trip in trips])
        for trips in (through_gnuradio, through_arrays)
    ]
    assert evm[0] == pytest.approx(evm[1], abs=1.0)


def test_pictures_that_do_not_arrive_are_none(pictures, engine):
    run = run_loopback(pictures, engine, LinkSettings(snr_db=-20.0))
    assert [trip.picture for trip in run.trips] == [None] * 5
    assert [trip.decoded for trip in run.trips] == [None] * 5
    assert all(len(trip.samples) for trip in run.trips)


def test_lost_frames_are_lost_from_their_own_picture_only(pictures, engine):
    blocks = ChannelProfile("blocks", "rayleigh", block_s=0.004)  # 1.3 frames
    trips = run_loopback(pictures, engine, LinkSettings(blocks, snr_db=0.0, seed=2)).trips
    arrived = [trip for trip in trips if trip.picture]
    assert any(trip.picture.n_received < trip.picture.frame_count for trip in arrived)
    for trip in arrived:
        sent, received = sent_and_received(trip)
        weight = 1 / trip.picture.noise_var[: len(sent)]  # 0 where erased
        gain = np.vdot(sent * weight, received) / np.vdot(sent * weight, sent)
        assert abs(gain - 1) < 0.4  # of another picture's symbols: near 0


def test_numbers_wrap_without_a_mix_up(engine):
    pictures = [(np.full((16, 16, 3), i % 200, np.uint8), str(i)) for i in range(270)]
    trips = run_loopback(pictures, engine, CLEAN).trips
    assert [trip.decoded.prompt for trip in trips] == [prompt for _, prompt in pictures]


def test_progress_is_told(pictures, engine):
    told = []
    run_loopback(pictures, engine, CLEAN, told.append)
    assert told[-1]["pictures"] == told[-1]["on_air"] == told[-1]["received"] == 5
    assert [counts["received"] for counts in told] == sorted(c["received"] for c in told)


class Slow(FakeEngine):
    """Takes longer than the flowgraph may stand still."""

    def decode(self, received):
        time.sleep(1.5)
        return super().decode(received)


def test_an_engine_at_work_is_no_stall(pictures):
    trips = run_loopback(pictures[:1], Slow(), CLEAN, limits=Limits(stall_s=1.0)).trips
    assert trips[0].decoded.prompt == pictures[0][1]


class Broken(FakeEngine):
    """Fails as it is told."""

    def __init__(self, where, error):
        super().__init__()
        self.where, self.error = where, error

    def encode(self, image, prompt, rate):
        if self.where == "encode":
            raise self.error
        return super().encode(image, prompt, rate)

    def decode(self, received):
        if self.where == "decode":
            raise self.error
        return super().decode(received)


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("encode", ConfigError("no such thing")),
        ("encode", MemoryError("too much")),
        ("decode", RuntimeError("a network failed")),
    ],
)
def test_what_an_engine_cannot_do_is_raised(pictures, where, error):
    with pytest.raises(type(error), match=str(error)):
        run_loopback(pictures, Broken(where, error), CLEAN)
    assert not [thread for thread in threading.enumerate() if thread.name == "gsc_end"]


def test_a_picture_that_cannot_be_decoded_is_a_lost_picture(pictures):
    run = run_loopback(pictures, Broken("decode", ShapeError("a false header")), CLEAN)
    assert [trip.decoded for trip in run.trips] == [None] * 5
    assert run.counts["dropped"] == 5


def test_too_large_a_picture_is_refused_in_words(engine):
    with pytest.raises(ConfigError, match="2048"):
        run_loopback([(np.zeros((1, 2049, 3), np.uint8), "")], engine, CLEAN)


def test_a_dead_block_is_an_error_and_no_hang(pictures, engine):
    graph = LoopbackGraph(pictures, engine, CLEAN)

    graph.receiver.parser.handle_captures = None
    graph.receiver.parser.closed = (
        True  # as dead as a thread that has ended: takes, answers nothing
    )
    with pytest.raises(GscError, match="nothing has moved"):
        run_until(graph, graph.is_done, graph.progress, Limits(stall_s=2.0))
