# SPDX-License-Identifier: MIT
"""The verb ``weights``: published weights in the form that this package reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["weights"]

weights = typer.Typer(help="Bring published weights into safetensors.", no_args_is_help=True)


@weights.callback()
def _group() -> None:
    """Keep ``lpips`` a verb of its own while it is the only one."""


@weights.command()
def lpips(
    trunk: Annotated[
        Path, typer.Option("--trunk", help="torchvision's squeezenet1_1 as .safetensors.")
    ],
    heads: Annotated[
        Path, typer.Option("--heads", help="squeeze.pth of LPIPS v0.1, from its authors.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
) -> None:
    """Write trunk and heads of LPIPS as one file, for --lpips FOLDER."""
    from gsc_sdr.metrics.lpips import convert_lpips

    typer.echo(f"wrote {convert_lpips(trunk, heads, out)}")
