# SPDX-License-Identifier: MIT
"""Latents: the Stable Diffusion family drops in; damaged folders are named."""

import numpy as np
import pytest
import torch

from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.codec.checkpoint import checksum, shipped_model, verify_shipped
from gsc_sdr.codec.latent import load_latent
from gsc_sdr.errors import ModelError, ShapeError

pytestmark = pytest.mark.learn
WIDTHS = [8, 8, 8, 8]  # four stages: a factor of 8


def tiny_kl(channels, **extra):
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=WIDTHS,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=channels,
        norm_num_groups=4,
        layers_per_block=1,
        **extra,
    )


def tiny_taesd(channels):
    from diffusers import AutoencoderTiny

    return AutoencoderTiny(
        encoder_block_out_channels=WIDTHS,
        decoder_block_out_channels=WIDTHS,
        num_encoder_blocks=[1, 1, 1, 1],
        num_decoder_blocks=[1, 1, 1, 1],
        latent_channels=channels,
    )


FAMILY = {
    "kl-4": lambda: tiny_kl(4),
    "kl-16-shifted": lambda: tiny_kl(16, scaling_factor=0.36, shift_factor=0.1),
    "kl-32": lambda: tiny_kl(32),
    "tiny-4": lambda: tiny_taesd(4),
    "tiny-16": lambda: tiny_taesd(16),
}


@pytest.mark.parametrize("kind", FAMILY)
def test_stable_diffusion_autoencoders_drop_in(kind, tmp_path, rng):
    torch.manual_seed(0)
    FAMILY[kind]().save_pretrained(tmp_path)
    codec = load_latent(tmp_path)
    image = rng.integers(0, 256, (40, 24, 3), dtype=np.uint8)
    latents = codec.encode(image)
    assert latents.shape == (1, codec.channels, 6, 4)  # padded to whole cells of 16 x 16
    assert codec.decode(latents, 24, 40).shape == image.shape


def test_a_pipeline_folder_gives_its_vae(tmp_path):
    tiny_kl(4).save_pretrained(tmp_path / "vae")
    assert load_latent(tmp_path).channels == 4


def test_scale_and_shift_are_undone(tmp_path):
    torch.manual_seed(0)
    tiny_kl(4, scaling_factor=0.2, shift_factor=0.5).save_pretrained(tmp_path)
    codec = load_latent(tmp_path)
    raw = codec.model.encode(torch.zeros(1, 3, 16, 16)).latent_dist.mode()
    assert torch.allclose(codec.to_latents(torch.zeros(1, 3, 16, 16)), (raw - 0.5) * 0.2)


@pytest.mark.parametrize("shape", [(16, 16), (0, 16, 3), (16, 16, 4)])
def test_what_is_no_picture_is_refused(shape):
    codec = load_latent()
    with pytest.raises(ShapeError, match="height, width, 3"):
        codec.encode(np.zeros(shape, np.uint8))


def test_another_reduction_is_refused(tmp_path):
    from diffusers import AutoencoderKL

    AutoencoderKL(block_out_channels=[8], norm_num_groups=4).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="expected 8"):
        load_latent(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="nowhere"):
        load_latent(tmp_path / "nowhere")


def test_pickled_weights_are_refused(tmp_path):
    model = NestedAutoencoder(widths=(8, 16))
    model.save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(ModelError, match="safetensors"):
        load_latent(tmp_path)


def test_cut_weights_are_refused(tmp_path):
    NestedAutoencoder(widths=(8, 16)).save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_latent(tmp_path)


def test_an_unknown_model_lists_those_that_ship():
    with pytest.raises(ModelError, match="nested_autoencoder"):
        shipped_model("nothing")


def test_shipped_weights_match_their_checksums():
    for name in ("nested_autoencoder", "jscc", "deepjscc"):
        verify_shipped(shipped_model(name))
        assert len(checksum(shipped_model(name))) == 12


def test_a_changed_byte_is_found(tmp_path):
    source = shipped_model("jscc")
    copy = tmp_path / "jscc"
    copy.mkdir()
    (tmp_path / "SHA256SUMS").write_bytes((source.parent / "SHA256SUMS").read_bytes())
    for path in source.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    verify_shipped(copy)
    weights = next(copy.glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="corrupt"):
        verify_shipped(copy)


def test_shipped_channels_are_ordered_by_importance(rng):
    codec = load_latent()
    image = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    gains = codec.importance(codec.encode(image).clone())
    assert float(gains[:4].mean()) > float(gains[4:8].mean()) > float(gains[8:].mean())
