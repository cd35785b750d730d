# SPDX-License-Identifier: MIT
"""Reading a recording: any stretch of it, and one plain line for what is broken."""

import json
import os
import re
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import sigmf
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError, GscError
from gsc_sdr.recording.sigmf import Annotation, Recording, RecordingInfo, RecordingWriter

SAMPLES = (np.arange(1000) + 1j).astype(np.complex64)


@pytest.fixture
def recorded(tmp_path):
    """Return the name of a recording of 1000 samples and two annotations."""
    with RecordingWriter(tmp_path / "a", RecordingInfo(1e6)) as writer:
        writer.write(SAMPLES)
        writer.annotate(Annotation(10, 100, "frame", {"image_id": 4}))
        writer.annotate(Annotation(890, 100))
    return tmp_path / "a"


def change(path, **changes):
    """Change what the global object says; a value of None takes an entry out."""
    meta = path.with_suffix(".sigmf-meta")
    values = json.loads(meta.read_text())
    about = values["global"] | {key.replace("__", ":"): value for key, value in changes.items()}
    values["global"] = {key: value for key, value in about.items() if value is not None}
    meta.write_text(json.dumps(values))


@settings(deadline=None)
@given(start=st.integers(-5, 1100), n=st.integers(-5, 1100))
def test_any_stretch_is_that_of_the_samples(tmp_path_factory, start, n):
    path = tmp_path_factory.getbasetemp() / "stretches"
    if not path.with_suffix(".sigmf-meta").exists():
        with RecordingWriter(path, RecordingInfo(1e6)) as writer:
            writer.write(SAMPLES)
    with Recording(path) as recording:
        begin = max(0, start)
        assert np.array_equal(recording.read(start, n), SAMPLES[begin : begin + max(0, n)])


def test_either_file_or_the_bare_name_opens_it(recorded):
    for name in ("a", "a.sigmf-meta", "a.sigmf-data"):
        assert Recording.open(recorded.with_name(name)).n_samples == 1000


def test_a_name_with_a_dot_is_taken_whole(tmp_path):
    with RecordingWriter(tmp_path / "2.4GHz", RecordingInfo(1e6)) as writer:
        writer.write([1])
    assert writer.data_path.name == "2.4GHz.sigmf-data"
    assert Recording(tmp_path / "2.4GHz").n_samples == 1


def test_a_recording_of_someone_else_is_read(tmp_path):
    numbers = np.array([[0, 32767], [-32768, 16384]], "<i2")
    numbers.tofile(tmp_path / "theirs.sigmf-data")
    about = {"core:datatype": "ci16_le", "core:sample_rate": 250_000, "core:offset": 100}
    theirs = sigmf.SigMFFile(data_file=tmp_path / "theirs.sigmf-data", global_info=about)
    theirs.add_capture(100, {"core:frequency": 433e6, "other:field": 1})
    theirs.add_annotation(101, metadata={"core:label": "to the end"})
    theirs.tofile(tmp_path / "theirs.sigmf-meta")
    recording = Recording(tmp_path / "theirs")
    most = 32767 / 32768
    assert recording.read(0, 9).tolist() == [1j * most, -1 + 0.5j]
    assert recording.info == RecordingInfo(250_000, 433e6, None, "ci16_le", full_scale=1.0)
    assert recording.annotations == [Annotation(1, 1, "to the end")]


