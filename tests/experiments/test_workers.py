# SPDX-License-Identifier: MIT
"""A row has what readers count on, and depends on its own point alone."""

import json
from dataclasses import replace

import numpy as np
import pytest

import gsc_sdr.experiments.workers as workers
from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import GscError, MissingError
from gsc_sdr.experiments.plan import Bench, Chunk, channel_seed
from gsc_sdr.experiments.rows import TIMES
from gsc_sdr.experiments.workers import Worker, digest, one_torch_thread
from gsc_sdr.link.engine import FakeEngine

pytestmark = pytest.mark.learn

AWGN, TDL = profile("awgn"), profile("tdl-c")
PROMISED = {"schema", "codec", "image", "size", "rate", "channel", "snr_db", "seed", "through"}
PROMISED |= {"psnr_db", "ms_ssim", "ssim", "lpips", "bits", "n_symbols", "mcs", "failed", "cbr"}
PROMISED |= {"air_cbr", "air_time_s", "energy_j", "evm_db", "snr_est_db", "frames_sent"}
PROMISED |= {"frames_lost", "prompt_ok", "encode_s", "air_s", "decode_s", "quality", "scale"}
PROMISED |= {"version"}
BENCH = Bench(measures=("psnr_db", "ssim", "ms_ssim", "lpips"))


@pytest.fixture(scope="module")
def image():
    y, x = np.mgrid[:61, :83]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    return (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


@pytest.fixture(scope="module")
def chunk(image):
    points = ((AWGN, -5.0), (AWGN, 10.0), (TDL, 10.0))
    return Chunk("fake", "waves.png", "1/48", image, points)


@pytest.fixture
def worker():
    with one_torch_thread():
        yield Worker(BENCH)


def timeless(rows):
    """Return rows without what differs from run to run."""
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


def rows_of(worker, chunk):
    outcomes = list(worker.outcomes(chunk))
    assert [o.problems for o in outcomes] == [()] * len(outcomes)
    return [row for outcome in outcomes for row in outcome.rows]


@pytest.mark.parametrize("codec", ["fake", "gsc"])
def test_a_row_has_what_readers_count_on(worker, chunk, codec):
    for row in rows_of(worker, replace(chunk, codec=codec)):
        assert set(row) >= PROMISED
        assert json.loads(json.dumps(row, allow_nan=False)) == row
        assert (row["schema"], row["codec"], row["image"]) == (1, codec, "waves.png")
        assert (row["width"], row["height"], row["n_symbols"]) == (83, 61, 384)
        assert row["channel_seed"] == channel_seed(0, "waves.png", row["channel"], row["snr_db"])
        assert row["lpips"] is None
        assert row["absent"] == ["lpips"]
        assert next(iter(row)) == "schema"


def test_a_row_does_not_depend_on_what_is_measured_beside_it(worker, chunk):
    together = rows_of(worker, replace(chunk, codec="gsc"))
    for row, point in zip(together, chunk.points, strict=True):
        alone = rows_of(worker, replace(chunk, codec="gsc", points=(point,)))
        assert timeless(alone) == timeless([row])


def test_all_codecs_start_in_the_same_noise(worker, chunk):
    seeds = [
        [row["channel_seed"] for row in rows_of(worker, replace(chunk, codec=codec, rate=rate))]
        for codec, rate in (("fake", "1/48"), ("gsc", "1/48"), ("gsc", "1/384"))
    ]
    assert seeds[0] == seeds[1] == seeds[2]


def test_a_picture_is_coded_once_for_all_points(worker, chunk, monkeypatch):
    opened = []
    monkeypatch.setattr(workers, "open_codec", lambda *_: opened.append(FakeEngine()) or opened[-1])
    rows = rows_of(worker, chunk)
    rows_of(worker, replace(chunk, rate="1/96"))
    (engine,) = opened
    assert (engine.encoded, engine.decoded) == (2, 6)
    assert all(row["encode_s"] > 0 for row in rows)


class Choosy(FakeEngine):
    """A codec that is told the SNR, and refuses or crashes at some."""

    def __init__(self):
        super().__init__()
        self.told = []

    def set_snr_db(self, snr_db):
        self.told.append(snr_db)

    def encode(self, image, prompt, rate):
        if self.told[-1:] == [10.0]:
            raise ValueError("ten is too many")
        if self.told[-1:] == [5.0]:
            raise GscError("not at 5 dB: take 0")
        return super().encode(image, prompt, rate)


def test_a_codec_that_chooses_by_snr_is_told_and_codes_anew(worker, chunk, monkeypatch):
    engine = Choosy()
    monkeypatch.setattr(workers, "open_codec", lambda *_: engine)
    rows_of(worker, replace(chunk, points=((AWGN, 0.0), (AWGN, 3.0), (TDL, 0.0))))
    assert (engine.told, engine.encoded) == ([0.0, 3.0, 0.0], 3)


def test_a_codec_that_was_set_by_its_name_is_left_so(worker, chunk, monkeypatch):
    engine = Choosy()
    monkeypatch.setattr(workers, "open_codec", lambda *_: engine)
    rows_of(worker, replace(chunk, codec="avif+ldpc@7"))
    assert engine.told == []


def test_a_crash_names_its_point_and_the_rest_goes_on(worker, chunk, monkeypatch):
    monkeypatch.setattr(workers, "open_codec", lambda *_: Choosy())
    points = ((AWGN, 10.0), (AWGN, 5.0), (TDL, 0.0))
    crash, refusal, good = worker.outcomes(replace(chunk, points=points))
    (problem,) = crash.problems
    assert problem.kind == "crash"
    assert problem.message == (
        "codec fake, image waves.png, rate 1/48, channel awgn, snr_db 10: "
        "ValueError: ten is too many"
    )
    assert [(p.kind, p.message) for p in refusal.problems] == [
        ("impossible", "not at 5 dB: take 0")
    ]
    assert len(good.rows) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MissingError("no jxl: pip install imagecodecs"), "pip install imagecodecs"),
        (ModuleNotFoundError("x", name="pillow_heif"), "pillow_heif is not installed"),
    ],
)
def test_an_absent_codec_ends_its_chunk_with_the_mend(worker, chunk, monkeypatch, error, said):
    def absent(*_):
        raise error

    monkeypatch.setattr(workers, "open_codec", absent)
    (outcome,) = worker.outcomes(chunk)
    assert (outcome.rows, outcome.problems[0].kind) == ((), "absent")
    assert said in outcome.problems[0].message


def test_a_rate_that_a_codec_has_not_is_left_out(worker, chunk):
    outcomes = list(worker.outcomes(replace(chunk, codec="gsc", rate="1/8")))
    assert [o.problems[0].kind for o in outcomes] == ["impossible"] * 3
    assert "1/48 or less" in outcomes[0].problems[0].message


def test_fingerprints_see_any_change(image):
    other = image.copy()
    other[3, 4, 1] ^= 1
    assert digest(image) != digest(other) != digest(image.reshape(83, 61, 3))
    assert digest(TDL) != digest(replace(TDL, speed_mps=2.0))
    assert digest(image) == digest(image.copy())
