# SPDX-License-Identifier: MIT
"""Metrics from the command line: figures, what is absent and its mend, pictures that pair."""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from gsc_sdr.cli.main import app
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.metrics.lpips import LPIPS_FILE, Lpips
from gsc_sdr.metrics.measures import MEASURES
from gsc_sdr.metrics.mobilenet import MOBILENET_FILE, MobileNet
from gsc_sdr.metrics.sets import SET_MEASURES

pytestmark = pytest.mark.learn


@pytest.fixture
def folders(tmp_path, rng):
    """Return a folder of received pictures and one of sent ones, of the same three names."""
    received, sent = tmp_path / "received", tmp_path / "sent"
    for folder in (received, sent):
        folder.mkdir()
    for name in "abc":
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        smooth = np.array(coarse.resize((80, 64), Image.Resampling.BICUBIC))
        noisy = np.clip(smooth + rng.normal(0, 10, smooth.shape), 0, 255).astype(np.uint8)
        Image.fromarray(smooth).save(sent / f"{name}.png")
        Image.fromarray(noisy).save(received / f"{name}.webp", lossless=True)
    return received, sent


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_file(Lpips().state_dict(), folder / LPIPS_FILE)
        save_file(MobileNet().state_dict(), folder / MOBILENET_FILE)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_two_pictures_have_their_figures_and_the_rest_is_absent_with_the_mend(folders):
    a, b = folders[0] / "a.webp", folders[1] / "a.png"
    result = run("metrics", a, b)
    assert result.exit_code == 0, result.output
    expected = psnr_db(np.array(Image.open(a).convert("RGB")), np.array(Image.open(b)))
    assert f"{expected:.4f}" in result.stdout
    assert "absent: lpips, dists, mobilenet, mobilenet_distance: no folder" in result.stdout
    assert "give --weights DIR" in result.stdout
    assert "fid" not in result.stdout


def test_two_folders_have_means_and_the_measures_of_sets(folders, weights):
    result = run("metrics", *folders, "--weights", weights, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [row["image"] for row in found["rows"]] == ["a.png", "b.png", "c.png"]
    assert list(found["mean"]) == list(MEASURES)
    values = [row["psnr_db"] for row in found["rows"]]
    assert found["mean"]["psnr_db"] == pytest.approx(sum(values) / 3)
    assert set(found["sets"]) == set(SET_MEASURES)
    assert found["sets"]["fid_mobilenet"] > 0
    assert found["mean"]["mobilenet"] < 1
    assert {"fid", "kid", "dists", "clip", "dino"} <= set(found["absent"])
    assert any("biased" in note for note in found["notes"])


def test_the_table_shows_spread_and_notes(folders, weights):
    result = run("metrics", *folders, "--weights", weights)
    assert result.exit_code == 0, result.output
    assert all(word in result.stdout for word in ("least", "most", "fid_mobilenet", "note: FID"))


def test_equal_pictures_are_perfect_and_json_has_no_infinity(folders):
    one = folders[1] / "a.png"
    assert "inf" in run("metrics", one, one).stdout
    result = run("metrics", one, one, "--json")
    (row,) = json.loads(result.stdout)["rows"]
    assert row["psnr_db"] is None
    assert math.isclose(row["ssim"], 1)


def test_pictures_without_a_partner_are_named(folders):
    (folders[0] / "c.webp").unlink()
    result = run("metrics", *folders, "--json")
    assert len(json.loads(result.stdout)["rows"]) == 2
    assert "1 pictures have no partner of their name: c" in result.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda a, b: (a / "a.webp", b), "a picture and a folder"),
        (lambda a, b: (a / "a.webp", b / "x.png"), "x.png does not exist"),
        (lambda a, b: (a.parent / "empty", b), "holds no pictures"),
        (lambda a, b: (a, b.parent / "small"), "crop or convert"),
        (lambda a, b: (a, b.parent / "double"), "have one name"),
    ],
)
def test_what_cannot_be_measured_is_named(folders, change, named):
    a, b = folders
    for name in ("empty", "small", "double"):
        (a.parent / name).mkdir()
    Image.new("RGB", (8, 8)).save(a.parent / "small" / "a.png")
    for ending in ("png", "jpg"):
        Image.new("RGB", (8, 8)).save(a.parent / "double" / f"a.{ending}")
    result = run("metrics", *change(a, b))
    assert result.exit_code == 2
    assert named in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_of_weights_that_is_none_is_named(folders, tmp_path):
    result = run("metrics", *folders, "--weights", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "is no folder" in result.stderr


@pytest.fixture
def published(tmp_path, weights):
    """Return a folder of published files under names like their own."""
    folder = tmp_path / "published"
    (folder / "lpips").mkdir(parents=True)
    model = Lpips()
    trunk = {k: v for k, v in model.state_dict().items() if k.startswith("features")}
    save_file(trunk, folder / "squeezenet1_1_imagenet.safetensors")
    heads = {
        f"lin{i}.model.1.weight": torch.ones(1, len(h), 1, 1) for i, h in enumerate(model.heads)
    }
    torch.save(heads, folder / "lpips" / "lpips_v0.1_squeeze.pth")
    numbers = (weights / MOBILENET_FILE).read_bytes()
    (folder / "mobilenet_v1_100_224.safetensors").write_bytes(numbers)
    return folder


def test_all_published_weights_are_brought_in_and_then_used(folders, published, tmp_path):
    result = run("weights", "all", published, "--out", tmp_path / "made")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("wrote") == 2
    assert "inception: no" in result.stdout
    found = json.loads(run("metrics", *folders, "--weights", tmp_path / "made", "--json").stdout)
    assert found["mean"]["lpips"] > 0
    assert found["mean"]["mobilenet_distance"] > 0


def test_one_kind_at_a_time_works_too(published, tmp_path):
    heads = published / "lpips" / "lpips_v0.1_squeeze.pth"
    trunk = published / "squeezenet1_1_imagenet.safetensors"
    source = published / "mobilenet_v1_100_224.safetensors"
    torch.save({"a": torch.zeros(2)}, tmp_path / "inception.pth")
    jobs = [
        ("lpips", "--trunk", trunk, "--heads", heads),
        ("mobilenet", "--source", source),
        ("inception", "--source", tmp_path / "inception.pth"),
    ]
    for job in jobs:
        result = run("weights", *job, "--out", tmp_path / "made")
        assert result.exit_code == 0, result.output
        assert str(tmp_path / "made") in result.stdout


def test_missing_and_foreign_files_are_named(published, tmp_path):
    out = ("--out", tmp_path / "made")
    for words in (["lpips", "--trunk", "no.safetensors", "--heads", "no.pth"], ["all", "nowhere"]):
        result = run("weights", *words, *out)
        assert result.exit_code == 2
        assert "does not exist" in result.stderr
    (tmp_path / "empty").mkdir()
    result = run("weights", "all", tmp_path / "empty", *out)
    assert (result.exit_code, "no published weights" in result.stderr) == (2, True)
    trunk = published / "squeezenet1_1_imagenet.safetensors"
    result = run("weights", "mobilenet", "--source", trunk, *out)
    assert (result.exit_code, "does not hold MobileNet" in result.stderr) == (2, True)
