# SPDX-License-Identifier: MIT
"""The verb ``bench``: figures of the link, each from one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gsc_sdr.cli.baselines import baselines
from gsc_sdr.cli.bler import bler, mcs
from gsc_sdr.cli.latency import latency
from gsc_sdr.cli.modem import modem
from gsc_sdr.cli.papr import papr
from gsc_sdr.cli.phy_speed import phy
from gsc_sdr.cli.stall import stall
from gsc_sdr.cli.sweep import sweep

__all__ = ["bench"]

bench = typer.Typer(help="Measure the link and print tables.", no_args_is_help=True)
for verb in (baselines, bler, latency, mcs, modem, papr, phy, stall, sweep):
    bench.command()(verb)

_COLUMNS = (
    ("rate", "rate", "{}"),
    ("snr_db", "SNR dB", "{:g}"),
    ("psnr_db", "PSNR dB", "{:.2f}"),
    ("psnr_vae_db", "VAE alone dB", "{:.2f}"),
    ("ms_ssim", "MS-SSIM", "{:.4f}"),
    ("snr_est_db", "est. SNR dB", "{:.2f}"),
    ("evm_db", "EVM dB", "{:.2f}"),
    ("failed", "failed", "{}"),
    ("frames_lost", "frames lost", "{}"),
    ("frames_sent", "of", "{}"),
    ("prompts_ok", "prompts ok", "{}"),
    ("images", "of", "{}"),
)


@bench.command()
def link(
    images: Annotated[Path, typer.Option("--images", help="A folder of pictures.")],
    snr_db: Annotated[str, typer.Option("--snr-db", help="List: 0,10,20")] = "0,10,20",
    rate: Annotated[str, typer.Option("--rate", help="List: 1/96,1/48")] = "1/48",
    codec: Annotated[
        str, typer.Option("--codec", help="gsc, or to compare: avif+ldpc, uncoded, deepjscc ...")
    ] = "gsc",
    channel: Annotated[str, typer.Option("--channel", help="Profile name or .toml file.")] = "awgn",
    through: Annotated[str, typer.Option("--through", help="gnuradio or arrays.")] = "gnuradio",
    crop: Annotated[int, typer.Option("--crop", min=0, help="Centre crop; 0: whole.")] = 256,
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="Send each picture so often.")] = 1,
    cfo_hz: Annotated[float, typer.Option("--cfo-hz", help="Carrier offset.")] = 0.0,
    prompt: Annotated[str, typer.Option("--prompt", help="Goes with each picture.")] = "a photo",
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    vae: Annotated[str | None, typer.Option("--vae", help="Another autoencoder.")] = None,
    jscc: Annotated[str | None, typer.Option("--jscc", help="Another codec.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the rows here.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw PSNR over SNR here.")] = None,
) -> None:
    """Send a folder of pictures at each rate and SNR; print means, one line a point."""
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.cli.through import runner
    from gsc_sdr.experiments.link import centre_crop
    from gsc_sdr.transceiver.loopback import LinkSettings

    settings = LinkSettings(channel=profile(channel), cfo_hz=cfo_hz, seed=seed)
    grid = [(name, value) for name in _names(rate) for value in _numbers(snr_db)]
    run = runner(through)
    found = _pictures(images)
    pictures = [(centre_crop(p, crop) if crop else p, prompt) for p in found] * repeat
    from gsc_sdr.engine.by_name import CodecOptions, open_codec

    options = CodecOptions(vae, jscc, device, grid[0][1], settings.channel.name)
    rows = _measure(pictures, open_codec(codec, options), settings, (grid, run))
    if as_json:
        _write(as_json, {"codec": codec, "through": through, "seed": seed, "rows": rows})
    if plot:
        from gsc_sdr.plots.figure import save
        from gsc_sdr.plots.link import quality_over_snr

        save(quality_over_snr(rows, "psnr_db", rows[0].get("psnr_vae_db")), plot)


@bench.command()
def vae(
    images: Annotated[Path, typer.Option("--images", help="A folder of pictures.")],
    channels: Annotated[str, typer.Option("--channels", help="List: 4,8,16")] = "4,8,16",
    crop: Annotated[int, typer.Option("--crop", min=0, help="Centre crop; 0: whole.")] = 256,
    model: Annotated[str | None, typer.Option("--vae", help="Another autoencoder.")] = None,
) -> None:
    """Decode pictures from the first channels of their latents; print mean PSNR."""
    from gsc_sdr.codec.latent import load_latent
    from gsc_sdr.errors import ConfigError
    from gsc_sdr.experiments.link import centre_crop
    from gsc_sdr.experiments.nested import nested_psnr_db

    codec = load_latent(model)
    kept = [int(value) for value in _numbers(channels, "--channels")]
    if not all(1 <= count <= codec.channels for count in kept):
        raise ConfigError(f"--channels is {channels}; {codec.name} has 1 to {codec.channels}")
    pictures = [centre_crop(p, crop) if crop else p for p in _pictures(images)]
    for count, value in nested_psnr_db(pictures, codec, kept).items():
        typer.echo(f"first {count} of {codec.channels} channels: PSNR {value:.2f} dB")


def _measure(pictures: Any, engine: Any, settings: Any, work: Any) -> list[dict[str, Any]]:
    """Run the grid with progress; print and return one summary a point."""
    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.experiments.link import bench_link, summarise

    grid, run = work
    points = bench_link(pictures, engine, settings, grid, run)
    console = Console(stderr=True)
    rows = [
        summarise(point)
        for point in track(points, "sending", total=len(grid), console=console, transient=True)
    ]
    wide = Console()
    wide.width = max(wide.width, 118)
    wide.print(_table(rows, settings.channel.name))
    return rows


def _table(rows: list[dict[str, Any]], channel: str) -> Any:
    from rich.table import Table

    table = Table(title=f"gsc-sdr bench link: {channel}", title_justify="left")
    for _, heading, _ in _COLUMNS:
        table.add_column(heading, justify="right")
    for row in rows:
        cells = ("-" if row[key] is None else text.format(row[key]) for key, _, text in _COLUMNS)
        table.add_row(*cells)
    return table


def _pictures(folder: Path) -> list[Any]:
    from gsc_sdr.errors import ImageError
    from gsc_sdr.picture import open_picture

    suffixes = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
    files = sorted(p for p in folder.glob("*") if p.suffix.lower() in suffixes)
    if not files:
        raise ImageError(
            f"--images {folder} holds no pictures: give a folder of PNG, JPEG ... files"
        )
    return [open_picture(path) for path in files]


def _names(text: str) -> list[str]:
    from gsc_sdr.config.rate import rate_by_name

    return [rate_by_name(name.strip()).name for name in text.split(",") if name.strip()]


def _numbers(text: str, option: str = "--snr-db") -> list[float]:
    import math

    from gsc_sdr.errors import ConfigError

    try:
        values = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise ConfigError(f"{option} is {text!r}; give numbers: 4,8,16") from error
    if not values or not all(math.isfinite(value) for value in values):
        raise ConfigError(f"{option} is {text!r}; give finite numbers: 4,8,16")
    return values


def _write(path: Path, content: dict[str, Any]) -> None:
    import json

    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(content, indent=1) + "\n")
    part.replace(path)
