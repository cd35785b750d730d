# SPDX-License-Identifier: MIT
"""Training: learns, can be resumed to the same weights, keeps the best, names what is wrong."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.codec.latent import LatentCodec, load_latent
from gsc_sdr.codec.pixel import PixelCodec
from gsc_sdr.errors import ConfigError, ModelError
from gsc_sdr.train.conditions import draw_alike, draw_conditions, fixed_conditions
from gsc_sdr.train.jscc import JsccOptions, JsccRecipe, send
from gsc_sdr.train.loop import TrainConfig, train
from gsc_sdr.train.pictures import Pictures
from gsc_sdr.train.pixel import PixelRecipe
from gsc_sdr.train.vae import VaeRecipe

pytestmark = pytest.mark.learn
TINY = {"widths": (8, 16), "encoder_depths": (1, 1), "decoder_depths": (1, 1)}
BY_SYMBOL = ("noise_var", "normal")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of 12 smooth pictures of 80 x 64 pixels."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for index in range(12):
        coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
        coarse.resize((80, 64), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


def config(out, **changes):
    settings = {"steps": 6, "batch": 4, "every": 3, "warmup": 2, "device": "cpu"} | changes
    return TrainConfig(out=out, **settings)


def weights(folder):
    from safetensors.torch import load_file

    return load_file(folder / "best" / "diffusion_pytorch_model.safetensors")


def test_the_autoencoder_learns_and_its_best_is_kept(folder, tmp_path):
    recipe = VaeRecipe(Pictures(folder, 32), 4, **TINY)
    with torch.no_grad():
        recipe.model.from_patches.weight.mul_(0.5)  # something to learn
    before = recipe.validate(recipe.model)["psnr_4_db"]
    best = train(recipe, config(tmp_path, steps=45, every=15, ema=0.8))
    assert best["psnr_4_db"] > before + 1
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [15, 30, 45]
    assert best["score"] == max(row["score"] for row in rows)
    assert load_latent(tmp_path / "best").channels == 16
    assert (tmp_path / "samples.png").is_file()
    assert "path" not in (tmp_path / "best" / "config.json").read_text()


def test_a_resumed_run_ends_like_one_that_was_not_stopped(folder, tmp_path):
    pictures = Pictures(folder, 32)
    train(VaeRecipe(pictures, 4, **TINY), config(tmp_path / "a", decay=1e-9))
    train(VaeRecipe(pictures, 4, **TINY), config(tmp_path / "b", decay=1e-9, steps=3))
    train(VaeRecipe(pictures, 4, **TINY), config(tmp_path / "b", decay=1e-9, resume=True))
    whole, resumed = weights(tmp_path / "a"), weights(tmp_path / "b")
    for name, tensor in whole.items():
        assert torch.allclose(tensor, resumed[name], atol=1e-3), name


def test_a_state_of_another_model_cannot_be_resumed(folder, tmp_path):
    pictures = Pictures(folder, 32)
    train(VaeRecipe(pictures, 4, **TINY), config(tmp_path, steps=1))
    with pytest.raises(ModelError, match="without --resume"):
        train(VaeRecipe(pictures, 4), config(tmp_path, resume=True))


@pytest.mark.parametrize("tune_vae", [False, True])
def test_the_codec_learns_through_the_decoder(folder, tmp_path, tune_vae):
    torch.manual_seed(0)
    pictures = Pictures(folder, 32)
    autoencoder = NestedAutoencoder(**TINY)
    autoencoder.set_linear(pictures.batch(0, 12))
    before = autoencoder.from_patches.weight.clone()
    options = JsccOptions(4, tune_vae=tune_vae, tolerance=0.001 * tune_vae)
    recipe = JsccRecipe(pictures, LatentCodec(autoencoder), options, JsccCodec(**TINY))
    first = recipe.validate(recipe.model)["score"]  # of a codec that knows nothing yet
    best = train(recipe, config(tmp_path, steps=20, every=10, ema=0.8))
    assert best["score"] > first
    assert torch.equal(before, autoencoder.from_patches.weight) != tune_vae
    assert JsccCodec.from_pretrained(tmp_path / "best" / "jscc").config.n_symbols == 16


def test_the_pixel_codec_learns_and_its_best_is_kept(folder, tmp_path):
    pictures = Pictures(folder, 32)
    sizes = {"widths": (8, 8, 16), "encoder_depths": (1, 1, 1), "decoder_depths": (1, 1, 1)}
    recipe = PixelRecipe(pictures, 4, **sizes)
    with torch.no_grad():
        recipe.model.codec.from_symbols.weight.mul_(0.5)  # something to learn
    first = recipe.validate(recipe.model)["score"]
    best = train(recipe, config(tmp_path, steps=40, every=20, ema=0.8))
    assert best["score"] > first + 0.5
    assert PixelCodec.from_pretrained(tmp_path / "best").config.n_symbols == 32
    assert (tmp_path / "samples.png").is_file()


def test_pixel_training_resumes_to_the_same_weights(folder, tmp_path):
    pictures = Pictures(folder, 32)
    sizes = {"widths": (8, 8, 16), "encoder_depths": (1, 1, 1), "decoder_depths": (1, 1, 1)}
    for out, steps in (("a", (4,)), ("b", (2, 4))):
        for count in steps:
            settings = config(tmp_path / out, steps=count, every=2, decay=1e-9, resume=True)
            train(PixelRecipe(pictures, 4, **sizes), settings)
    whole, resumed = weights(tmp_path / "a"), weights(tmp_path / "b")
    for name, tensor in whole.items():
        assert torch.allclose(tensor, resumed[name], atol=1e-3), name


def test_batches_depend_on_seed_and_step_only(folder):
    first, again = Pictures(folder, 32, seed=3), Pictures(folder, 32, seed=3)
    assert torch.equal(first.batch(7, 4), again.batch(7, 4))
    assert not torch.equal(first.batch(7, 4), first.batch(8, 4))


def test_held_out_pictures_are_never_drawn(folder):
    pictures = Pictures(folder, 32)
    assert pictures.held_out
    assert not set(pictures.held_out) & set(pictures.files)


def test_small_pictures_are_enlarged(folder):
    assert Pictures(folder, 128).batch(0, 2).shape == (2, 3, 128, 128)


def test_conditions_have_the_statistics_they_promise(rng):
    draw = draw_conditions(rng, 400, (4, 4), bypass=0.25)
    snr_db = -10 * torch.log10(draw.noise_var.flatten(1).median(dim=1).values)
    assert draw.bypass.sum() == 100
    assert snr_db.isfinite().float().mean() > 0.95
    assert float(draw.normal.abs().square().mean()) == pytest.approx(1, rel=0.05)
    assert set(draw.kept[~draw.bypass].tolist()) == {2, 4, 8, 16}


@pytest.mark.parametrize(("low_rates", "share"), [(False, 0.5), (True, 0.25)])
def test_low_rates_draws_all_rates_alike(rng, low_rates, share):
    kept = draw_conditions(rng, 2000, (1, 1), low_rates=low_rates).kept
    shares = {n: float((kept == n).float().mean()) for n in (2, 4, 8, 16)}
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[16] == pytest.approx(share, abs=0.04)
    if low_rates:
        assert min(shares.values()) == pytest.approx(share, abs=0.04)


def test_low_rates_reaches_the_channel_that_the_codec_is_trained_over(folder):
    def loss(low_rates):
        autoencoder = NestedAutoencoder(**TINY)
        autoencoder.set_linear(pictures.batch(0, 12))
        options = JsccOptions(8, low_rates=low_rates)
        recipe = JsccRecipe(pictures, LatentCodec(autoencoder), options)
        return float(recipe.loss(0, torch.device("cpu"), 0).detach())

    pictures = Pictures(folder, 32)
    torch.manual_seed(0)
    assert loss(True) > loss(False)  # fewer symbols, larger error


def test_rates_drawn_alike_see_the_same_kinds_of_channel(rng):
    draw = draw_alike(rng, 400, (4, 4), (16, 32))
    assert draw.noise_var.shape == draw.normal.shape == (400, 32, 4, 4)
    assert set(draw.kept.tolist()) == {16, 32}
    assert float((draw.kept == 32).float().mean()) == pytest.approx(0.5, abs=0.08)
    assert not draw.bypass.any()
    lossy = draw.noise_var.isinf().flatten(1).any(dim=1).float().mean()
    assert float(lossy) == pytest.approx(0.3, abs=0.08)


def test_symbols_that_the_channel_has_no_room_for_are_not_sent(folder):
    torch.manual_seed(0)
    x = Pictures(folder, 32).batch(0, 2)
    codec = PixelCodec(8, (8, 8, 16), (1, 1, 1), (1, 1, 1)).eval()
    with torch.no_grad():
        codec.set_linear(x)
        draw = fixed_conditions(2, 2, 2, 4, 100.0)  # has 16 symbols a cell
        shown = send(codec, x, replace(draw, **{k: getattr(draw, k)[:, :4] for k in BY_SYMBOL}))
        wanted = codec.decode(codec.encode(x)[:, :4], torch.zeros(2, 4, 2, 2))
    assert torch.allclose(shown, wanted, atol=1e-3)


def test_fixed_conditions_are_repeatable():
    first, again = (fixed_conditions(2, 3, 3, 8, 10.0) for _ in range(2))
    assert torch.equal(first.normal, again.normal)
    assert torch.allclose(first.noise_var, torch.tensor(0.1))


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"steps": 0}, "steps"), ({"device": "tpu"}, "tpu"), ({"batch": 0}, "batch")],
)
def test_settings_that_cannot_work_are_named(changes, named, tmp_path):
    with pytest.raises(ConfigError, match=named):
        config(tmp_path, **changes)


@pytest.mark.parametrize("tolerance", [-0.1, 1.0, 0.01])
def test_a_tolerance_that_cannot_work_is_named(tolerance):
    with pytest.raises(ConfigError, match="tolerance"):
        JsccOptions(tolerance=tolerance)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match="0 pictures"):
        Pictures(tmp_path, 32)
    with pytest.raises(ConfigError, match="no folder"):
        Pictures(tmp_path / "none", 32)
