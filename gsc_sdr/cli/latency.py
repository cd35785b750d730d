# SPDX-License-Identifier: MIT
"""The verb ``bench latency``: where a picture's time goes, and what would make it shorter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gsc_sdr.engine.local import LocalEngine
    from gsc_sdr.experiments.latency import Sent

__all__ = ["latency"]

_MAX_SIDE = 2048
_GOAL = 0.10
_THROUGH = ("arrays", "gnuradio")


def latency(
    sizes: Annotated[str, typer.Option("--sizes", help="Sides of pictures: 256,512")] = "256,512",
    repeat: Annotated[int, typer.Option("--repeat", min=1, help="Turns that count.")] = 20,
    rate: Annotated[str, typer.Option("--rate", help="1/384, 1/192, 1/96 or 1/48.")] = "1/48",
    channel: Annotated[str, typer.Option("--channel", help="Profile name or .toml file.")] = "awgn",
    snr_db: Annotated[float, typer.Option("--snr-db", help="Es/N0 of a subcarrier.")] = 10.0,
    images: Annotated[
        Path | None, typer.Option("--images", help="A folder; default: the demo picture.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Default: that of the demo picture.")
    ] = None,
    pictures: Annotated[
        int, typer.Option("--pictures", min=0, help="One behind the other, for pictures/s.")
    ] = 8,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="Of torch; default: its own choice.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "cpu",
    precision: Annotated[str, typer.Option("--precision", help="float32 or bfloat16.")] = "float32",
    try_all: Annotated[
        bool, typer.Option("--try-all", help="Try threads, formats, compilers; takes minutes.")
    ] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Time encode, frame, synchronise and decode beside the bare networks, in one run.

    Overhead is what all stages take over the networks alone, on the same inputs, in
    turn: by the clock, and by processor time, which other work disturbs less. The
    simulated channel is left out of it. Peak memory is the process's so far.
    """
    import json

    import torch

    import gsc_sdr
    from gsc_sdr.cli.loopback import prompt_of
    from gsc_sdr.engine.local import LocalEngine

    sides = _sides(sizes)
    found = _open(images)
    if as_json:
        as_json.touch()  # a place that cannot be written to is told now, not at the end
    if threads is not None:
        torch.set_num_threads(threads)
    engine = LocalEngine(device=device, precision=precision)
    settings = _settings(channel, snr_db, rate)
    text = prompt_of(Path(gsc_sdr.__file__).parent / "data" / "demo.png", prompt)
    rows, tried = [], []
    for side in sides:
        fitted = [_fit(image, side) for image in found]
        rows.append(_measure(fitted[0], text, settings, (engine, repeat, pictures)))
    _show(rows)
    if try_all:
        for side in sides:
            tried += _try_all([_fit(image, side) for image in found], engine, repeat)
        _show_tried(tried)
    if as_json:
        content = {"rows": rows, "stages": _stages(rows), "tried": tried} | _machine()
        as_json.write_text(json.dumps(content, indent=1) + "\n")


def _measure(image: Any, prompt: str, settings: Any, work: Any) -> dict[str, Any]:
    """Return the row of one size."""
    from rich.console import Console

    from gsc_sdr.experiments.latency import Sent, measure_latency

    engine, repeat, count = work
    sent, side = Sent(image, prompt, settings), image.shape[0]
    with Console(stderr=True).status(f"measuring at {side} pixels"):
        row = measure_latency(sent, engine, repeat)
        row["pictures_per_s"] = {
            "bare": 1 / row["bare"]["p50_s"],
            "stages": 1 / row["total"]["p50_s"],
        }
        if count:
            row["pictures_per_s"] |= _throughput(sent, engine, count)
    return row


def _throughput(sent: Sent, engine: LocalEngine, count: int) -> dict[str, float | None]:
    """Return pictures a second through arrays and GNU Radio; None where that is missing."""
    from gsc_sdr.cli.through import runner
    from gsc_sdr.errors import MissingError
    from gsc_sdr.experiments.latency import pictures_per_s

    found: dict[str, float | None] = {}
    for through in _THROUGH:
        try:
            found[through] = pictures_per_s(sent, engine, count, runner(through))
        except MissingError as error:
            typer.echo(f"{through}: not measured: {error}", err=True)
            found[through] = None
    return found


def _try_all(images: Any, engine: LocalEngine, repeat: int) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.experiments.speedups import WAYS, try_way

    console, text = Console(stderr=True), f"trying at {images[0].shape[0]} pixels"
    ways = track(WAYS, text, console=console, transient=True)
    return [try_way(name, images, engine, repeat) for name in ways]


