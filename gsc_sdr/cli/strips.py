# SPDX-License-Identifier: MIT
"""The verb ``plot strips``: one picture sent by several codecs at several SNRs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gsc_sdr.plots.strips import Strip, Tile

__all__ = ["Sending", "draw_strips", "strips"]

_SNRS_DB = (-5.0, 0.0, 5.0, 10.0, 15.0)


@dataclass(frozen=True)
class Sending:
    """How the picture is sent.

    Attributes
    ----------
    snrs_db : tuple of float, dB
        Es/N0 of a subcarrier, a column each.
    channel : str
        Name of a profile, or a .toml file.
    crop : int, pixels
        Side of the centre crop; 0 for the whole picture.
    seed : int
        Of noise and fading; the same for all.
    vae, jscc : str or None
        Models; None for those that ship.
    """

    snrs_db: tuple[float, ...] = _SNRS_DB
    channel: str = "awgn"
    crop: int = 0
    seed: int = 0
    vae: str | None = None
    jscc: str | None = None


def strips(
    image: Annotated[str, typer.Option("--image", help="A picture, or demo.")] = "demo",
    codecs: Annotated[str, typer.Option("--codecs", help="List, a row each.")] = "gsc,avif+ldpc",
    rates: Annotated[str, typer.Option("--rates", help="List, a row each.")] = "1/96",
    snr_db: Annotated[
        str, typer.Option("--snr-db", help="List, a column each: --snr-db=-5,0,5.")
    ] = "-5,0,5,10,15",
    channel: Annotated[str, typer.Option("--channel", help="Profile name or .toml file.")] = "awgn",
    crop: Annotated[int, typer.Option("--crop", min=0, help="Centre crop; 0: whole.")] = 0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of noise and fading.")] = 0,
    out: Annotated[Path, typer.Option("--out", help="Folder of the figure.")] = Path("figures"),
    vae: Annotated[str | None, typer.Option("--vae", help="Another autoencoder.")] = None,
    jscc: Annotated[str | None, typer.Option("--jscc", help="Another codec.")] = None,
) -> None:
    """Send one picture by each codec at each SNR, and show what arrives, row by row.

    The picture goes through the whole link in arrays: frames, channel, synchronisation,
    equaliser. Modulation and code rate of digital codecs are chosen for each SNR;
    avif+ldpc@10 keeps those of 10 dB.
    """
    from gsc_sdr.cli.sweep import numbers, words

    how = Sending(numbers(snr_db), channel, crop, seed, vae, jscc)
    for path in draw_strips(image, words(codecs), words(rates), out, how):
        typer.echo(path)


def draw_strips(
    image: str,
    codecs: Sequence[str],
    rates: Sequence[str],
    out: Path,
    how: Sending | None = None,
    is_lenient: bool = False,
) -> list[Path]:
    """Send a picture, draw the strips and return the files.

    Parameters
    ----------
    image : str
        A file, or ``demo``.
    codecs, rates : sequence of str
        A row for each pair.
    out : Path
        A folder; made if need be.
    how : Sending, optional
        The rest.
    is_lenient : bool
        Whether to leave out a codec that cannot be had, with a line on stderr.

    Raises
    ------
    GscError
        If a codec is unknown or cannot be had, or something is out of range.
    """
    from itertools import product

    from rich.console import Console

    from gsc_sdr.cli.loopback import prompt_of
    from gsc_sdr.errors import ConfigError
    from gsc_sdr.experiments.link import centre_crop
    from gsc_sdr.picture import open_picture
    from gsc_sdr.plots.figure import save_both
    from gsc_sdr.plots.strips import Strip, Tile
    from gsc_sdr.plots.strips import strips as draw

    how = how or Sending()
    if not codecs or not rates:
        raise ConfigError("--codecs or --rates is empty; name at least one of each")
    _check(codecs, rates, how)
    whole = open_picture(image)
    pixels = centre_crop(whole, how.crop) if how.crop else whole
    sent = (pixels, prompt_of(Path(image), None))
    rows: list[Strip] = []
    with Console(stderr=True).status("sending") as status:
        for codec, rate in product(codecs, rates):
            status.update(f"sending by {codec} at rate {rate}")
            send = _tiles_or_none if is_lenient else _tiles
            tiles = send(sent, codec, rate, how)
            label = codec if len(rates) == 1 else f"{codec}, {rate}"
            if tiles:
                rows.append(Strip(label, (*tiles, Tile(pixels, "PSNR, MS-SSIM"))))
    if not rows:
        return []
    heads = [*(f"{snr_db:g} dB".replace("-", "\u2212") for snr_db in how.snrs_db), "sent"]
    about = f"rate {rates[0]}, " if len(rates) == 1 else ""
    title = f"One picture over SNR, {about}{_channel_name(how)}"
    return save_both(draw(rows, heads, title, _notes(codecs, how)), out / _stem(rates, how))


def _check(codecs: Sequence[str], rates: Sequence[str], how: Sending) -> None:
    """Refuse what cannot be sent before anything is."""
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.engine.by_name import read_name
    from gsc_sdr.transceiver.loopback import LinkSettings

    for codec in codecs:
        read_name(codec)
    for rate in rates:
        for snr_db in how.snrs_db:
            LinkSettings(profile(how.channel), snr_db, rate=rate, seed=how.seed)


def _tiles(sent: tuple[NDArray[np.uint8], str], codec: str, rate: str, how: Sending) -> list[Tile]:
    """Send the picture at each SNR and return what arrives."""
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.engine.by_name import CodecOptions, open_codec
    from gsc_sdr.experiments.report import received_image, report_row
    from gsc_sdr.plots.strips import Tile
    from gsc_sdr.plots.style import is_digital
    from gsc_sdr.transceiver.loopback import LinkSettings, loopback

    tiles: list[Tile] = []
    engine: Any = None
    for snr_db in how.snrs_db:
        settings = LinkSettings(profile(how.channel), snr_db, rate=rate, seed=how.seed)
        if engine is None or is_digital(codec):  # its modulation is chosen for the SNR
            options = CodecOptions(how.vae, how.jscc, "cpu", snr_db, settings.channel.name)
            engine = open_codec(codec, options)
        (trip,) = loopback([sent], engine, settings).trips
        row = report_row(sent[0], sent[1], None, trip, settings)
        tiles.append(Tile(received_image(sent[0], trip), _caption(row)))
    return tiles


def _tiles_or_none(
    sent: tuple[NDArray[np.uint8], str], codec: str, rate: str, how: Sending
) -> list[Tile] | None:
    """Send as _tiles does; None, and a line on stderr, where the codec cannot be had."""
    from gsc_sdr.errors import MissingError, ModelError

    try:
        return _tiles(sent, codec, rate, how)
    except (MissingError, ModelError) as error:
        typer.echo(f"strips without {codec}: {error}", err=True)
        return None


def _caption(row: dict[str, Any]) -> str:
    """Return the figures of one picture."""
    if row["failed"]:
        return "failed"
    structure = "" if row["ms_ssim"] is None else f", {row['ms_ssim']:.3f}"
    return f"{row['psnr_db']:.1f} dB{structure}"


def _notes(codecs: Sequence[str], how: Sending) -> list[str]:
    """Return the caption."""
    from gsc_sdr.plots.style import is_digital, look

    fades = "" if how.channel == "awgn" else " and fading"
    notes = [
        "Columns: SNR, Es/N0 of a subcarrier. Under each picture: its PSNR in dB and MS-SSIM.",
        f"All rows have the same noise{fades}.",
        "Mid-grey is what the user sees where a codec fails.",
    ]
    if any(is_digital(codec) and "@" not in codec for codec in codecs):
        notes.append("QAM and code rate of digital codecs are chosen for the SNR of the column.")
    notes += [f"{codec}: {look(codec).label}." for codec in codecs if "@" in codec]
    return notes


def _channel_name(how: Sending) -> str:
    from gsc_sdr.channel.profile import profile
    from gsc_sdr.plots.pick import place_of

    return place_of(profile(how.channel).name, "0").split(",")[0]


def _stem(rates: Sequence[str], how: Sending) -> str:
    """Return the name of the figure's files."""
    from gsc_sdr.channel.profile import profile

    return "_".join(["strips", profile(how.channel).name, *(r.replace("/", "-") for r in rates)])
