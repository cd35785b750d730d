# SPDX-License-Identifier: MIT
"""The verb ``transmit``: pictures onto the air, or onto the way to a simulated one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gsc_sdr.cli.options import EngineName, JsonStatus, KeyFolder, OfdmFile, SampleRate
from gsc_sdr.link.address import AIR_IN, CONTROL

__all__ = ["pictures_of", "transmit"]

_ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".avif"}


def transmit(
    image: Annotated[
        str, typer.Argument(help="A picture, a folder, demo, or - for one path a line on stdin.")
    ],
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Goes with every picture, up to 1000 bytes.")
    ] = None,
    rate: Annotated[
        str, typer.Option("--rate", help="Symbols a pixel value: 1/384, 1/192, 1/96, 1/48.")
    ] = "1/48",
    repeat: Annotated[
        int, typer.Option("--repeat", min=0, help="How often to send them all; 0: for ever.")
    ] = 1,
    address: Annotated[str, typer.Option("--address", help="Where samples can be had.")] = AIR_IN,
    control: Annotated[
        str, typer.Option("--control", help="Where channel state comes in; '' for nowhere.")
    ] = CONTROL,
    radio: Annotated[
        str | None, typer.Option("--radio", help="Send by a radio: its profile's name, or .toml.")
    ] = None,
    record: Annotated[str, typer.Option("--record", help="SigMF recording of what is sent.")] = "",
    sample_rate: SampleRate = 1e6,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Keep to the sample rate, and run no faster.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of the silences; makes a run repeatable.")
    ] = None,
    ofdm: OfdmFile = None,
    engine: EngineName = "local",
    keys: KeyFolder = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    json_status: JsonStatus = False,
) -> None:
    """Send pictures with their prompts; end when all are sent and taken.

    A text file of a picture's name (photo.png, photo.txt) holds its prompt where
    --prompt is not given. Samples wait for `gsc-sdr channel`, or `gsc-sdr receive`,
    to take them; either may be started first. Three terminals make a link:
    `gsc-sdr receive`, `gsc-sdr channel --profile tdl-a`, `gsc-sdr transmit demo`.
    """
    from gsc_sdr.cli.ends import live_end, open_engine, read_parts

    def make() -> Any:
        parts = read_parts(ofdm, keys, radio)
        from gsc_sdr.radio.transmit import TransmitGraph, TransmitSettings

        settings = TransmitSettings(
            rate=rate,
            sample_rate=sample_rate,
            address=address,
            control=control,
            record=record,
            seed=seed,
            is_realtime=realtime,
            **parts,
        )
        pictures = pictures_of(image, prompt, repeat)
        return TransmitGraph(pictures, open_engine(engine, device, keys), settings)

    live_end("transmit", json_status, make)


def pictures_of(image: str, prompt: str | None, repeat: int = 1) -> Iterator[tuple[Path, str]]:
    """Return pictures with their prompts, one after the other.

    Parameters
    ----------
    image : str
        A file, a folder, ``demo``, or ``-``.
    prompt : str or None
        Of every picture; None for that of the text file beside each.
    repeat : int
        How often; 0 for ever. Standard input is read once.

    Raises
    ------
    ConfigError, ImageError
        If there is no such file, no picture in the folder, or the prompt is too long.
    """
    from gsc_sdr.errors import ConfigError, ImageError
    from gsc_sdr.prompt.text import to_bytes

    to_bytes(prompt or "")
    if image == "-":
        return _of_stdin(prompt)
    place = Path(image)
    found = [place]
    if place.is_dir():
        found = sorted(p for p in place.iterdir() if p.suffix.lower() in _ENDINGS)
        if not found:
            raise ConfigError(f"{place} has no picture: give a folder of PNG, JPEG, WebP ...")
    elif not place.is_file() and image != "demo":
        raise ImageError(f"{place} does not exist: name a picture, a folder of them, or -")
    return _again([(path, _prompt(path, prompt)) for path in found], repeat)


def _again(pictures: list[tuple[Path, str]], repeat: int) -> Iterator[tuple[Path, str]]:
    n_done = 0
    while not repeat or n_done < repeat:
        yield from pictures
        n_done += 1


def _of_stdin(prompt: str | None) -> Iterator[tuple[Path, str]]:
    import sys

    from gsc_sdr.errors import ConfigError

    for line in filter(str.strip, sys.stdin):
        path = Path(line.rstrip("\n"))
        try:
            yield path, _prompt(path, prompt)
        except ConfigError as error:
            typer.echo(f"gsc-sdr transmit: passed over: {error}", err=True)


def _prompt(path: Path, prompt: str | None) -> str:
    """Return the prompt of a picture: the option, else the text file beside it."""
    from gsc_sdr.cli.loopback import prompt_of

    return prompt_of(path, prompt)
