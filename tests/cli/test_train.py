# SPDX-License-Identifier: MIT
"""Training from the command line: a folder of pictures in, a model folder out."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gsc_sdr.cli.main import app

pytestmark = pytest.mark.learn


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(4):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        coarse.resize((80, 64), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


def train(*arguments):
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


@pytest.mark.parametrize("kind", ["vae", "jscc", "pixel"])
def test_one_step_writes_a_model(kind, photos, tmp_path):
    sizes = ["--steps", 1, "--batch", 2, "--crop", 32, "--every", 1, "--device", "cpu"]
    result = train(kind, "--data", photos, "--out", tmp_path / "run", *sizes)
    assert result.exit_code == 0, result.output
    assert "saved in" in result.stdout
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text())["step"] == 1
    assert list((tmp_path / "run" / "best").glob("**/*.safetensors"))


@pytest.mark.parametrize(
    ("options", "named"),
    [(["--crop", 33], "multiple of 16"), (["--device", "tpu"], "cuda"), (["--lr", "nan"], "lr")],
)
def test_what_cannot_work_is_named(options, named, photos, tmp_path):
    result = train("vae", "--data", photos, "--out", tmp_path / "run", *options)
    assert result.exit_code == 2
    assert named in result.stderr
