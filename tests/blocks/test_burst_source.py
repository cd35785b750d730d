# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Bursts go out whole, in order and, without filling, at places that a seed decides."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import BurstSource, BurstTags, Schedule
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


def tagged(source, running, within, post, bursts):
    """Send bursts through a tagging source; return the stream and its tags by key."""
    top, sink = gr.top_block(), blocks.vector_sink_c()
    top.connect(source, sink)
    for burst in bursts:
        post(source, "samples", pack({}, burst))
    post(source, "samples", mark("end"))
    running(top, source, sink)
    within(lambda: source.n_sent == len(bursts) and len(sink.data()) >= source.end_sample)
    found = {}
    for tag in sink.tags():
        found.setdefault(pmt.symbol_to_string(tag.key), []).append((tag.offset, tag.value))
    return np.array(sink.data()), found


def test_each_burst_is_tagged_at_its_first_and_last_sample(running, within, post):
    source = BurstSource(Schedule(fill=True, lead=99), BurstTags("sob", pad=10))
    stream, tags = tagged(source, running, within, post, BURSTS)
    assert np.array_equal(stream, np.concatenate([np.append(b, np.zeros(10)) for b in BURSTS]))
    ends = np.cumsum([len(burst) + 10 for burst in BURSTS]).tolist()
    assert [place for place, _ in tags["tx_sob"]] == [0, *ends[:-1]]
    assert [place for place, _ in tags["tx_eob"]] == [end - 1 for end in ends]
    assert all(pmt.is_true(value) for _, value in tags["tx_sob"] + tags["tx_eob"])
    assert set(tags) - {"gsc_burst"} == {"tx_sob", "tx_eob"}  # no clock, so no time


def test_lengths_are_tagged_for_soapy(running, within, post):
    source = BurstSource(tags=BurstTags("length", pad=3))
    _, tags = tagged(source, running, within, post, BURSTS)
    lengths = [(place, pmt.to_long(value)) for place, value in tags["packet_len"]]
    assert lengths == [(0, 4), (4, 5003), (5007, 20003)]
    assert set(tags) - {"gsc_burst"} == {"packet_len"}


def test_bursts_are_due_ahead_of_time_and_one_after_another(running, within, post):
    source = BurstSource(tags=BurstTags("sob", lead_s=0.5, sample_rate=1e4))
    source.clock = lambda: 1_700_000_000.25
    _, tags = tagged(source, running, within, post, BURSTS)
    times = [
        (pmt.to_uint64(pmt.tuple_ref(value, 0)), pmt.to_double(pmt.tuple_ref(value, 1)))
        for _, value in tags["tx_time"]
    ]
    assert [place for place, _ in tags["tx_time"]] == [place for place, _ in tags["tx_sob"]]
    assert times[0] == (1_700_000_000, 0.75)  # the clock's time, and the lead
    since = [whole - 1_700_000_000 + part for whole, part in times]
    gaps = np.diff(since) - np.array([len(burst) for burst in BURSTS[:-1]]) / 1e4
    assert np.all((gaps > 0) & (gaps < 0.002))  # behind the end of the one before


def test_between_tagged_bursts_nothing_is_sent_and_nothing_spins(running, within, post):
    source = BurstSource(Schedule(fill=True, tail=1000), BurstTags("sob"))
    tagged(source, running, within, post, BURSTS[:1])
    calls = source.n_calls = 0
    work = source.work

    def counted(*items):
        source.n_calls += 1
        return work(*items)

    source.work = counted
    post(source, "samples", pack({}, BURSTS[1]))
    within(lambda: source.n_sent == 2)
    assert source.n_samples == 5001
    assert source.n_calls - calls < 10


@pytest.mark.parametrize(
    "wrong", [{"kind": "eob"}, {"pad": -1}, {"lead_s": -0.1}, {"sample_rate": 0.0}]
)
def test_tags_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match=str(next(iter(wrong.values())))):
        BurstTags(**wrong)
