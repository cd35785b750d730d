# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block finds what phy's detector finds, however the stream is cut."""

import threading
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks import frame_detector
from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.frame_parser import FrameParser
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import ConfigError
from gsc_sdr.phy import sync
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig

pytestmark = pytest.mark.radio
OFDM = OfdmConfig(n_payload=4)
IDLE_FRAMES = 30


@pytest.fixture
def samples(rng):
    """Return noise with 40 frames in it, and much noise behind."""
    stream = np.exp(2j * np.pi * rng.random(40 * OFDM.capacity))
    frames = build_frames(stream, Header(image_id=1, rate_id=0, width=64, height=64), OFDM)
    parts = [part for frame in frames for part in (np.zeros(rng.integers(900)), frame)]
    sent = np.concatenate([*parts, np.zeros(4 * IDLE_FRAMES * OFDM.frame_length)])
    return (sent + rng.normal(scale=0.1, size=(len(sent), 2)) @ [1, 1j]).astype(np.complex64)


@pytest.fixture
def hear(within):
    """Return a function that runs samples through a detector and returns its messages."""

    def run(samples, detector, cut=8192):
        top, sink = gr.top_block(), blocks.message_debug()
        source = blocks.vector_source_c(samples.tolist())
        top.connect(source, detector)
        top.msg_connect((detector, "captures"), (sink, "store"))
        top.start(cut)
        top.wait()
        return [sink.get_message(i) for i in range(sink.num_messages())]

    return run


def test_frames_are_those_of_the_detector(samples, hear):
    found = [unpack(m) for m in hear(samples, FrameDetector(OFDM, IDLE_FRAMES)) if not read_mark(m)]
    truth = sync.FrameDetector(OFDM).push(samples)
    assert len(truth) == 40
    assert np.array_equal(
        np.concatenate([meta["start"] for meta, _ in found]), [c.start for c in truth]
    )
    assert np.array_equal(
        np.concatenate([meta["cfo"] for meta, _ in found]), [c.cfo for c in truth]
    )
    heard = np.concatenate([values.reshape(meta["n_captures"], -1) for meta, values in found])
    assert np.array_equal(heard, [c.samples for c in truth])
    assert len(found) < 10  # frames go out in groups


def test_messages_do_not_depend_on_the_cut(samples, hear):
    whole, cut = (
        [str(m) for m in hear(samples, FrameDetector(OFDM, IDLE_FRAMES), cut)]
        for cut in (8192, 999)
    )
    starts = [[line for line in lines if "idle" not in line] for lines in (whole, cut)]
    assert starts[0] == starts[1]
    assert ["idle" in line for line in whole] == ["idle" in line for line in cut]


def test_idle_air_is_told_after_every_frame_before_it(samples, hear):
    messages = hear(samples, FrameDetector(OFDM, IDLE_FRAMES))
    marks = [read_mark(m) for m in messages]
    n_groups = next(i for i, mark in enumerate(marks) if mark)
    assert all(marks[n_groups:])
    assert len(marks) - n_groups in (3, 4)
    last = unpack(messages[n_groups - 1])[0]["start"][-1]
    assert marks[-1][0] == "idle"
    assert last < marks[-1][1] <= len(samples)


def test_noise_alone_is_idle(rng, hear):
    noise = (rng.normal(size=(300_000, 2)) @ [1, 1j]).astype(np.complex64)
    messages = hear(noise, FrameDetector())
    assert [read_mark(m)[0] for m in messages] == ["idle"]


def test_samples_that_are_no_numbers_are_survived(samples, hear):
    samples[::1000] = np.nan
    samples[5000] = np.inf
    detector = FrameDetector(OFDM, IDLE_FRAMES)
    assert (
        sum(unpack(m)[0]["n_captures"] for m in hear(samples, detector) if not read_mark(m)) >= 38
    )
    assert detector.dropped == 0


def test_a_failing_search_does_not_end_the_stream(samples, hear, caplog, monkeypatch):
    detector = FrameDetector(OFDM, IDLE_FRAMES)
    monkeypatch.setattr(detector.detector, "push", lambda _: 1 / 0)
    hear(samples, detector)
    assert detector.dropped == detector.n_samples == len(samples)
    assert caplog.text.count("ZeroDivisionError") == 1


