# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block finds what phy's detector finds, however the stream is cut."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.frame_detector import FrameDetector
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
    silence = np.zeros(3 * detector._settle, np.complex64)
    sent = np.concatenate([silence[:1000], frames.ravel(), silence])
    waits = []
    for at in range(0, len(sent), 400):
        captures = detector.detector.push(sent[at : at + 400])
        waits += [at + 400 - capture.start for capture in captures]
    assert len(waits) == len(frames) == 9
    assert max(waits) <= detector._settle


def test_too_short_a_wait_is_refused_with_the_least():
    with pytest.raises(ConfigError, match="pass 7 or more"):
        FrameDetector(OfdmConfig(), idle_frames=6)
    FrameDetector(OfdmConfig(), idle_frames=7)