def test_reading_takes_no_more_memory_than_what_is_read(tmp_path):
    n = 4_000_000
    with RecordingWriter(tmp_path / "a", RecordingInfo(1e6)) as writer:
        for _ in range(40):
            writer.write(np.ones(n // 40, np.complex64))
    tracemalloc.start()
    with Recording(tmp_path / "a") as recording:
        total = sum(recording.read(at, 8192).sum().real for at in range(0, n, 8192))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == n
    assert peak < 2_000_000


@pytest.mark.parametrize("n_bytes", [8 * 995, 8 * 995 + 3])
def test_a_cut_recording_is_read_as_far_as_it_goes(recorded, n_bytes):
    os.truncate(recorded.with_suffix(".sigmf-data"), n_bytes)
    recording = Recording(recorded)
    assert np.array_equal(recording.read(0, 2000), SAMPLES[:995])
    assert "995 of 1000 samples are there" in recording.warnings
    assert any("last sample is cut: 3 bytes" in w for w in recording.warnings) == bool(n_bytes % 8)


def test_annotations_beyond_a_cut_are_told(recorded, caplog):
    os.truncate(recorded.with_suffix(".sigmf-data"), 8 * 500)
    change(recorded, gsc__n_samples=None)
    recording = Recording(recorded)
    assert recording.warnings == ["1 annotations reach beyond the last sample"]
    assert "reach beyond" in caplog.text


def test_a_file_that_is_cut_while_it_is_read_ends_early(recorded):
    recording = Recording(recorded)
    os.truncate(recorded.with_suffix(".sigmf-data"), 8 * 500 + 1)
    assert len(recording.read(400, 300)) == 100
    assert len(recording.read(600, 300)) == 0


BROKEN_GLOBAL = {
    "no rate": ({"core__sample_rate": None}, 'no "core:sample_rate": write it'),
    "rate of zero": ({"core__sample_rate": 0}, "global/core:sample_rate: 0"),
    "rate of minus one": ({"core__sample_rate": -1}, "global/core:sample_rate"),
    "absurd rate": ({"core__sample_rate": 5e11}, "sample_rate is .* give 1 to 1e"),
    "rate that is no number": ({"core__sample_rate": float("nan")}, "sample_rate is nan"),
    "rate as text": ({"core__sample_rate": "fast"}, "is not of type 'number'"),
    "no type": ({"core__datatype": None}, "'core:datatype' is a required property"),
    "unknown type": ({"core__datatype": "x99"}, "global/core:datatype"),
    "real samples": ({"core__datatype": "rf32_le"}, "reads and writes cf32_le and ci16_le"),
    "big endian": ({"core__datatype": "cf32_be"}, "reads and writes cf32_le and ci16_le"),
    "two channels": ({"core__num_channels": 2}, "2 channels; this reads one"),
    "another's file": ({"core__dataset": "x.wav"}, "core:dataset: convert"),
    "trailing bytes": ({"core__trailing_bytes": 8}, "core:trailing_bytes: convert"),
    "no samples meant": ({"core__metadata_only": True}, "core:metadata_only"),
    "odd frame": ({"gsc__ofdm": {"n_fft": 63}}, "n_fft is 63"),
    "frame as text": ({"gsc__ofdm": "wide"}, "expected a table"),
    "unknown key of a frame": ({"gsc__ofdm": {"n_fat": 64}}, "unknown key 'n_fat'"),
    "scale of zero": ({"gsc__full_scale": 0}, "full_scale is 0"),
    "checksum": ({"core__sha512": "0" * 128}, "checksum is not .* copy it once more"),
    "checksum of no form": ({"core__sha512": "zzz"}, "global/core:sha512"),
    "unknown extension": (
        {"core__extensions": [{"name": "x", "version": "1.0.0", "optional": False}]},
        "extension 'x', which this reader does not know",
    ),
}


@pytest.mark.parametrize(("changes", "said"), BROKEN_GLOBAL.values(), ids=BROKEN_GLOBAL)
def test_what_is_broken_is_told_in_one_line(recorded, changes, said):
    change(recorded, **changes)
    with pytest.raises(ConfigError, match=said) as caught:
        Recording(recorded)
    assert str(caught.value).startswith(str(recorded))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ('{"global"', "no JSON"),
        ("\0" * 100, "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", 'no object "global"'),
        ("7", 'no object "global"'),
        ('{"global": []}', 'no object "global"'),
        ('{"global": {"core:datatype": "cf32_le"}}', "required property"),
        ('{"global": {"core:datatype": "cf32_le"}, "captures": 1, "annotations": []}', "captures"),
    ],
)
def test_metadata_that_is_none_is_told(recorded, text, said):
    recorded.with_suffix(".sigmf-meta").write_text(text)
    with pytest.raises(ConfigError, match=said):
        Recording(recorded)


def test_metadata_of_no_text_is_told(recorded):
    recorded.with_suffix(".sigmf-meta").write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(ConfigError, match="no JSON"):
        Recording(recorded)


def test_annotations_out_of_order_are_refused(recorded):
    meta = recorded.with_suffix(".sigmf-meta")
    values = json.loads(meta.read_text())
    values["annotations"].reverse()
    meta.write_text(json.dumps(values))
    with pytest.raises(ConfigError, match="ordering"):
        Recording(recorded)


def test_missing_files_are_named(recorded):
    data, meta = (recorded.with_suffix(s) for s in (".sigmf-data", ".sigmf-meta"))
    data.unlink()
    with pytest.raises(ConfigError, match=re.escape(f"{data}: No such file")):
        Recording(recorded)
    meta.unlink()
    with pytest.raises(ConfigError, match=re.escape(f"{meta}: No such file")):
        Recording(recorded)


def test_a_recording_without_a_sample_is_told(recorded):
    os.truncate(recorded.with_suffix(".sigmf-data"), 7)
    with pytest.raises(ConfigError, match="holds no sample"):
        Recording(recorded)


def test_an_archive_is_told_apart(tmp_path, recorded):
    with tarfile.open(tmp_path / "a.sigmf", "w") as archive:
        archive.add(recorded.with_suffix(".sigmf-meta"))
    with pytest.raises(ConfigError, match="archive: unpack it"):
        Recording(tmp_path / "a.sigmf")


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_name_that_is_none_is_told(name):
    with pytest.raises(ConfigError, match="give a file name"):
        Recording(name)


def test_metadata_of_random_bytes_never_raises_anything_else(recorded, rng):
    meta = recorded.with_suffix(".sigmf-meta")
    good = np.frombuffer(meta.read_bytes(), np.uint8)
    n_refused = 0
    for _ in range(200):
        bad = good.copy()
        places = rng.integers(0, len(bad), rng.integers(1, 20))
        bad[places] = rng.integers(0, 256, len(places))
        meta.write_bytes(bad.tobytes()[: rng.integers(len(bad) // 2, len(bad) + 1)])
        try:
            Recording(recorded).close()
        except GscError:
            n_refused += 1
    assert n_refused > 100


def test_nothing_is_left_open(recorded):
    for _ in range(5):
        Recording(recorded).close()
        change(recorded, core__sha512="0" * 128)
        with pytest.raises(ConfigError):
            Recording(recorded)
        change(recorded, core__sha512=None)
    held = [number.resolve().parent for number in Path("/proc/self/fd").iterdir()]
    assert Path(recorded).resolve().parent not in held
