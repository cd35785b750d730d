# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The source sends a recording sample by sample; a replay gives the pictures of the live run."""

import os

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.blocks.recording_sink import RecordingSink
from gsc_sdr.blocks.recording_source import RecordingSource
from gsc_sdr.channel.profile import profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.recording.sigmf import Recording, RecordingInfo, RecordingWriter
from gsc_sdr.transceiver.chain import Transmitter

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()
INFO = RecordingInfo(1e6)
FIGURES = ("image_id", "width", "height", "rate_id", "prompt", "prompt_ok", "n_received",
           "frame_count", "snr_db", "cfo_hz")  # fmt: skip


@pytest.fixture
def samples(rng):
    return (rng.normal(size=(50_000, 2)) @ [1, 1j]).astype(np.complex64)


@pytest.fixture
def recorded(tmp_path, samples):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(samples)
    return str(tmp_path / "a")


@pytest.fixture
def replay(running, within):
    """Return a function that plays a source until it has ended, or ``n`` samples are out.

    It returns the samples and the tags.
    """

    def run(source, n=None):
        top, sink = gr.top_block(), blocks.vector_sink_c()
        top.connect(source, sink)
        running(top, source, sink)
        if n is None:
            within(lambda: source.ended and sink.nitems_read(0) == source.n_sent)
        else:
            within(lambda: sink.nitems_read(0) >= n)
        top.stop()
        top.wait()
        tags = [(str(tag.key), tag.offset) for tag in sink.tags()]
        return np.array(sink.data(), np.complex64), tags

    return run


def test_the_stream_is_that_of_the_file_and_its_end_is_tagged(recorded, samples, replay):
    source = RecordingSource(recorded)
    sent, tags = replay(source)
    assert np.array_equal(sent, samples)
    assert tags == [("gsc_end", len(samples) - 1)]
    assert source.n_sent == len(samples)


def test_the_tail_is_silence_before_the_end(recorded, samples, replay):
    sent, tags = replay(RecordingSource(recorded, tail=12_345))
    assert np.array_equal(sent[: len(samples)], samples)
    assert np.array_equal(sent[len(samples) :], np.zeros(12_345))
    assert tags == [("gsc_end", len(sent) - 1)]


