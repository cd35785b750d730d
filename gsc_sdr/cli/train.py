# SPDX-License-Identifier: MIT
"""The verb ``train``: the models that ship, and others like them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["train"]

train = typer.Typer(
    help="Train the autoencoder, the symbol codec, or a rival of both on a folder of pictures.",
    no_args_is_help=True,
)

_Data = Annotated[Path, typer.Option("--data", help="Folder of pictures, searched recursively.")]
_Out = Annotated[
    Path, typer.Option("--out", help="Folder for best/, log.jsonl, samples.png, state/.")
]
_Steps = Annotated[int, typer.Option("--steps", min=1, help="Total steps, earlier runs included.")]
_Batch = Annotated[int, typer.Option("--batch", min=2, help="Crops a step.")]
_Crop = Annotated[int, typer.Option("--crop", min=32, help="Side of a crop, pixels; whole 16s.")]
_Rate = Annotated[float, typer.Option("--lr", min=1e-6, max=1.0, help="Peak learning rate.")]
_Every = Annotated[int, typer.Option("--every", min=1, help="Steps between validations.")]
_Seed = Annotated[int, typer.Option("--seed", min=0, help="Of weights, crops and channels.")]
_Device = Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on from --out.")]


@train.command()
def vae(
    data: _Data,
    out: _Out,
    steps: _Steps = 12_000,
    batch: _Batch = 16,
    crop: _Crop = 128,
    lr: _Rate = 2e-3,
    every: _Every = 400,
    seed: _Seed = 0,
    device: _Device = "auto",
    resume: _Resume = False,
) -> None:
    """Train the nested autoencoder: pictures to 16 ordered latent channels and back.

    Starts from principal components, so the first validation is already a
    working codec; best/ always holds the best model so far.
    """
    from gsc_sdr.train.pictures import Pictures
    from gsc_sdr.train.vae import VaeRecipe

    settings = _settings(locals())
    pictures = Pictures(data, _whole(crop), seed)
    _run(VaeRecipe(pictures, batch, seed), settings)


@train.command()
def jscc(
    data: _Data,
    out: _Out,
    vae: Annotated[
        str | None,
        typer.Option("--vae", help="Autoencoder: folder or hub id; default the shipped."),
    ] = None,
    tune_vae: Annotated[
        bool, typer.Option("--tune-vae", help="Train the autoencoder along (best/vae).")
    ] = False,
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="With --tune-vae: error that latents must bear.")
    ] = 0.0,
    start: Annotated[
        Path | None, typer.Option("--start", help="Codec folder to start from.")
    ] = None,
    lpips: Annotated[
        Path | None, typer.Option("--lpips", help="Folder of lpips_squeeze.safetensors.")
    ] = None,
    perceptual: Annotated[
        float, typer.Option("--perceptual", help="With --lpips: its weight in the loss; 2 say.")
    ] = 0.0,
    structure: Annotated[
        float, typer.Option("--structure", help="Weight of MS-SSIM in the loss; 6 say.")
    ] = 0.0,
    anchor: Annotated[
        float, typer.Option("--anchor", help="With --tune-vae: weight of its own error; 3 say.")
    ] = 1.0,
    low_rates: Annotated[
        bool, typer.Option("--low-rates", help="Draw all rates alike, not half of all at 1/48.")
    ] = False,
    steps: _Steps = 12_000,
    batch: _Batch = 16,
    crop: _Crop = 128,
    lr: _Rate = 1.5e-3,
    every: _Every = 400,
    seed: _Seed = 0,
    device: _Device = "auto",
    resume: _Resume = False,
) -> None:
    """Train the joint source-channel codec: latents to symbols and back, at every rate.

    Trained through the autoencoder's decoder over random SNR, fading, erasures
    and rates.
    """
    from gsc_sdr.codec.latent import load_latent
    from gsc_sdr.engine.local import load_jscc
    from gsc_sdr.metrics.lpips import Lpips
    from gsc_sdr.train.jscc import JsccOptions, JsccRecipe
    from gsc_sdr.train.loss import PictureLoss
    from gsc_sdr.train.pictures import Pictures

    settings = _settings(locals())
    loss = PictureLoss(perceptual, Lpips.load(lpips) if lpips else None, structure, anchor)
    options = JsccOptions(batch, seed, tune_vae, tolerance, loss, low_rates)
    pictures = Pictures(data, _whole(crop), seed)
    codec = load_jscc(start)[0] if start else None
    _run(JsccRecipe(pictures, load_latent(vae), options, codec), settings)


@train.command()
def pixel(
    data: _Data,
    out: _Out,
    steps: _Steps = 6_000,
    batch: _Batch = 16,
    crop: _Crop = 128,
    lr: _Rate = 1.5e-3,
    every: _Every = 400,
    seed: _Seed = 0,
    device: _Device = "auto",
    resume: _Resume = False,
) -> None:
    """Train the pixel codec, a rival: pictures to symbols and back, with no latent between.

    Over the channels that the joint source-channel codec is trained for, at 1/48
    and 1/24.
    """
    from gsc_sdr.train.pictures import Pictures
    from gsc_sdr.train.pixel import PixelRecipe

    settings = _settings(locals())
    pictures = Pictures(data, _whole(crop), seed)
    _run(PixelRecipe(pictures, batch, seed), settings)


def _settings(options: dict[str, Any]) -> Any:
    """Return the TrainConfig of a verb's options, checked before anything is loaded."""
    from dataclasses import fields

    from gsc_sdr.train.loop import TrainConfig

    names = {field.name for field in fields(TrainConfig)}
    return TrainConfig(**{name: value for name, value in options.items() if name in names})


def _whole(crop: int) -> int:
    from gsc_sdr.config.rate import CELL
    from gsc_sdr.errors import ConfigError

    if crop % CELL:
        raise ConfigError(f"--crop is {crop}; give a multiple of {CELL}")
    return crop


def _run(recipe: Any, settings: Any) -> None:
    from gsc_sdr.train.loop import train as run

    best = run(recipe, settings)
    figures = ", ".join(f"{name} {value:.2f}" for name, value in best.items())
    typer.echo(f"best: {figures}\nsaved in {settings.out / 'best'}")