@pytest.mark.parametrize(
    "ofdm",
    [OFDM, OfdmConfig(n_payload=1), OfdmConfig(n_fft=512, n_cp=36, n_header=8, n_payload=2)],
    ids=["short", "shortest", "wide"],
)
def test_no_frame_is_reported_after_it_has_settled(rng, ofdm):
    detector = FrameDetector(ofdm, idle_frames=400)
    stream = np.exp(2j * np.pi * rng.random(9 * ofdm.capacity))
    frames = build_frames(stream, Header(image_id=1, rate_id=0, width=64, height=64), ofdm)
    silence = np.zeros(3 * detector.detector.delay, np.complex64)
    sent = np.concatenate([silence[:1000], frames.ravel(), silence])
    waits = []
    for at in range(0, len(sent), 400):
        captures = detector.detector.push(sent[at : at + 400])
        waits += [at + 400 - capture.start for capture in captures]
    assert len(waits) == len(frames) == 9
    assert max(waits) <= detector.detector.delay + 400


def test_too_short_a_wait_is_refused_with_the_least():
    with pytest.raises(ConfigError, match="pass 5 or more"):
        FrameDetector(OfdmConfig(), idle_frames=4)
    FrameDetector(OfdmConfig(), idle_frames=5)


def n_frames(messages):
    return sum(unpack(m)[0]["n_captures"] for m in messages if not read_mark(m))


@pytest.mark.parametrize("cut", [100_000, 8192, 999])
def test_a_stream_that_ends_gives_its_last_frames_and_a_mark(samples, hear, cut):
    end = len(samples) - 4 * IDLE_FRAMES * OFDM.frame_length  # the last frame's last sample
    messages = hear(samples[:end], FrameDetector(OFDM), cut)
    assert n_frames(messages) == 40
    assert read_mark(messages[-1]) == ("idle", end)


def test_a_stream_that_ends_inside_a_frame_counts_it(samples, hear):
    end = len(samples) - 4 * IDLE_FRAMES * OFDM.frame_length - 100
    detector = FrameDetector(OFDM)
    assert n_frames(hear(samples[:end], detector)) == 39
    assert detector.detector.counts["truncated"] == 1


def test_no_message_is_lost_on_a_slow_listener_when_the_stream_ends(samples):
    end = len(samples) - 4 * IDLE_FRAMES * OFDM.frame_length
    top, detector, slow = gr.top_block(), FrameDetector(OFDM), Slow()
    source = blocks.vector_source_c(samples[:end].tolist())
    top.connect(source, detector)
    top.msg_connect((detector, "captures"), (slow, "captures"))
    top.run()
    assert n_frames(slow.messages) == 40
    assert read_mark(slow.messages[-1]) == ("idle", end)


class Slow(gr.basic_block):
    """Keep messages, slower than they come."""

    def __init__(self):
        gr.basic_block.__init__(self, name="slow", in_sig=None, out_sig=None)
        self.messages = []
        self.message_port_register_in(pmt.intern("captures"))
        self.set_msg_handler(pmt.intern("captures"), self.handle)

    def handle(self, message):
        sum(range(1_000_000))
        self.messages.append(message)


def tagged(samples, offsets, detector, cut=8192):
    """Return the messages of a detector for samples with the tag gsc_end, and 10,000 more."""
    tags = []
    for offset in offsets:
        tags.append(gr.tag_t())
        tags[-1].offset, tags[-1].key = offset, pmt.intern("gsc_end")
    top, sink = gr.top_block(), blocks.message_debug()
    source = blocks.vector_source_c([*samples.tolist(), *[0] * 10_000], False, 1, tags)
    top.connect(source, detector)
    top.msg_connect((detector, "captures"), (sink, "store"))
    top.start(cut)
    top.wait()
    return [sink.get_message(i) for i in range(sink.num_messages())]


