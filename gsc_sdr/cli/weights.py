# SPDX-License-Identifier: MIT
"""The verb ``weights``: published weights in the form that this package reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["weights"]

weights = typer.Typer(help="Bring published weights into safetensors.", no_args_is_help=True)

_Out = Annotated[Path, typer.Option("--out", help="Folder to write to, then for --weights.")]


@weights.command()
def lpips(
    trunk: Annotated[
        Path,
        typer.Option(
            "--trunk",
            help="torchvision's squeezenet1_1 as .safetensors.",
            exists=True,
            dir_okay=False,
        ),
    ],
    heads: Annotated[
        Path,
        typer.Option(
            "--heads",
            help="squeeze.pth of LPIPS v0.1, from its authors.",
            exists=True,
            dir_okay=False,
        ),
    ],
    out: _Out,
) -> None:
    """Write trunk and heads of LPIPS as one file."""
    from gsc_sdr.metrics.lpips import convert_lpips

    typer.echo(f"wrote {convert_lpips(trunk, heads, out)}")


@weights.command()
def mobilenet(
    source: Annotated[
        Path,
        typer.Option(
            "--source", help="MobileNet v1 1.0 as .safetensors.", exists=True, dir_okay=False
        ),
    ],
    out: _Out,
) -> None:
    """Write the layers of MobileNet v1 that measures need."""
    from gsc_sdr.metrics.mobilenet import convert_mobilenet

    typer.echo(f"wrote {convert_mobilenet(source, out)}")


@weights.command()
def inception(
    source: Annotated[
        Path,
        typer.Option(
            "--source",
            help="torch-fidelity's weights-inception-2015-12-05-6726825d.pth.",
            exists=True,
            dir_okay=False,
        ),
    ],
    out: _Out,
) -> None:
    """Write the weights of the Inception that FID and KID are defined by."""
    from gsc_sdr.metrics.inception import convert_inception

    typer.echo(f"wrote {convert_inception(source, out)}")


@weights.command("all")
def everything(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Where published files lie, under their own names.", exists=True, file_okay=False
        ),
    ],
    out: _Out,
) -> None:
    """Write all that a folder's published files allow; say what it lacks."""
    from gsc_sdr.errors import MissingError
    from gsc_sdr.metrics.inception import convert_inception
    from gsc_sdr.metrics.lpips import convert_lpips
    from gsc_sdr.metrics.mobilenet import convert_mobilenet

    jobs: dict[str, tuple[Callable[..., Path], tuple[str, ...]]] = {
        "lpips": (convert_lpips, ("squeezenet1_1*.safetensors", "*squeeze.pth")),
        "mobilenet": (convert_mobilenet, ("mobilenet_v1_100_*.safetensors",)),
        "inception": (convert_inception, ("*inception-2015-12-05*.pth",)),
    }
    n_written = 0
    for name, (convert, patterns) in jobs.items():
        found = [next(iter(sorted(folder.rglob(pattern))), None) for pattern in patterns]
        if None in found:
            typer.echo(f"{name}: no {' and '.join(patterns)} in {folder}")
            continue
        typer.echo(f"wrote {convert(*found, out)}")
        n_written += 1
    if not n_written:
        raise MissingError(f"{folder} has no published weights: name the folder that they lie in")
