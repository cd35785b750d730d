# SPDX-License-Identifier: MIT
"""Speed-ups: tried beside the plain networks, judged by time and picture, or said to be absent."""

import importlib.util

import numpy as np
import pytest
import torch
from torch import nn

from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.experiments import speedups
from gsc_sdr.experiments.speedups import MOST_DB, WAYS, try_way

pytestmark = pytest.mark.learn


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads of torch only wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def engine():
    return LocalEngine()


@pytest.fixture(scope="module")
def images():
    y, x = np.mgrid[:64, :64]
    waves = [np.sin(x / 5), np.cos(y / 7), np.sin((x + y) / 9)]
    image = (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)
    return [image, image[::-1].copy()]


@pytest.mark.parametrize(
    "name",
    ["channels_last", "oneDNN for all, channels_last", "traced, frozen, optimised"],
)
def test_ways_of_the_same_arithmetic_keep_the_picture(engine, images, name):
    row = try_way(name, images, engine, 2)
    assert row["verdict"] in ("gains", "no gain"), row["why"]
    assert abs(row["psnr_worst_db"]) < 0.005
    assert row["ratio"] > 0
    assert row["n_images"] == 2


@pytest.mark.parametrize("name", ["bfloat16", "bfloat16, channels_last"])
def test_bfloat16_changes_the_picture_a_little(engine, images, name):
    row = try_way(name, images, engine, 1)
    if row["verdict"] == "not tried":
        assert "use float32" in row["why"]
    else:
        assert 1e-4 < abs(row["psnr_worst_db"]) < 0.2  # more than the order of sums does


def test_int8_reaches_the_quality_guard(engine, images):
    row = try_way("int8 of 1 x 1, dynamic", images, engine, 1)
    is_worse = row.get("psnr_worst_db") is not None and abs(row["psnr_worst_db"]) > MOST_DB
    assert (row["verdict"] == "worse picture") == is_worse


def test_a_way_that_ruins_the_picture_is_told_from_one_that_gains(engine, images, monkeypatch):
    def ruined(plain, image):
        own = speedups._copy(plain)
        own.latent.model.from_patches.weight.zero_()
        return speedups._Variant(own)

    monkeypatch.setitem(WAYS, "ruined", ruined)
    row = try_way("ruined", images, engine, 1)
    assert row["verdict"] == "worse picture"
    assert row["psnr_worst_db"] < -3


def test_what_fails_or_is_missing_is_not_tried_and_says_why(engine, images, monkeypatch):
    def broken(plain, image):
        raise RuntimeError("no such kernel\nand more")

    monkeypatch.setitem(WAYS, "broken", broken)
    row = try_way("broken", images, engine, 1)
    assert (row["verdict"], row["why"]) == ("not tried", "RuntimeError: no such kernel")
    assert "ratio" not in row
    assert "already" in try_way("1 thread", images, engine, 1)["why"]


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is not None, reason="it is installed")
def test_onnx_runtime_is_said_to_be_absent(engine, images):
    row = try_way("ONNX Runtime", images, engine, 1)
    assert row["verdict"] == "not tried"
    assert "onnxruntime" in row["why"]


def test_the_engine_is_left_as_it_was(engine, images):
    kinds = [type(layer) for layer in engine.codec.modules()]
    before = engine.reconstruct(images[0])
    try_way("channels_last", images, engine, 1)
    assert [type(layer) for layer in engine.codec.modules()] == kinds
    assert any(kind is not nn.Conv2d and issubclass(kind, nn.Conv2d) for kind in kinds)
    assert np.array_equal(engine.reconstruct(images[0]), before)
