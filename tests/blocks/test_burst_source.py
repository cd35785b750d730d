# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Bursts go out whole, in order and, without filling, at places that a seed decides."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import BurstSource, Schedule
from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.radio
BURSTS = [np.full(n, n, np.complex64) for n in (1, 5000, 20000)]


@pytest.fixture
def listen(running, post):
    def start(source, messages):
        top, sink = gr.top_block(), blocks.vector_sink_c()
        top.connect(source, sink)
        for message in messages:
            post(source, "samples", message)
        running(top, source, sink)
        return sink

    return start


def expected(schedule, bursts, tail):
    rng, parts = np.random.default_rng(schedule.seed), []
    for burst in bursts:
        parts += [np.zeros(rng.integers(0, schedule.lead + 1)), burst]
    return np.concatenate([*parts, np.zeros(tail)])


def test_the_stream_is_the_one_of_the_seed(listen, within):
    schedule = Schedule(lead=3000, tail=7000, seed=3)
    source = BurstSource(schedule)
    sink = listen(source, [pack({}, burst) for burst in BURSTS] + [mark("end")])
    stream = expected(schedule, BURSTS, tail=7000)
    within(lambda: len(sink.data()) >= len(stream))
    assert np.array_equal(sink.data()[: len(stream)], stream)
    assert (source.n_sent, source.n_queued) == (3, 0)
    assert source.end_sample == len(stream) - 7000


def test_without_filling_the_stream_waits(listen, within, post):
    source = BurstSource(Schedule(lead=0, tail=10))
    sink = listen(source, [pack({}, BURSTS[1])])
    within(lambda: source.n_sent == 1)
    assert source.n_samples == 5000
    post(source, "samples", pack({}, BURSTS[0]))
    post(source, "samples", mark("end"))
    within(lambda: len(sink.data()) >= 5011)
    assert np.array_equal(sink.data()[:5011], [5000] * 5000 + [1] + [0] * 10)


def test_a_tail_is_sent_again_after_a_rest(listen, within):
    source = BurstSource(Schedule(lead=0, tail=100))
    listen(source, [pack({}, BURSTS[0]), mark("end")])
    within(lambda: source.n_samples >= 201)
    assert source.end_sample == 1


def test_filling_sends_silence_before_the_first_burst(listen, within, post):
    source = BurstSource(Schedule(lead=0, fill=True))
    sink = listen(source, [])
    within(lambda: source.n_samples > 10000)
    post(source, "samples", pack({}, BURSTS[2]))
    within(lambda: source.n_sent == 1)
    within(lambda: len(sink.data()) >= source.end_sample)
    stream = np.array(sink.data())
    assert np.array_equal(stream[source.end_sample - 20000 : source.end_sample], BURSTS[2])
    assert not stream[: source.end_sample - 20000].any()


@pytest.mark.parametrize(
    "bad", [pmt.intern("no PDU"), pack({}, np.zeros(3, np.uint8))], ids=["no pair", "bytes"]
)
def test_outlives_a_bad_message(listen, within, bad):
    source = BurstSource()
    listen(source, [bad, pack({}, BURSTS[1])])
    within(lambda: source.n_sent == 1)
    assert source.dropped == 1


@pytest.mark.parametrize("wrong", [{"lead": -1}, {"tail": -1}])
def test_a_negative_length_is_refused(wrong):
    with pytest.raises(ConfigError, match="-1"):
        Schedule(**wrong)
