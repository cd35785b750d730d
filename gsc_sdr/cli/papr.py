# SPDX-License-Identifier: MIT
"""The verb ``bench papr``: how high frames peak, and what clipping them costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["papr"]

_SHARE = 1e-3


def papr(
    images: Annotated[
        list[Path] | None, typer.Argument(help="Pictures; default: the demo picture.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw the distributions here.")
    ] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    rate: Annotated[str, typer.Option("--rate", help="1/384, 1/192, 1/96 or 1/48.")] = "1/48",
) -> None:
    """Compare the peaks of latents, scrambled and not, with those of QPSK data.

    The back-off is how far the mean power of a used band stays below full scale;
    with clipping at that level nothing is above it, at the price of an error.
    """
    import json

    from gsc_sdr.experiments.papr import LEVELS_DB, clip_costs, papr_curves
    from gsc_sdr.recording.commit import git_commit

    latents = _latents(images, rate)
    curves, costs = papr_curves(latents), clip_costs(latents)
    _show({name: _level(share) for name, share in curves.items()}, costs)
    if as_json:
        shares = {name: share.tolist() for name, share in curves.items()}
        found = {"levels_db": LEVELS_DB.tolist(), "ccdf": shares, "clipping": costs}
        as_json.write_text(json.dumps(found | {"commit": git_commit()}, indent=1) + "\n")
    if plot:
        from gsc_sdr.plots.figure import save
        from gsc_sdr.plots.papr import peak_shares

        save(peak_shares(LEVELS_DB, curves), plot)


def _latents(images: list[Path] | None, rate: str) -> Any:
    """Return the latents of pictures as symbols [n] each."""
    from importlib.resources import files

    from gsc_sdr.engine.local import LocalEngine
    from gsc_sdr.picture import open_picture

    demo = Path(str(files("gsc_sdr") / "data" / "demo.png"))
    pictures = [open_picture(image) for image in images or [demo]]
    engine = LocalEngine()
    return [engine.encode(picture, "", rate).symbols for picture in pictures]


def _level(share: Any) -> str:
    """Return the level in dB that one OFDM symbol in a thousand exceeds."""
    from gsc_sdr.experiments.papr import LEVELS_DB

    below = share <= _SHARE
    return f"{LEVELS_DB[below.argmax()]:.1f}" if below.any() else f"over {LEVELS_DB[-1]:.0f}"


def _show(levels_db: dict[str, str], costs: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("an OFDM symbol carries", "peak over mean, exceeded by 1 in 1000: dB")
    for name, level_db in levels_db.items():
        table.add_row(name, level_db)
    console.print(table)
    table = Table("clipped at, and back-off: dB", "samples clipped", "PAPR dB", "EVM dB")
    for row in costs:
        share = f"{100 * row['clipped_share']:.3f} %"
        cells = (f"{row['back_off_db']:g}", share, f"{row['papr_db']:.1f}", f"{row['evm_db']:.1f}")
        table.add_row(*cells)
    console.print(table)
