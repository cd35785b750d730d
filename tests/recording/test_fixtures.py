# SPDX-License-Identifier: MIT
"""The recordings that ship: what a receiver decodes from them is what was sent."""

from pathlib import Path

import numpy as np
import pytest
import sigmf

import gsc_sdr
from gsc_sdr.phy.frame import Frame, parse_frames
from gsc_sdr.phy.sync import FrameDetector
from gsc_sdr.recording.sigmf import Recording
from gsc_sdr.transceiver.chain import Receiver

DATA = Path(gsc_sdr.__file__).parent / "data"
HERE = Path(__file__).resolve().parents[1] / "recordings"
PATHS = {"demo": DATA / "demo", "tdl-c": HERE / "tdl-c", "mixed": HERE / "mixed"}
MOST_BYTES = 2_000_000

HEADER = ("image_id", "rate_id", "width", "height", "prompt_bytes")
# Of each picture that arrives: header, frames received and sent, SNR and carrier offset.
PICTURES = {
    "demo": [((0, 3, 512, 384, 120), (15, 15), 20, 250)],
    "tdl-c": [
        ((0, 3, 192, 192, 9), (3, 3), 9, -17_500),
        ((1, 3, 192, 192, 22), (3, 3), 14, -17_500),
    ],
    "mixed": [
        ((1, 3, 128, 128, 5), (2, 2), 15, 4_000),
        ((0, 3, 128, 128, 23), (1, 2), 15, 4_000),
        ((2, 3, 128, 128, 7), (1, 2), 15, 4_000),
    ],
}
HARBOUR = (
    "A harbour in the evening: sailing boats, a striped lighthouse and a town of red roofs "
    "before a sunset over the mountains"
)
PROMPTS = {
    "demo": [HARBOUR],
    "tdl-c": ["red roofs", "Grüße vom Leuchtturm"],
    "mixed": ["whole", "half of this is missing", "cut off"],
}


@pytest.fixture(params=PATHS)
def name(request):
    return request.param


def receive(name):
    """Return a recording, its receiver and the pictures that arrived."""
    with Recording(PATHS[name]) as recording:
        receiver = Receiver(None, recording.info.ofdm)
        return recording, receiver, receiver.receive(recording.read(0, recording.n_samples))


def test_they_are_small_and_valid():
    files = [path.with_suffix(s) for path in PATHS.values() for s in (".sigmf-meta", ".sigmf-data")]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    for path in files[::2]:
        sigmf.fromfile(path).validate()


def test_they_say_how_they_were_made(name):
    recording, _, _ = receive(name)
    assert recording.warnings == []
    assert recording.info.datatype == "ci16_le"
    assert recording.info.sample_rate == 1e6
    made = {"profile", "snr_db", "cfo_hz", "sfo_ppm", "seed", "rate", "side"}
    assert made == recording.info.facts.keys()


def test_the_fields_of_each_picture_are_those_sent(name):
    _, _, pictures = receive(name)
    for picture, (fields, frames, snr_db, cfo_hz) in zip(pictures, PICTURES[name], strict=True):
        assert tuple(getattr(picture.header, name) for name in HEADER) == fields
        assert (picture.n_received, picture.frame_count) == frames
        assert picture.snr_db == pytest.approx(snr_db, abs=1.5 if name == "tdl-c" else 0.5)
        assert picture.cfo * 1e6 / 64 == pytest.approx(cfo_hz, abs=80)  # Doppler, and 0.5 %


@pytest.mark.learn
def test_each_prompt_is_that_sent(name):
    from gsc_sdr.prompt import code

    prompts = []
    for picture in receive(name)[2]:
        n = code.n_symbols(picture.header.prompt_bytes)
        stream, noise = picture.stream[:n], picture.noise_var[:n]
        prompts.append(code.decode(stream, noise, picture.header.prompt_bytes))
    assert prompts == [(prompt, True) for prompt in PROMPTS[name]]


def test_what_is_lost_is_lost_for_its_cause():
    for name in ("demo", "tdl-c"):
        _, receiver, _ = receive(name)
        assert receiver.lost == {}
        assert receiver.assembler.counts["incomplete"] == 0
    _, receiver, _ = receive("mixed")
    assert receiver.lost["config"] == 1  # the stranger's
    assert receiver.lost["crc"] >= 1  # the ruined header, and what looked like a frame
    assert receiver.detector.counts["truncated"] == 1
    assert receiver.assembler.counts["incomplete"] == 2


def test_each_frame_is_where_the_annotations_say(name):
    recording = Recording(PATHS[name])
    samples, ofdm = recording.read(0, recording.n_samples), recording.info.ofdm
    detector = FrameDetector(ofdm)
    captures = detector.push(samples) + detector.flush()
    frames = parse_frames(
        np.stack([c.samples for c in captures]), np.array([c.cfo for c in captures]), ofdm
    )
    found = {
        (frame.header.image_id, frame.header.frame_index): capture.start
        for capture, frame in zip(captures, frames, strict=True)
        if isinstance(frame, Frame)
    }
    said = {(a.facts["image_id"], a.facts["frame_index"]): a.start for a in recording.annotations}
    assert found.keys() <= said.keys()
    assert len(said) - len(found) == (name == "mixed")  # the ruined one
    assert all(abs(found[key] - said[key]) <= ofdm.n_cp for key in found)


def test_the_demo_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Recording("demo").data_path == DATA / "demo.sigmf-data"