@pytest.mark.parametrize("cut", [100_000, 8192, 999])
def test_a_tag_gives_out_every_frame_up_to_its_sample(rng, samples, cut):
    truth = sync.FrameDetector(OFDM)
    starts = np.array([c.start for c in truth.push(samples) + truth.flush()])
    last = starts[19] + 4 + OFDM.frame_length - 1
    messages = tagged(samples, [last], FrameDetector(OFDM, IDLE_FRAMES), cut)
    place = next(i for i, m in enumerate(messages) if read_mark(m) == ("idle", last + 1))
    assert n_frames(messages[:place]) == 20
    assert n_frames(messages[place:]) == 20
    found = [unpack(m)[0]["start"] for m in messages if not read_mark(m)]
    assert np.array_equal(np.concatenate(found), starts)


def test_each_tag_gives_a_mark_also_in_silence(rng):
    noise = (rng.normal(size=(3000, 2)) @ [1, 1j]).astype(np.complex64)
    messages = tagged(noise, [0, 1, 2999], FrameDetector(OFDM, IDLE_FRAMES))
    assert [read_mark(m) for m in messages] == [("idle", 1), ("idle", 2), ("idle", 3000)]


def test_frames_before_silence_that_ends_are_out_before_the_mark(samples, hear):
    messages = hear(samples, FrameDetector(OFDM, IDLE_FRAMES))
    assert read_mark(messages[-1])[1] < len(samples)  # nothing came since: no mark at the end


def test_a_graph_that_is_stopped_and_started_again_goes_on(samples, within, running):
    top, detector, sink = gr.top_block(), FrameDetector(OFDM, IDLE_FRAMES), blocks.message_debug()
    source = blocks.vector_source_c(samples.tolist(), True)
    top.connect(source, detector)
    top.msg_connect((detector, "captures"), (sink, "store"))
    running(top, detector, source, sink)
    within(lambda: detector.n_samples > len(samples))
    top.stop()
    top.wait()
    before, n_before = detector.n_samples, sink.num_messages()
    top.start()
    within(lambda: detector.n_samples > before + 2 * len(samples))
    within(lambda: sink.num_messages() > n_before)
    assert detector.dropped == 0


def test_the_search_is_given_many_samples_at_once(samples, hear, monkeypatch):
    detector, lengths = FrameDetector(OFDM, 400), []
    push = detector.detector.push
    monkeypatch.setattr(detector.detector, "push", lambda x: lengths.append(len(x)) or push(x))
    hear(np.tile(samples, 3), detector, 1_000_000)
    assert sum(lengths) == 3 * len(samples)
    assert max(lengths) > 16_384  # GNU Radio's own buffers hold 8192


class Held(FrameParser):
    """A parser that reads nothing before it is let go; notes how much there is to read."""

    def __init__(self, detector):
        super().__init__(OFDM)
        self.detector, self.gate, self.most = detector.detector, threading.Event(), 0

    def _read(self, captures, meta):
        self.gate.wait(60)
        self.most = max(self.most, self.detector.counts["captures"] - self.n_taken)
        super()._read(captures, meta)


@pytest.fixture
def stored(running, samples, monkeypatch):
    """Return a function that plays stored samples into a detector with a held parser."""
    monkeypatch.setattr(frame_detector, "_MOST_UNREAD", 20)

    def play(n_times, repeat=False):
        top, detector = gr.top_block(), FrameDetector(OFDM, IDLE_FRAMES)
        frames = np.tile(samples[: 40 * (OFDM.frame_length + 450)], n_times)
        stream = np.concatenate([frames, samples])
        parser, source = Held(detector), blocks.vector_source_c(stream.tolist(), repeat)
        top.connect(source, detector)
        top.msg_connect((detector, "captures"), (parser, "captures"))
        return running(top, detector, parser, source), detector, parser

    return play


def test_a_stream_that_is_too_fast_waits_and_loses_nothing(stored, within):
    top, detector, parser = stored(20)
    within(lambda: detector.n_unread > 20)
    parser.gate.set()
    top.wait()
    n_found = detector.detector.counts["captures"]
    assert n_found > 400
    assert (parser.n_frames + parser.lost.total(), parser.lost["overrun"]) == (n_found, 0)
    assert parser.most < 20 + 4 * 33  # what one call of the search adds, and groups not yet sent


def test_a_stream_that_waits_stops_promptly(stored, within):
    top, detector, parser = stored(2, repeat=True)
    within(lambda: detector.n_unread > 20)
    parser.closed = True
    parser.gate.set()
    began = time.monotonic()
    top.stop()
    top.wait()
    assert time.monotonic() - began < 5
