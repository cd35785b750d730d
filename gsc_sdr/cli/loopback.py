# SPDX-License-Identifier: MIT
"""The verb ``loopback``: the product's main job on one machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gsc_sdr.link.engine import Engine
    from gsc_sdr.transceiver.loopback import LinkSettings

__all__ = ["loopback", "prompt_of"]


def loopback(
    images: Annotated[list[Path], typer.Argument(help="Pictures, up to 2048 x 2048 pixels.")],
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Goes along, <= 1000 bytes.")
    ] = None,
    channel: Annotated[str, typer.Option("--channel", help="Profile name or .toml file.")] = "awgn",
    snr_db: Annotated[float, typer.Option("--snr-db", help="Es/N0 of a subcarrier.")] = 10.0,
    cfo_hz: Annotated[float, typer.Option("--cfo-hz", help="Carrier offset.")] = 0.0,
    rate: Annotated[
        str, typer.Option("--rate", help="1/384, 1/192, 1/96 or 1/48; others up to 1/8.")
    ] = "1/48",
    codec: Annotated[
        str, typer.Option("--codec", help="gsc, or to compare: avif+ldpc, uncoded, deepjscc ...")
    ] = "gsc",
    sample_rate: Annotated[float, typer.Option("--sample-rate", help="Samples a second.")] = 1e6,
    seed: Annotated[int, typer.Option("--seed", help="Of noise, fading and silences.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and report.")] = Path(
        "out"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    vae: Annotated[str | None, typer.Option("--vae", help="Autoencoder: folder or hub id.")] = None,
    jscc: Annotated[str | None, typer.Option("--jscc", help="Folder of a codec.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    through: Annotated[str, typer.Option("--through", help="gnuradio or arrays.")] = "gnuradio",
) -> None:
    """Send pictures and their prompt through a GNU Radio link; show what arrives.

    A text file of the picture's name (photo.png, photo.txt) holds its prompt
    where --prompt is not given. Writes received.png, side_by_side.png,
    constellation.png, csi.png and report.json, for several pictures in a folder each.
    """
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.cli.through import runner
    from gsc_sdr.picture import open_picture
    from gsc_sdr.prompt.text import to_bytes
    from gsc_sdr.transceiver.loopback import LinkSettings

    settings = LinkSettings(profile(channel), snr_db, cfo_hz, rate, sample_rate, seed)
    run = runner(through)
    pictures = [(open_picture(path), prompt_of(path, prompt)) for path in images]
    for _, text in pictures:
        to_bytes(text)
    folders = _folders(images, out)
    from gsc_sdr.engine.by_name import CodecOptions

    options = CodecOptions(vae, jscc, device, snr_db, settings.channel.name)
    rows = _send(images, pictures, folders, (run, settings, codec, options))
    if len(rows) > 1:
        _write_text(out / "report.json", json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        typer.echo(json.dumps(rows if len(rows) > 1 else rows[0], ensure_ascii=False))
    else:
        _say(rows, out)


def _send(images: Any, pictures: Any, folders: list[Path], work: Any) -> list[dict[str, Any]]:
    """Send everything with progress on stderr; write each picture's results."""
    import time

    from rich.console import Console

    from gsc_sdr.engine.by_name import open_codec

    run, settings, codec, options = work
    console = Console(stderr=True)
    with console.status("loading the models") as status:
        engine = open_codec(codec, options)
        started = time.monotonic()
        status.update(f"sending {len(pictures)} picture(s) over {settings.channel.name}")
        done = run(pictures, engine, settings)
        total = time.monotonic() - started
        rows = []
        for path, (image, text), trip, folder in zip(
            images, pictures, done.trips, folders, strict=True
        ):
            status.update(f"drawing {folder}")
            alone = _reconstruct_alone(engine, image)
            row = _row((path, image, text), trip, settings, alone)
            row |= {"codec": codec, "models": getattr(engine, "models", {})}
            row["total_s"] = total / len(pictures)
            row["samples_per_s"] = done.samples_per_s
            _draw(folder, image, trip, (row, settings, alone))
            rows.append(row)
    return rows


def _row(
    sent: tuple[Path, NDArray[np.uint8], str],
    trip: Any,
    settings: LinkSettings,
    alone: NDArray[np.uint8] | None,
) -> dict[str, Any]:
    from gsc_sdr.experiments.report import report_row

    path, image, text = sent
    return {"image": path.name} | report_row(image, text, alone, trip, settings)


