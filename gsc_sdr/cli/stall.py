# SPDX-License-Identifier: MIT
"""The verb ``bench stall``: whether decoding holds up the sample stream."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["stall"]


def stall(
    image: Annotated[
        Path | None, typer.Option("--image", help="Default: the demo picture.")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="For each of two.")] = 10.0,
    rate: Annotated[str, typer.Option("--rate", help="1/384, 1/192, 1/96 or 1/48.")] = "1/48",
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Feed the GNU Radio receiver a stored stream; compare it with and without decoding.

    The stream is one picture's frames, back to back, repeated as fast as the
    receiver takes them.
    """
    import json

    from rich.console import Console
    from rich.table import Table

    from gsc_sdr.cli.through import runner

    runner("gnuradio")
    with Console(stderr=True).status("measuring"):
        found = _measure(image, rate, seconds)
    table = Table("", "Msamples/s searched", "Msamples/s read", "pictures/s", title="receiver")
    for name, row in found.items():
        cells = (row["searched_sps"] / 1e6, row["parsed_sps"] / 1e6, row["images_per_s"])
        table.add_row(name, *(f"{value:.2f}" for value in cells))
    Console().print(table)
    ratio = found["decoding"]["searched_sps"] / found["alone"]["searched_sps"]
    typer.echo(f"with the networks at work the stream runs at {100 * ratio:.0f} % of its speed")
    if as_json:
        as_json.write_text(json.dumps(found | {"ratio": ratio}, indent=1) + "\n")


def _measure(image: Path | None, rate: str, seconds: float) -> dict[str, dict[str, float]]:
    """Return what the receiver does alone, and while the networks decode."""
    from dataclasses import asdict
    from importlib.resources import files

    from gsc_sdr.engine.local import LocalEngine
    from gsc_sdr.link.engine import FakeEngine
    from gsc_sdr.phy.ofdm import OfdmConfig
    from gsc_sdr.picture import open_picture
    from gsc_sdr.radio.stall import receive_rate
    from gsc_sdr.transceiver.chain import Transmitter

    pixels = open_picture(image or str(files("gsc_sdr") / "data" / "demo.png"))
    engines: dict[str, Any] = {"alone": FakeEngine(), "decoding": LocalEngine()}
    _, samples = Transmitter(engines["decoding"], rate, OfdmConfig()).send(pixels, "")
    return {name: asdict(receive_rate(samples, one, seconds)) for name, one in engines.items()}
