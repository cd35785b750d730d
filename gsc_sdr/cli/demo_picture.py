# SPDX-License-Identifier: MIT
"""The verb ``demo-picture``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["demo_picture"]


def demo_picture(
    out: Annotated[Path, typer.Argument(help="The PNG file to write.")],
    seed: Annotated[int, typer.Option(help="Seed of clouds, waves and windows.", min=0)] = 0,
) -> None:
    """Draw the demo picture, a harbour in the evening."""
    from PIL import Image

    from gsc_sdr.plots.demo import draw_harbour

    Image.fromarray(draw_harbour(seed)).save(out, optimize=True)