def _stages(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the times as one list; the air's is what its samples last."""
    entries = []
    for row in rows:
        air = dict.fromkeys(("p50_s", "p95_s", "p99_s", "max_s"), row["air_time_s"])
        by_name = {"encode": row["stages"]["encode"], "frame": row["stages"]["frame"]}
        by_name |= {"air": {"n": row["total"]["n"]} | air}
        by_name |= row["stages"] | {"all but air": row["total"], "networks alone": row["bare"]}
        entries += [{"stage": name, "size": row["size"]} | own for name, own in by_name.items()]
    return entries


def _machine() -> dict[str, Any]:
    """Return what the figures were measured with."""
    import platform

    import torch

    from gsc_sdr.recording.commit import git_commit

    return {
        "machine": platform.machine(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "commit": git_commit(),
    }


def _settings(channel: str, snr_db: float, rate: str) -> Any:
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.transceiver.loopback import LinkSettings

    return LinkSettings(profile(channel), snr_db, rate=rate)


def _open(folder: Path | None) -> list[Any]:
    from gsc_sdr.errors import ImageError
    from gsc_sdr.picture import open_picture

    if folder is None:
        return [open_picture("demo")]
    suffixes = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in suffixes)
    if not files:
        raise ImageError(f"--images {folder} holds no pictures: give a folder of PNG, JPEG ...")
    return [open_picture(path) for path in files]


def _fit(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Cut the middle square out of an image, scaled up first where it is smaller."""
    import numpy as np
    from PIL import Image

    from gsc_sdr.experiments.link import centre_crop

    height, width = image.shape[:2]
    if min(height, width) < side:
        scale = side / min(height, width)
        size = (max(side, round(width * scale)), max(side, round(height * scale)))
        image = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
    return np.ascontiguousarray(centre_crop(image, side))


def _sides(text: str) -> list[int]:
    from gsc_sdr.errors import ConfigError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdigit() and 16 <= int(part) <= _MAX_SIDE for part in parts):
        raise ConfigError(f"--sizes is {text!r}; give sides of 16 to {_MAX_SIDE} pixels: 256,512")
    return sorted({int(part) for part in parts})  # ascending, so that peak memory is each one's


def _show(rows: list[dict[str, Any]]) -> None:
    """Print times in ms, and what is around the networks."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="gsc-sdr bench latency: ms", title_justify="left")
    for heading in ("pixels", "", "p50", "p95", "p99", "of"):
        table.add_column(heading, justify="left" if not heading else "right")
    for row in rows:
        parts = row["stages"] | {"all stages": row["total"]} | row["networks"]
        for name, own in (parts | {"bare networks": row["bare"]}).items():
            times = (f"{1000 * own[key]:.1f}" for key in ("p50_s", "p95_s", "p99_s"))
            table.add_row(str(row["size"]), name.replace("_", " "), *times, str(own["n"]))
        table.add_section()
    Console().print(table)
    for row in rows:
        speeds = ", ".join(
            f"{name} {'-' if speed is None else f'{speed:.2f}'}"
            for name, speed in row["pictures_per_s"].items()
        )
        typer.echo(
            f"{row['size']}: overhead {100 * row['overhead']:.1f} % by the clock, "
            f"{100 * row['overhead_cpu']:.1f} % of processor time (goal {100 * _GOAL:g} %); "
            f"air {1000 * row['air_time_s']:.1f} ms, simulated channel "
            f"{1000 * row['channel_s']:.1f} ms; {row['threads']} threads of torch on "
            f"{row['cpus']} processors, {row['device']}, {row['precision']}; peak memory "
            f"{row['peak_rss_bytes'] / 2**20:.0f} MiB; pictures/s: {speeds}"
        )


def _show_tried(tried: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="tried, beside plain float32", title_justify="left")
    for heading in ("pixels", "way", "time", "processor time", "PSNR dB", "worst", "verdict"):
        table.add_column(heading, justify="left" if heading in ("way", "verdict") else "right")
    for row in tried:
        figures: tuple[str, ...] = ("-",) * 4
        if "ratio" in row:
            figures = (
                *(f"x {row[key]:.2f}" for key in ("ratio", "ratio_cpu")),
                *(f"{row[key]:+.3f}" for key in ("psnr_change_db", "psnr_worst_db")),
            )
        said = row["verdict"] + (f": {row['why']}" if row["why"] else "")
        table.add_row(str(row["size"]), row["way"], *figures, said)
    Console().print(table)
