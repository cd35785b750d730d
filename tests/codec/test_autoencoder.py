# SPDX-License-Identifier: MIT
"""The autoencoder: principal components at birth, any prefix decodes, saved as data."""

import json

import pytest
import torch

from gsc_sdr.codec.autoencoder import NestedAutoencoder

pytestmark = pytest.mark.learn
TINY = {"widths": (8, 16), "encoder_depths": (1, 1), "decoder_depths": (1, 1)}


@pytest.fixture
def pictures():
    """Return smooth random pictures [12, 3, 64, 64]: coarse noise, enlarged."""
    coarse = torch.randn(12, 3, 8, 8, generator=torch.Generator().manual_seed(0)) / 3
    return torch.nn.functional.interpolate(coarse, size=64, mode="bicubic").clamp(-1, 1)


def mse(model, pictures, kept):
    counts = torch.full((len(pictures),), kept)
    with torch.no_grad():
        return float((model(pictures, counts) - pictures).square().mean())


def test_linear_start_is_the_best_linear_code(pictures):
    model = NestedAutoencoder(**TINY)
    model.set_linear(pictures)
    rows = torch.nn.functional.pixel_unshuffle(pictures, 8).movedim(1, -1).flatten(0, -2).double()
    left = torch.linalg.eigvalsh(torch.cov(rows.T)).flip(0)[16:].clamp_min(0).sum() / 192
    assert mse(model, pictures, 16) == pytest.approx(float(left), rel=0.05)


def test_more_channels_never_hurt(pictures):
    model = NestedAutoencoder(**TINY)
    model.set_linear(pictures)
    errors = [mse(model, pictures, kept) for kept in (1, 2, 4, 8, 16)]
    assert errors == sorted(errors, reverse=True)


def test_a_prefix_decodes_like_zeroed_channels(pictures):
    model = NestedAutoencoder(**TINY)
    model.set_linear(pictures)
    with torch.no_grad():
        latents = model.encode(pictures).latents
        zeroed = latents.clone()
        zeroed[:, 4:] = 0
        assert torch.equal(model.decode(latents[:, :4]).sample, model.decode(zeroed).sample)


@pytest.mark.parametrize("size", [(16, 16), (64, 32), (8, 8)])
def test_shapes_follow_the_picture(size):
    latents = NestedAutoencoder(**TINY).encode(torch.zeros(2, 3, *size)).latents
    assert latents.shape == (2, 16, size[0] // 8, size[1] // 8)


def test_saved_in_half_and_loaded_again(tmp_path, pictures):
    model = NestedAutoencoder(**TINY)
    model.set_linear(pictures)
    before = mse(model, pictures, 16)
    model.half().save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["latent_channels"] == 16
    again = NestedAutoencoder.from_pretrained(tmp_path, torch_dtype=torch.float32)
    assert mse(again, pictures, 16) == pytest.approx(before, rel=0.05)
