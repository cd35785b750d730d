# SPDX-License-Identifier: MIT
"""The verb ``bench phy``: samples a second, beside GNU Radio's own modem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["phy"]

_RADIO_SPS = 4e6
_ROWS = (
    ("stock_msps", "(a) ofdm_tx, channel_model, ofdm_rx"),
    ("ours_msps", "(b) our transmitter, channel_model, our receiver"),
    ("receiver_msps", "(c) our receiver on stored frames, back to back"),
    ("noise_only_msps", "(d) our receiver on noise alone"),
    ("receiver_with_decoder_msps", "(e) as (c), while an image decoder works"),
)


def phy(
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Once, and not three times.")] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="For each figure.")] = 2.0,
    decoder: Annotated[
        bool, typer.Option(help="With --no-decoder, no network is loaded, and (e) left out.")
    ] = True,
) -> None:
    """Measure both modems in turn; print medians in Msamples/s and their ratios.

    A sample counts when it has gone all the way: for our receiver, when its frame
    was read. Last comes the pace of a radio, 4 Msamples/s, with the decoder at work.
    """
    import json
    from statistics import median

    from gsc_sdr.recording.commit import git_commit

    if as_json:
        as_json.touch()  # a place that cannot be written to is told now, not at the end
    runs = _measure(1 if quick else 3, seconds, decoder)
    found: dict[str, Any] = {name: median(values) for name, values in runs["figures"].items()}
    found |= {"runs": runs["figures"], "paced": runs["paced"], "commit": git_commit()}
    _show(found)
    if as_json:
        as_json.write_text(json.dumps(found, indent=1) + "\n")


def _measure(repeats: int, seconds: float, with_decoder: bool) -> dict[str, Any]:
    """Take each figure ``repeats`` times, in turn."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.cli.through import runner

    runner("gnuradio")
    from gsc_sdr.radio.intake import IdleEngine, paced

    samples, engine = _stream(with_decoder)
    takes = _takes(samples, engine, seconds)
    figures: dict[str, list[float]] = {}
    console, turns = Console(stderr=True), list(takes) * repeats
    for take in track(turns, "measuring", console=console, transient=True):
        for name, value in take().items():
            figures.setdefault(name, []).append(value)
    at_pace = paced(samples, engine or IdleEngine(), _RADIO_SPS, seconds)
    return {"figures": figures, "paced": asdict(at_pace)}


def _takes(samples: Any, engine: Any, seconds: float) -> list[Callable[[], dict[str, float]]]:
    """Return functions that each measure something once."""
    import numpy as np

    from gsc_sdr.radio.intake import IdleEngine, intake
    from gsc_sdr.radio.speed import our_speed, stock_speed

    parts = np.random.default_rng(0).standard_normal((1 << 20, 2), np.float32)
    noise = parts.view(np.complex64)[:, 0]

    def stock() -> dict[str, float]:
        return _carried("stock", stock_speed(seconds))

    def ours() -> dict[str, float]:
        return _carried("ours", our_speed(seconds))

    def read(name: str, samples: Any, engine: Any) -> dict[str, float]:
        speed = intake(samples, engine, seconds)
        return {f"{name}_msps": speed.sps / 1e6, f"{name}_cpu_ns": 1e9 * speed.cpu_s}

    alone = IdleEngine()
    takes = [
        stock,
        ours,
        lambda: read("receiver", samples, alone),
        lambda: read("noise_only", noise, alone),
    ]
    if engine is not None:
        takes.append(lambda: read("receiver_with_decoder", samples, engine))
    return takes


def _carried(name: str, speed: Any) -> dict[str, float]:
    """Return the figures of one modem."""
    figures = {"msps": speed.sps / 1e6, "delivery": speed.delivery, "cpu_ns": 1e9 * speed.cpu_s}
    return {f"{name}_{key}": value for key, value in figures.items()}


def _stream(with_decoder: bool) -> tuple[Any, Any]:
    """Return the frames of the demo picture, and what decodes them, if anything."""
    from importlib.resources import files

    from gsc_sdr.link.engine import FakeEngine
    from gsc_sdr.phy.ofdm import OfdmConfig
    from gsc_sdr.picture import open_picture
    from gsc_sdr.transceiver.chain import Transmitter

    engine: Any = None
    if with_decoder:
        from gsc_sdr.engine.local import LocalEngine

        engine = LocalEngine()
    image = open_picture(str(files("gsc_sdr") / "data" / "demo.png"))
    _, samples = Transmitter(engine or FakeEngine(), "1/48", OfdmConfig()).send(image, "")
    return samples, engine


def _show(found: dict[str, Any]) -> None:
    """Print the figures, and the ratios that matter."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "Msamples/s", title="gsc-sdr bench phy", title_justify="left")
    table.columns[1].justify = "right"
    for name, text in _ROWS:
        if name in found:
            table.add_row(text, f"{found[name]:.2f}")
    Console().print(table)
    typer.echo(
        f"(b) / (a): {found['ours_msps'] / found['stock_msps']:.2f}, delivering "
        f"{found['ours_delivery']:.4f} against {found['stock_delivery']:.4f}"
    )
    names = {"a": "stock", "b": "ours", "c": "receiver", "d": "noise_only"}
    used = (f"({letter}) {found[f'{name}_cpu_ns']:.0f} ns" for letter, name in names.items())
    typer.echo(f"CPU time a sample, all cores together: {', '.join(used)}")
    if "receiver_with_decoder_msps" in found:
        ratio = found["receiver_with_decoder_msps"] / found["receiver_msps"]
        typer.echo(f"(e) / (c): {ratio:.2f}")
    paced = found["paced"]
    typer.echo(
        f"at {_RADIO_SPS / 1e6:g} Msamples/s: {paced['sps'] / 1e6:.2f} taken, "
        f"{paced['n_delivered']} of {paced['n_sent']} frames read, "
        f"{paced['n_waiting']} still waited when the last sample came"
    )
