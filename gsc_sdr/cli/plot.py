# SPDX-License-Identifier: MIT
"""The verb ``plot``: rows of a sweep as figures, PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from typer.core import TyperGroup

from gsc_sdr.cli.strips import strips

if TYPE_CHECKING:
    from gsc_sdr.plots.rows import Row

__all__ = ["PlotVerbs", "plot"]

Rows: TypeAlias = Annotated[
    list[Path], typer.Argument(help="Rows of a sweep: .jsonl, .jsonl.xz or .jsonl.gz files.")
]
Out: TypeAlias = Annotated[Path, typer.Option("--out", help="Folder of the figures.")]
Codecs: TypeAlias = Annotated[
    str, typer.Option("--codecs", help="List; default: as many as a figure has room for.")
]
Ours: TypeAlias = Annotated[
    str, typer.Option("--ours", help="Codec that maps compare with the best digital one.")
]


class PlotVerbs(TyperGroup):
    """The verbs of ``plot``; what is none of them is a file for the first."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``rows`` before files and options that come without a verb."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["rows", *args]
        return super().parse_args(ctx, args)


plot = typer.Typer(
    cls=PlotVerbs,
    help="Draw figures from the rows of a sweep; `plot FILE` is `plot rows FILE`.",
    no_args_is_help=True,
)
plot.command()(strips)


@plot.command()
def rows(
    files: Annotated[
        list[Path],
        typer.Argument(help="Rows (.jsonl, .xz, .gz), or JSON of bench latency (.json)."),
    ],
    out: Out = Path("figures"),
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="List: over-snr, over-cbr, winners, scatter, ccdf, latency, papr."
        ),
    ] = "over-snr",
    measure: Annotated[
        str, typer.Option("--measure", help="List; default: psnr_db,ms_ssim,lpips if taken.")
    ] = "",
    codecs: Codecs = "",
    rate: Annotated[str, typer.Option("--rate", help="List: 1/192,1/96; default: all.")] = "",
    snr_db: Annotated[str, typer.Option("--snr-db", help="List: --snr-db=-5,0,10.")] = "",
    channel: Annotated[str, typer.Option("--channel", help="List; default: each.")] = "",
    size: Annotated[str, typer.Option("--size", help="List of 256, full ...; default: each.")] = "",
    ours: Ours = "gsc",
    published: Annotated[
        bool,
        typer.Option("--published", help="Beside rows of Kodak at full size, what others had."),
    ] = False,
) -> None:
    """Draw figures of one kind, or of several, for each channel and picture size.

    SNR is Es/N0 of an active subcarrier. A picture that a codec cannot show counts as
    mid-grey, and is counted in the caption. Bands are 95 % confidence intervals of the
    mean over pictures.
    """
    from gsc_sdr.cli.sweep import numbers, words
    from gsc_sdr.plots.gallery import Wish
    from gsc_sdr.plots.rows import Choice

    snrs = numbers(snr_db) if snr_db else ()
    choice = Choice(words(codecs), words(rate), words(channel), words(size), snrs)
    wish = Wish(words(kind), words(measure), choice, ours, published)
    measured = [path for path in files if path.suffix != ".json"]
    drawn = _stages([path for path in files if path.suffix == ".json"], out)
    if measured:
        drawn += _drawn(_read(measured), out, wish)
    _say(drawn)


@plot.command(name="all")
def everything(
    files: Rows,
    out: Out = Path("figures"),
    codecs: Codecs = "",
    ours: Ours = "gsc",
    published: Annotated[
        bool, typer.Option(help="Beside rows of Kodak at full size, what others had.")
    ] = True,
    image: Annotated[
        str, typer.Option("--image", help="Picture for the strips; empty: no strips.")
    ] = "demo",
) -> None:
    """Draw every figure that the rows allow, and strips of one picture.

    The strips send the picture again, by the codecs that the other figures show; one
    whose libraries or weights are absent is left out, and said on stderr.
    """
    from gsc_sdr.cli.strips import draw_strips
    from gsc_sdr.cli.sweep import words
    from gsc_sdr.plots.gallery import Wish
    from gsc_sdr.plots.pick import leading
    from gsc_sdr.plots.rows import Choice, found
    from gsc_sdr.plots.style import is_bound

    content = _read(files)
    wish = Wish(choice=Choice(codecs=words(codecs)), ours=ours, published=published)
    drawn = _drawn(content, out, wish)
    shown = wish.choice.codecs or tuple(leading(content, ours))
    sent = [codec for codec in shown if not is_bound(codec) and "@" not in codec]
    rates = found([row for row in content if row["codec"] in sent], "rate")
    if image and sent:
        rate = "1/96" if "1/96" in rates else rates[0]
        drawn += draw_strips(image, sent, [rate], out, is_lenient=True)
    _say(drawn)


def _read(files: list[Path]) -> list[Row]:
    from gsc_sdr.plots.rows import read_rows

    return read_rows(files)


def _drawn(content: list[Row], out: Path, wish: Any) -> list[Path]:
    """Draw with a sign of life on stderr."""
    from rich.console import Console

    from gsc_sdr.plots.gallery import figures

    with Console(stderr=True).status(f"drawing {len(content)} rows"):
        return figures(content, out, wish)


def _stages(files: list[Path], out: Path) -> list[Path]:
    """Draw what ``bench latency`` measured, a figure for each file."""
    from gsc_sdr.plots.figure import save_both
    from gsc_sdr.plots.latency import latency_of_stages, read_stages

    drawn: list[Path] = []
    for path in files:
        drawn += save_both(latency_of_stages(read_stages(path)), out / f"stages_{path.stem}")
    return drawn


def _say(drawn: list[Path]) -> None:
    for path in drawn:
        typer.echo(path)
