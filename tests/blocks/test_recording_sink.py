# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The sink writes what streams by and where the frames in it are, and never stops a stream."""

import os
import shutil
import subprocess

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import Schedule
from gsc_sdr.blocks.frame_detector import FrameDetector
from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.blocks.recording_sink import RecordingSink
from gsc_sdr.blocks.recording_source import RecordingSource
from gsc_sdr.blocks.transmitter import Transmitter
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.sync import FrameDetector as Detector
from gsc_sdr.recording.sigmf import Recording, RecordingInfo, RecordingWriter
from gsc_sdr.transceiver import chain

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()
INFO = RecordingInfo(1e6)
IMAGE = np.full((96, 256, 3), 90, np.uint8)
NOTHING = np.zeros(0, np.complex64)


@pytest.fixture
def samples(rng):
    return (rng.normal(size=(50_000, 2)) @ [1, 1j]).astype(np.complex64)


def tagged_source(samples, *tags):
    """Return a source of samples with tags: offset and value of each."""
    made = []
    for offset, value in tags:
        tag = gr.tag_t()
        tag.offset, tag.key, tag.value = offset, pmt.intern("gsc_burst"), value
        made.append(tag)
    return blocks.vector_source_c(np.asarray(samples).tolist(), False, 1, made)


def record(path, source, info=INFO):
    """Run a source to its end into a sink."""
    sink, top = RecordingSink(str(path), info), gr.top_block()
    top.connect(source, sink)
    top.run()
    return sink


@pytest.mark.parametrize("datatype", ["cf32_le", "ci16_le"])
def test_the_stream_is_recorded_and_closed(tmp_path, samples, datatype):
    info = RecordingInfo(1e6, datatype=datatype)
    sink = record(tmp_path / "a", tagged_source(samples), info)
    recording = Recording(tmp_path / "a")
    assert np.allclose(recording.read(0, 10**6), samples, rtol=0, atol=2e-4)
    assert (datatype == "ci16_le") or np.array_equal(recording.read(0, 10**6), samples)
    assert recording.metadata["global"]["core:sha512"]
    assert sink.counts["samples"] == len(samples)


def test_a_burst_that_is_tagged_is_noted_frame_by_frame(tmp_path, samples):
    value = pmt.to_pmt({"image_id": 9, "frame_count": 3})
    sink = record(tmp_path / "a", tagged_source(samples, (20_001, value)))
    found = Recording(tmp_path / "a").annotations
    n = OFDM.frame_length
    assert [a.start for a in found] == [20_001, 20_001 + n, 20_001 + 2 * n]
    assert {a.length for a in found} == {n}
    assert [a.label for a in found] == ["9: frame 1/3", "9: frame 2/3", "9: frame 3/3"]
    assert found[1].facts == {"image_id": 9, "frame_index": 1, "frame_count": 3}
    assert sink.dropped == 0


@pytest.mark.parametrize(
    "value",
    [pmt.PMT_T, pmt.PMT_NIL, pmt.from_long(1), pmt.to_pmt({"image_id": 1}),
     pmt.to_pmt({"image_id": "x", "frame_count": 2.5})],
)  # fmt: skip
def test_a_tag_of_another_is_passed_over(tmp_path, samples, value):
    record(tmp_path / "a", tagged_source(samples, (5, value)))
    assert Recording(tmp_path / "a").annotations == []


def test_what_a_transmitter_sends_is_noted_as_sent(tmp_path, rng, post, running, within):
    info = RecordingInfo(1e6, ofdm=OFDM)
    transmitter = Transmitter(FakeEngine(), "1/48", OFDM, Schedule(lead=4000, tail=1000, seed=2))
    sink, top = RecordingSink(str(tmp_path / "a"), info), gr.top_block()
    top.connect(transmitter, sink)
    running(top, transmitter, sink)
    for image_id, height in enumerate((96, 32, 160)):
        image = rng.integers(0, 256, (height, 256, 3), np.uint8)
        meta = {"image_id": image_id, "width": 256, "height": height, "prompt": ""}
        post(transmitter.encoder, "image", pack(meta, image))
    post(transmitter.encoder, "image", mark("end"))
    within(lambda: sink.writer.n_samples > transmitter.source.end_sample > 0
           and transmitter.source.n_sent == 3)  # fmt: skip
    top.stop()
    top.wait()
    recording = Recording(tmp_path / "a")
    samples = recording.read(0, recording.n_samples)
    detector = Detector(OFDM)
    starts = [capture.start for capture in detector.push(samples) + detector.flush()]
    said = [annotation.start for annotation in recording.annotations]
    assert len({annotation.facts["image_id"] for annotation in recording.annotations}) == 3
    assert np.abs(np.subtract(said, starts)).max() <= OFDM.n_cp // 4
    for start in said:
        opening = samples[start : start + OFDM.preamble_length]
        assert np.array_equal(opening, preamble(OFDM))