def test_it_begins_again_when_told(recorded, samples, replay):
    n = len(samples)
    source = RecordingSource(recorded, repeat=True, tail=10)
    sent, tags = replay(source, 3 * n)
    once = np.concatenate([samples, np.zeros(10)])
    assert np.array_equal(sent, np.tile(once, 1 + len(sent) // len(once))[: len(sent)])
    assert tags[:2] == [("gsc_end", n + 9), ("gsc_end", 2 * n + 19)]
    assert not source.ended


@pytest.mark.parametrize("n_left", [0, 1, 30_000, 49_999])
def test_a_file_that_shrinks_ends_the_replay(recorded, samples, replay, caplog, n_left):
    source = RecordingSource(recorded)
    os.truncate(recorded + ".sigmf-data", 8 * n_left)
    sent, tags = replay(source)
    assert np.array_equal(sent[:n_left], samples[:n_left])
    assert len(sent) - n_left in (0, 1)  # one more where there is none left to carry the tag
    assert tags == [("gsc_end", len(sent) - 1)]
    assert f"ends at sample {n_left}" in caplog.text


def test_a_file_that_shrinks_to_nothing_is_not_repeated(recorded, replay):
    source = RecordingSource(recorded, repeat=True)
    os.truncate(recorded + ".sigmf-data", 0)
    replay(source)
    assert source.ended


def test_a_file_that_cannot_be_read_ends_the_replay(recorded, replay, caplog):
    source = RecordingSource(recorded)
    source.recording.close()
    replay(source)
    assert isinstance(source.error, OSError)
    assert "ends at sample 0" in caplog.text


def test_what_cannot_be_replayed_is_told_before_anything_starts(tmp_path, recorded):
    with pytest.raises(ConfigError, match="No such file"):
        RecordingSource(str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="tail is -1"):
        RecordingSource(recorded, tail=-1)


def pictures(receiver_source, running, within, path=None, datatype="cf32_le"):
    """Run a source through a receiver, recording its input at ``path``; return what arrived."""
    receiver, sink, top = Receiver(FakeEngine(), 1e6, OFDM), ImageSink(), gr.top_block()
    recorder = RecordingSink(path or "", RecordingInfo(1e6, ofdm=OFDM, datatype=datatype))
    top.connect(receiver_source, receiver)
    top.connect(receiver_source, recorder)
    top.msg_connect(receiver, "image", sink, "image")
    top.msg_connect(receiver.parser, "frames", recorder, "annotations")
    running(top, receiver, sink, recorder, receiver_source)
    n_noted = (lambda: recorder.counts["annotations"]) if path else (lambda: np.inf)
    within(lambda: sink.n_images >= 3 and n_noted() >= receiver.parser.n_frames)
    top.stop()
    top.wait()
    return sink.arrivals


@pytest.fixture
def live(rng, tmp_path):
    """Return a source of three pictures over a fading channel, with a carrier offset."""
    transmitter = Transmitter(FakeEngine(), "1/48", OFDM)
    parts = []
    for index in range(3):
        image = rng.integers(0, 256, (96, 256, 3), np.uint8)
        parts += [np.zeros(3000 * index + 10), transmitter.send(image, f"picture {index}")[1]]
    air = np.concatenate([*parts, np.zeros(50)])
    channel = SimulatedChannel(profile("tdl-c"), 1e6, 15.0, 2_000.0, seed=3)
    with RecordingWriter(tmp_path / "air", INFO) as writer:
        writer.write(channel.apply(air))
    return RecordingSource(str(tmp_path / "air"))  # unlike a vector source, it never ends


def test_a_replay_gives_the_same_pictures_bit_for_bit(tmp_path, live, running, within):
    path = str(tmp_path / "a")
    first = pictures(live, running, within, path)
    again = pictures(RecordingSource(path), running, within)
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.image, other.image)
        assert {k: one.meta[k] for k in FIGURES} == {k: other.meta[k] for k in FIGURES}
        assert np.array_equal(one.meta["csi"], other.meta["csi"])
    n_frames = sum(arrival.meta["n_received"] for arrival in first)
    assert len(Recording(path).annotations) >= n_frames > 3


def test_a_replay_from_16_bits_gives_the_same_fields(tmp_path, live, running, within):
    path = str(tmp_path / "a")
    first = pictures(live, running, within, path, "ci16_le")
    again = pictures(RecordingSource(path), running, within)
    for one, other in zip(first, again, strict=True):
        exact = [name for name in FIGURES if name not in ("snr_db", "cfo_hz")]
        assert {k: one.meta[k] for k in exact} == {k: other.meta[k] for k in exact}
        assert one.meta["snr_db"] == pytest.approx(other.meta["snr_db"], abs=0.02)
        assert one.meta["cfo_hz"] == pytest.approx(other.meta["cfo_hz"], abs=1)


@pytest.mark.parametrize("cut", [0, 1000], ids=["whole", "cut"])
def test_the_last_picture_comes_out_at_the_end(tmp_path, running, within, cut):
    samples = Transmitter(FakeEngine(), "1/48", OFDM).send(np.zeros((96, 256, 3), np.uint8), "x")[1]
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(np.concatenate([np.zeros(77), samples])[: 77 + len(samples) - cut])
    source, receiver, sink = (
        RecordingSource(str(tmp_path / "a")),
        Receiver(FakeEngine(), 1e6),
        ImageSink(),
    )
    top = gr.top_block()
    top.connect(source, receiver)
    top.msg_connect(receiver, "image", sink, "image")
    running(top, source, receiver, sink)
    within(lambda: source.ended and sink.idle_sample >= source.n_sent)
    (arrival,) = sink.arrivals
    n_frames = len(samples) // OFDM.frame_length
    assert arrival.meta["n_received"] == n_frames - (cut > 0)
    assert arrival.meta["frame_count"] == n_frames


def test_a_recording_is_heard_again_each_time(running, within):
    source, receiver, sink = (
        RecordingSource("demo", repeat=True),
        Receiver(FakeEngine(), 1e6),
        ImageSink(),
    )
    top = gr.top_block()
    top.connect(source, receiver)
    top.msg_connect(receiver, "image", sink, "image")
    running(top, source, receiver, sink)
    within(lambda: sink.n_images >= 3)
    first, second, third = sink.arrivals[:3]
    assert first.meta["n_received"] == second.meta["n_received"] == 15
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.image, third.image)