def _reconstruct_alone(engine: Engine, image: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Return what an autoencoder alone makes of an image; None for codecs without one."""
    reconstruct = getattr(engine, "reconstruct", None)
    return None if reconstruct is None else reconstruct(image)


def _draw(folder: Path, image: NDArray[np.uint8], trip: Any, about: Any) -> None:
    """Write pictures and report of one transmission; the report comes last."""
    from gsc_sdr.experiments.report import received_image
    from gsc_sdr.picture import save_picture
    from gsc_sdr.plots.figure import save

    row, settings, alone = about
    shown = received_image(image, trip)
    save_picture(shown, folder / "received.png")
    save(_side_by_side(image, alone, shown, row), folder / "side_by_side.png")
    if trip.picture is not None:
        _draw_link(folder, trip, settings, row)
    _write_text(folder / "report.json", json.dumps(row, indent=2, ensure_ascii=False) + "\n")


def _draw_link(folder: Path, trip: Any, settings: Any, row: dict[str, Any]) -> None:
    import numpy as np

    from gsc_sdr.plots.constellation import constellation
    from gsc_sdr.plots.csi import csi
    from gsc_sdr.plots.figure import save

    stream, picture = trip.stream, trip.picture
    heard = np.isfinite(picture.noise_var[: len(stream)])
    n_prompt = row["n_prompt_symbols"]
    index = np.arange(len(stream))
    arrived = picture.stream[: len(stream)]
    clouds = {
        "prompt (QPSK)": arrived[heard & (index < n_prompt)],
        "picture": arrived[heard & (index >= n_prompt)],
    }
    headline = f"{row['channel']}, {_number(row['snr_est_db'])} dB measured"
    shown = {name: cloud for name, cloud in clouds.items() if len(cloud)}
    save(constellation(shown, headline), folder / "constellation.png")
    carriers = np.asarray(settings.ofdm.active_carriers)
    save(csi(picture.csi.gain, carriers, headline), folder / "csi.png")


def _side_by_side(image: Any, alone: Any, shown: Any, row: dict[str, Any]) -> Any:
    from gsc_sdr.plots.pictures import Panel, side_by_side

    link = f"PSNR {_number(row['psnr_db'])} dB"
    if row["ms_ssim"] is not None:
        link += f", MS-SSIM {row['ms_ssim']:.3f}"
    frames = f"{row['frames_received']} of {row['frames_sent']} frames"
    prompt = "prompt ok" if row["prompt_ok"] else "prompt lost"
    panels = [Panel(image, "sent", f"{row['width']} x {row['height']} pixels")]
    if alone is not None:
        panels += [Panel(alone, "autoencoder alone", f"PSNR {_number(row['psnr_vae_db'])} dB")]
    panels += [Panel(shown, "received", f"{link}\n{frames}, {prompt}")]
    snr = "no noise" if row["snr_db"] is None else f"{row['snr_db']:g} dB"
    headline = f"{row['codec']}, {row['channel']}, {snr}, rate {row['rate']}"
    headline += f" ({row['n_symbols']} symbols)"
    if row.get("mcs"):
        headline += f", {row['mcs']}"
    return side_by_side(panels, headline)


def prompt_of(path: Path, prompt: str | None) -> str:
    """Return the prompt of a picture: the option, else the text file beside it."""
    beside = path.with_suffix(".txt")
    if prompt is not None or not beside.is_file():
        return prompt or ""
    from gsc_sdr.errors import ConfigError

    try:
        return beside.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{beside} is no UTF-8 text: mend it, or give --prompt") from error


def _folders(images: list[Path], out: Path) -> list[Path]:
    """Make a folder for each picture and see that it can be written to."""
    from gsc_sdr.errors import ConfigError

    stems = [path.stem for path in images]
    names = [s if stems.count(s) == 1 else f"{s}-{i}" for i, s in enumerate(stems)]
    folders = [out] if len(images) == 1 else [out / name for name in names]
    for folder in folders:
        probe = folder / ".write-test"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise ConfigError(
                f"--out {folder} cannot be written to ({error.strerror}): choose another folder"
            ) from error
    return folders


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _say(rows: list[dict[str, Any]], out: Path) -> None:
    """Print one line a picture."""
    for row in rows:
        prompt = repr(row["prompt_received"]) if row["prompt_ok"] else "lost"
        alone = row["psnr_vae_db"]
        beside = "" if alone is None else f" (autoencoder alone {_number(alone)} dB)"
        beside += " (nothing to see)" if row["failed"] else ""
        typer.echo(
            f"{row['image']}: PSNR {_number(row['psnr_db'])} dB{beside}, "
            f"{row['frames_received']} of {row['frames_sent']} frames, prompt {prompt}"
        )
    typer.echo(f"pictures and report in {out}")
