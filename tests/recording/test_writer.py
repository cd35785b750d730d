# SPDX-License-Identifier: MIT
"""Writing a recording: whole at any time, whatever ends it; the link never notices."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import sigmf

from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.recording.sigmf import Annotation, Recording, RecordingInfo, RecordingWriter

INFO = RecordingInfo(1e6, 2.4e9, facts={"profile": "awgn", "seed": 7})
DEADLINE_S = 60


@pytest.fixture
def samples(rng):
    return (rng.normal(size=(10_000, 2)) @ [1, 1j]).astype(np.complex64)


def test_samples_come_back_bit_for_bit(tmp_path, samples):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        assert [writer.write(part) for part in np.split(samples, [0, 3, 5000])] == [
            0,
            3,
            4997,
            5000,
        ]
    with Recording(tmp_path / "a") as recording:
        assert np.array_equal(recording.read(0, 20_000), samples)
        assert recording.info == replace(INFO, ofdm=OfdmConfig())
        assert recording.warnings == []


def test_what_is_not_a_number_comes_back_too(tmp_path):
    strange = np.array([np.nan, np.inf, -np.inf, 1e-40], np.complex64)
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(strange)
    assert Recording(tmp_path / "a").read(0, 4).tobytes() == strange.tobytes()


@pytest.mark.parametrize("full_scale", [1.0, 8.0])
def test_16_bits_are_rounded_to_half_a_step(tmp_path, samples, full_scale):
    kept = samples * np.float32(0.1)
    info = RecordingInfo(1e6, datatype="ci16_le", full_scale=full_scale)
    with RecordingWriter(tmp_path / "a", info) as writer:
        writer.write(kept)
        assert writer.counts["clipped"] == 0
    off = (Recording(tmp_path / "a").read(0, 20_000) - kept).view(np.float32)
    assert np.abs(off).max() <= 0.5001 * full_scale / 2**15
    assert np.abs(off).max() > 0.4 * full_scale / 2**15
    assert writer.data_path.stat().st_size == 4 * len(kept)


def test_16_bits_clip_and_count_what_is_too_large_and_zero_what_is_no_number(tmp_path):
    info = RecordingInfo(1e6, datatype="ci16_le", full_scale=1.0)
    with RecordingWriter(tmp_path / "a", info) as writer:
        writer.write([2 - 3j, 0.5, complex(np.nan, 0.25), complex(np.inf, 0)])
        assert writer.counts["clipped"] == 3
    most = 1 - 2.0**-15
    assert Recording(tmp_path / "a").read(0, 4).tolist() == [most - 1j, 0.5, 0.25j, most]


def test_sigmf_python_reads_it_and_finds_it_valid(tmp_path, samples, recwarn):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(samples)
        writer.annotate(Annotation(5, 100, "frame", {"snr_db": np.float32(2.5)}))
    theirs = sigmf.fromfile(tmp_path / "a.sigmf-meta")  # checks the checksum too
    theirs.validate()
    assert list(recwarn) == []  # of undeclared namespaces, for one
    assert np.array_equal(theirs.read_samples(), samples)
    assert theirs.sample_rate == 1e6
    assert theirs.get_captures()[0]["core:frequency"] == 2.4e9
    assert theirs.recorder.startswith("gsc_sdr ")
    assert theirs.get_global_field("gsc:profile") == "awgn"
    (annotation,) = theirs.get_annotations()
    assert annotation["gsc:snr_db"] == 2.5


def test_the_time_is_that_of_the_first_sample(tmp_path):
    began = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)
    with RecordingWriter(tmp_path / "a", INFO, began=began) as writer:
        writer.write([1])
    when = Recording(tmp_path / "a").metadata["captures"][0]["core:datetime"]
    assert when == "2026-02-03T04:05:06.000789Z"


def test_the_shape_of_a_frame_is_kept(tmp_path):
    ofdm = OfdmConfig(n_fft=128, n_payload=30)
    with RecordingWriter(tmp_path / "a", RecordingInfo(2e6, ofdm=ofdm)) as writer:
        writer.write([1])
    assert Recording(tmp_path / "a").info.ofdm == ofdm


def test_annotations_come_in_any_order_and_leave_sorted(tmp_path, samples):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        for start in (70, 10, 40, 10):
            writer.annotate(Annotation(start, 20))
        writer.write(samples)
    assert [a.start for a in Recording(tmp_path / "a").annotations] == [10, 10, 40, 70]


def test_an_annotation_of_samples_that_never_came_is_left_out(tmp_path):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.annotate(Annotation(0, 10))
        writer.annotate(Annotation(5, 10))
        writer.write(np.ones(10))
    recording = Recording(tmp_path / "a")
    assert [a.start for a in recording.annotations] == [0]
    assert recording.warnings == []


def test_numbers_that_json_has_not_are_left_out(tmp_path):
    facts = {"snr_db": np.nan, "cfo_hz": -np.inf, "image_id": np.int64(3)}
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(np.ones(10))
        writer.annotate(Annotation(0, 10, facts=facts))
    json.loads(writer.meta_path.read_text(), parse_constant=pytest.fail)
    assert Recording(tmp_path / "a").annotations[0].facts == {"image_id": 3}


def test_annotations_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("gsc_sdr.recording.writer._MOST_ANNOTATIONS", 3)
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(np.ones(10))
        for start in range(5):
            writer.annotate(Annotation(start, 1))
    assert (writer.counts["annotations"], writer.counts["unrecorded_annotations"]) == (3, 2)
    assert len(Recording(tmp_path / "a").annotations) == 3


def test_a_recording_that_exists_is_kept(tmp_path, samples):
    with RecordingWriter(tmp_path / "a", INFO) as writer:
        writer.write(samples)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("a", "a.sigmf-meta", "a.sigmf-data"):
        with pytest.raises(ConfigError, match=r"a\.sigmf-meta exists: choose another name"):
            RecordingWriter(tmp_path / name, INFO)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_samples_that_lie_there_alone_are_kept_too(tmp_path):
    (tmp_path / "a.sigmf-data").write_bytes(b"precious")
    with pytest.raises(ConfigError, match=r"a\.sigmf-data exists"):
        RecordingWriter(tmp_path / "a", INFO)
    assert [path.name for path in tmp_path.iterdir()] == ["a.sigmf-data"]
    assert (tmp_path / "a.sigmf-data").read_bytes() == b"precious"


def test_a_recording_is_replaced_when_told(tmp_path):
    for value in (1, 2):
        with RecordingWriter(tmp_path / "a", INFO, overwrite=True) as writer:
            writer.write([value])
    assert Recording(tmp_path / "a").read(0, 9).tolist() == [2]


def test_folders_are_made_and_a_place_that_cannot_be_is_named(tmp_path):
    RecordingWriter(tmp_path / "new" / "folder" / "a", INFO).close()
    assert (tmp_path / "new" / "folder" / "a.sigmf-meta").exists()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be written .* choose another place"):
        RecordingWriter(tmp_path / "file" / "a", INFO)


def test_a_folder_that_is_taken_away_does_not_stop_the_link(tmp_path, caplog):
    writer = RecordingWriter(tmp_path / "folder" / "a", INFO)
    writer.write(np.ones(3))
    shutil.rmtree(tmp_path / "folder")
    assert writer.write(np.ones(3)) == 3  # into a file without a name
    writer.close()
    assert isinstance(writer.error, FileNotFoundError)
    assert "cannot be written" in caplog.text


def test_what_comes_after_the_end_is_counted(tmp_path):
    writer = RecordingWriter(tmp_path / "a", INFO)
    writer.write(np.ones(3))
    writer.close()
    writer.close()
    assert writer.write(np.ones(4)) == 0
    writer.annotate(Annotation(0, 1))
    assert writer.counts["unrecorded"] == 4
    assert writer.counts["unrecorded_annotations"] == 1
    assert Recording(tmp_path / "a").n_samples == 3


KILLED = """
import sys
import numpy as np
from gsc_sdr.recording import writer as module
from gsc_sdr.recording.sigmf import Annotation, RecordingInfo, RecordingWriter
module._REFRESH_S, module._REFRESH_SHARE = 0.0, 0
writer = RecordingWriter(sys.argv[1], RecordingInfo(1e6))
for start in range(0, 10**9, 100):
    writer.write(np.full(100, start, np.complex64))
    writer.annotate(Annotation(start, 100, facts={"place": start}))
    if start == 5000:
        print("far enough", flush=True)
