# SPDX-License-Identifier: MIT
"""A plan is checked before anything is sent, and every point has a seed of its own."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import ConfigError, ImageError
from gsc_sdr.experiments.plan import Bench, SweepPlan, channel_seed, find_pictures

pytestmark = pytest.mark.learn


@pytest.fixture
def folder(tmp_path, rng):
    (tmp_path / "sub").mkdir()
    for name, size in (("b.png", (50, 35)), ("a.png", (300, 20)), ("sub/a.png", (16, 16))):
        Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8)).save(
            tmp_path / name
        )
    (tmp_path / ".hidden.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.fixture
def plan(folder):
    awgn, tdl = profile("awgn"), profile("tdl-c")
    pictures = find_pictures(folder)
    return SweepPlan(("fake", "gsc"), ("1/384", "1/48"), (-5.0, 10.0), (awgn, tdl), pictures)


def test_pictures_of_one_name_are_told_apart_by_their_folders(folder):
    assert [name for name, _ in find_pictures(folder)] == ["a.png", "b.png", "sub/a.png"]


@pytest.mark.parametrize(("place", "said"), [("none", "is no folder"), ("", "holds no pictures")])
def test_a_folder_without_pictures_is_named(tmp_path, place, said):
    with pytest.raises(ImageError, match=said):
        find_pictures(tmp_path / place)


def test_chunks_are_the_grid_without_what_is_done(plan):
    chunks = list(plan.chunks(set()))
    assert sum(len(chunk.points) for chunk in chunks) == plan.n_rows == 2 * 2 * 2 * 2 * 3
    done = {plan.key("gsc", "b.png", "1/48", "awgn", -5.0)}
    done |= {plan.key("fake", "a.png", "1/48", c, s) for c in ("awgn", "tdl-c") for s in (-5, 10)}
    left = list(plan.chunks(done))
    assert (len(chunks), len(left)) == (12, 11)
    assert sum(len(chunk.points) for chunk in left) == plan.n_rows - len(done)


def test_a_codec_that_is_given_up_has_no_more_chunks(plan):
    open_codecs = {"fake", "gsc"}
    seen = []
    for chunk in plan.chunks(set(), open_codecs.__contains__):
        seen.append(chunk.codec)
        open_codecs.discard(seen[0])
    assert (seen.count("fake"), seen.count("gsc")) == (1, 6)


def test_crops_are_central_and_whole_pictures_are_whole(plan):
    shapes = {c.image: c.pixels.shape for c in plan.chunks(set())}
    assert shapes == {"a.png": (20, 256, 3), "b.png": (35, 50, 3), "sub/a.png": (16, 16, 3)}
    whole = replace(plan, bench=Bench(crop=0))
    assert next(whole.chunks(set())).pixels.shape == (20, 300, 3)
    assert (plan.bench.size, whole.bench.size) == ("256", "full")


def test_doubles_are_measured_once(plan):
    doubled = replace(plan, codecs=("gsc", "gsc"), snrs_db=(5, 5.0), rates=("1/48",) * 3)
    assert doubled.n_rows == 6


def test_seeds_differ_by_picture_channel_snr_and_sweep_alone():
    points = [
        (seed, image, channel, snr_db)
        for seed in (0, 1)
        for image in ("a", "b")
        for channel in ("awgn", "tdl-c")
        for snr_db in (0.0, 5.0)
    ]
    assert len({channel_seed(*point) for point in points}) == len(points)
    assert channel_seed(0, "a", "awgn", 5) == channel_seed(0, "a", "awgn", 5.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"codecs": ("bpg+ldpc",)}, "codec is 'bpg\\+ldpc'; choose one of: gsc"),
        ({"rates": ("1/7",)}, "rate is '1/7'; choose one of"),
        ({"snrs_db": (99.0,)}, "snr_db is 99"),
        ({"channels": ()}, "channels is empty: name at least one"),
        ({"channels": (profile("awgn"), replace(profile("tdl-a"), name="awgn"))}, "two channels"),
    ],
)
def test_what_cannot_work_is_named_at_once(plan, change, said):
    with pytest.raises(ConfigError, match=said):
        replace(plan, **change)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"seed": -1}, "--seed is -1"),
        ({"crop": -2}, "--crop is -2"),
        ({"prompt": "x" * 1001}, "prompt"),
    ],
)
def test_settings_out_of_range_are_named(settings, said):
    with pytest.raises(ConfigError, match=said):
        Bench(**settings)


def test_a_picture_that_is_none_is_named_when_its_turn_comes(plan, folder):
    shutil.copy(folder / "notes.txt", folder / "c.png")
    bad = replace(plan, pictures=(("c.png", Path(folder / "c.png")),))
    with pytest.raises(ImageError, match=r"c\.png cannot be read as a picture"):
        list(bad.chunks(set()))