def test_frames_are_noted_where_a_detector_finds_them(tmp_path, rng, running, within):
    burst = chain.Transmitter(FakeEngine(), "1/48", OFDM).send(IMAGE, "hello")[1]
    stream = np.concatenate([np.zeros(7777), burst, np.zeros(100_000)])
    turn = np.exp(2j * np.pi * 1500 / 1e6 * np.arange(len(stream)))
    noisy = stream * turn + rng.normal(scale=0.05, size=(len(stream), 2)) @ [1, 1j]
    with RecordingWriter(tmp_path / "air", INFO) as writer:
        writer.write(noisy)
    source, detector = RecordingSource(str(tmp_path / "air")), FrameDetector(OFDM)
    sink, top = RecordingSink(str(tmp_path / "a"), INFO), gr.top_block()
    top.connect(source, sink)
    top.connect(source, detector)
    top.msg_connect(detector, "captures", sink, "annotations")
    running(top, source, sink, detector)
    within(lambda: sink.counts["annotations"] == len(burst) // OFDM.frame_length)
    top.stop()
    top.wait()
    found = Recording(tmp_path / "a").annotations
    expected = 7777 + OFDM.frame_length * np.arange(len(found))
    assert np.abs([a.start for a in found] - expected).max() <= OFDM.n_cp
    assert [a.facts["cfo_hz"] for a in found] == pytest.approx([1500] * len(found), abs=100)


def test_frames_are_noted_with_what_their_headers_say(tmp_path, post, running, within):
    sink, top = RecordingSink(str(tmp_path / "a"), INFO), gr.top_block()
    top.connect(blocks.null_source(8), blocks.throttle(8, 1e6), sink)
    running(top, sink)
    meta = {"start": 100.0, "cfo": 0.5, "image_id": 3, "frame_index": 1, "frame_count": 4}
    post(sink, "annotations", pack(meta | {"snr_db": 9.5, "rate_id": 3}, NOTHING))
    post(sink, "annotations", mark("idle", 7))
    within(lambda: sink.counts["annotations"] == 1 and sink.writer.n_samples >= 50_000)
    top.stop()
    top.wait()
    (found,) = Recording(tmp_path / "a").annotations
    assert (found.start, found.length, found.label) == (100, OFDM.frame_length, "3: frame 2/4")
    assert found.facts == {
        "image_id": 3, "frame_index": 1, "frame_count": 4, "snr_db": 9.5, "cfo_hz": 7812.5
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad",
    [
        pmt.intern("frame"),
        pack({}, NOTHING),
        pack({"start": 1.0}, NOTHING),
        pack({"start": "x", "cfo": 0.0}, NOTHING),
        pack({"start": np.arange(3.0), "cfo": np.arange(2.0)}, NOTHING),
    ],
    ids=["no PDU", "no start", "no offset", "text", "lengths"],
)
def test_it_outlives_a_bad_message(tmp_path, post, running, within, bad):
    sink, top = RecordingSink(str(tmp_path / "a"), INFO), gr.top_block()
    top.connect(blocks.null_source(8), blocks.throttle(8, 1e6), sink)
    running(top, sink)
    post(sink, "annotations", bad)
    post(sink, "annotations", pack({"start": 0.0, "cfo": 0.0}, NOTHING))
    within(lambda: sink.counts["annotations"] >= 1)
    assert sink.dropped == 1


def test_what_waits_when_the_graph_stops_is_noted_too(tmp_path, post):
    sink = RecordingSink(str(tmp_path / "a"), INFO)
    sink.writer.write(np.ones(10_000))
    for start in (0.0, 5000.0):
        post(sink, "annotations", pack({"start": start, "cfo": 0.0}, NOTHING))
    sink.stop()
    assert [a.start for a in Recording(tmp_path / "a").annotations] == [0, 5000]


def test_without_a_name_nothing_is_recorded(tmp_path, samples, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sink = record("", tagged_source(samples, (0, pmt.to_pmt({"image_id": 1, "frame_count": 1}))))
    assert sink.writer is None
    assert sink.counts == {}
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_exists_stops_the_graph_before_it_starts(tmp_path, samples):
    record(tmp_path / "a", tagged_source(samples))
    with pytest.raises(ConfigError, match="exists: choose another name"):
        RecordingSink(str(tmp_path / "a"), INFO)
    RecordingSink(str(tmp_path / "a"), INFO, overwrite=True)


def test_a_full_disk_does_not_stop_the_stream(tmp_path, caplog):
    folder = tmp_path / "disk"
    folder.mkdir()
    order = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "size=1m", "gsc", str(folder)]
    if os.geteuid() or subprocess.run(order, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        n = 1_000_000
        source, head, behind = blocks.null_source(8), blocks.head(8, n), blocks.null_sink(8)
        sink, top = RecordingSink(str(folder / "a"), INFO), gr.top_block()
        top.connect(source, head, sink)
        top.connect(head, behind)
        top.run()
        recording = Recording(folder / "a")
        assert head.nitems_written(0) == behind.nitems_read(0) == n
        assert sink.counts["unrecorded"] + 2**17 >= n
        assert 80_000 < recording.n_samples == sink.writer.n_samples < 2**17
        assert caplog.text.count("the link goes on") == 1
        recording.close()
    finally:
        subprocess.run(["umount", str(folder)], check=True)