"""


def test_a_writer_that_is_killed_leaves_a_whole_recording(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "a")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "far enough\n"
    process.send_signal(signal.SIGKILL)
    process.wait(DEADLINE_S)
    process.stdout.close()
    sigmf.fromfile(tmp_path / "a.sigmf-meta").validate()
    recording = Recording(tmp_path / "a")
    assert all("last sample is cut" in warning for warning in recording.warnings)
    assert recording.n_samples >= 5100
    assert len(recording.annotations) >= 50
    for annotation in recording.annotations:
        place = annotation.facts["place"]
        assert (annotation.start, annotation.length) == (place, 100)
        assert (recording.read(place, 100) == np.complex64(place)).all()


FULL = """
import resource, sys
import numpy as np
from gsc_sdr.recording.sigmf import Annotation, RecordingInfo, RecordingWriter
limit = int(sys.argv[2])
writer = RecordingWriter(sys.argv[1], RecordingInfo(1e6, datatype=sys.argv[3]))
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
taken = 0
for start in range(0, 400_000, 1000):
    writer.annotate(Annotation(start, 1000))
    taken += writer.write(np.full(1000, 0.5, np.complex64))
writer.close()
print(taken, writer.n_samples, writer.counts["unrecorded"], type(writer.error).__name__)
"""


def record_until_full(path, limit, datatype):
    """Write 400,000 samples; return those taken, those on disk, and the others."""
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(limit), datatype],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    assert done.stderr.count("the link goes on") == 1, done.stderr  # said once
    taken, n_samples, unrecorded, error = done.stdout.split()
    assert error == "OSError"
    sigmf.fromfile(path.with_suffix(".sigmf-meta")).validate()  # with its checksum
    recording = Recording(path)
    assert recording.warnings == []
    assert recording.n_samples == int(n_samples)
    assert (recording.read(0, 10**6) == 0.5).all()
    assert recording.metadata["global"]["gsc:stopped"]
    assert len(recording.annotations) == recording.n_samples // 1000
    return int(taken), int(n_samples), int(unrecorded)


@pytest.mark.parametrize(("datatype", "size"), [("cf32_le", 8), ("ci16_le", 4)])
def test_a_file_that_may_not_grow_ends_the_recording_and_not_the_link(tmp_path, datatype, size):
    taken, n_samples, unrecorded = record_until_full(tmp_path / "a", 300_003, datatype)
    assert taken == n_samples == 300_003 // size
    assert n_samples + unrecorded == 400_000


@pytest.fixture
def small_disk(tmp_path):
    """Return a file system of one megabyte; skip where none may be mounted."""
    mount, folder = shutil.which("mount"), tmp_path / "disk"
    folder.mkdir()
    order = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "gsc_test", str(folder)]
    if mount is None or os.geteuid() or subprocess.run(order, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_recording_and_not_the_link(small_disk):
    taken, n_samples, unrecorded = record_until_full(small_disk / "a", 0, "cf32_le")
    assert 0 < n_samples <= taken < 400_000  # the end is given for the metadata
    assert n_samples > 80_000
    assert n_samples + unrecorded == 400_000


def test_in_this_process_too_a_full_disk_only_counts(small_disk, caplog):
    with RecordingWriter(small_disk / "a", INFO) as writer:
        for start in range(0, 400_000, 1000):
            writer.annotate(Annotation(start, 1000))
            writer.write(np.ones(1000))
        assert not writer.is_open
    assert writer.error.strerror == "No space left on device"
    assert writer.counts["samples"] + writer.counts["unrecorded"] == 400_000
    assert caplog.text.count("the link goes on") == 1
    with Recording(small_disk / "a") as recording:
        assert recording.warnings == []
        assert len(recording.annotations) == recording.n_samples // 1000


def test_a_disk_that_fills_up_with_other_things_leaves_a_whole_recording(small_disk, caplog):
    writer = RecordingWriter(small_disk / "a", INFO)
    writer.write(np.ones(10))
    with suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(4096)):
            pass
    writer.close()
    assert "cannot be written" in caplog.text
    assert writer.error.strerror == "No space left on device"
    (small_disk / "filler").unlink()
    with Recording(small_disk / "a") as recording:
        assert "core:sha512" not in recording.metadata["global"]
        assert recording.n_samples == 10


def test_the_metadata_follow_while_the_recording_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("gsc_sdr.recording.writer._REFRESH_S", 0.0)
    monkeypatch.setattr("gsc_sdr.recording.writer._REFRESH_SHARE", 0)
    writer = RecordingWriter(tmp_path / "a", INFO)
    writer._next_refresh = 0.0
    writer.annotate(Annotation(0, 10))
    writer.write(np.ones(9))
    assert Recording(tmp_path / "a").annotations == []
    writer.annotate(Annotation(5, 5))
    writer.write(np.ones(1))
    writer.annotate(Annotation(7, 1))
    assert [a.start for a in Recording(tmp_path / "a").annotations] == [0, 5, 7]
    assert "core:sha512" not in Recording(tmp_path / "a").metadata["global"]
    writer.close()


def test_a_disk_without_room_is_told_at_once(small_disk):
    (small_disk / "filler").write_bytes(bytes(2**20))
    with pytest.raises(ConfigError, match=r"cannot be written \(No space left on device\)"):
        RecordingWriter(small_disk / "a", INFO)
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
