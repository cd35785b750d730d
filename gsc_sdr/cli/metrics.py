# SPDX-License-Identifier: MIT
"""The verb ``metrics``: every measure of two pictures, or of two folders of them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, overload

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gsc_sdr.metrics.sets import SetDistances

__all__ = ["metrics"]

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".avif"}


def metrics(
    a: Annotated[Path, typer.Argument(help="What a user sees: a picture, or a folder.")],
    b: Annotated[Path, typer.Argument(help="What was sent: a picture, or a folder.")],
    weights: Annotated[
        Path | None, typer.Option("--weights", help="Folder that `gsc-sdr weights` wrote.")
    ] = None,
    clip: Annotated[str | None, typer.Option("--clip", help="CLIP: folder or hub id.")] = None,
    dino: Annotated[str | None, typer.Option("--dino", help="DINO: folder or hub id.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure pictures against those that they should be, by every measure there is.

    Pictures of two folders belong together by name, without the ending; FID and KID
    are of all pictures in each. A measure whose weights are not there is listed as
    absent, with the mend.
    """
    from gsc_sdr.errors import ImageError
    from gsc_sdr.metrics.measures import Measures

    sources = {name: at for name, at in (("clip", clip), ("dino", dino)) if at}
    if a.is_dir() != b.is_dir():
        raise ImageError(f"{a} and {b} are a picture and a folder: give two of a kind")
    pairs = _pairs(a, b) if a.is_dir() else [(a, b)]
    measures = Measures(weights, sources=sources)
    rows = _measure(pairs, measures)
    sets = _sets(a, b, weights) if a.is_dir() else None
    absent = measures.absent | (sets.absent if sets else {})
    if as_json:
        found = {"rows": rows, "mean": _means(rows), "absent": absent}
        if sets:
            found |= {"sets": sets.values, "notes": sets.notes}
        typer.echo(json.dumps(_plain(found), ensure_ascii=False))
    else:
        _show(rows, sets, absent)


class _Folder(Sequence[Any]):
    """The pictures of a folder, each opened when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, index: slice) -> _Folder: ...
    def __getitem__(self, index: int | slice) -> NDArray[np.uint8] | _Folder:
        from gsc_sdr.picture import open_picture

        if isinstance(index, slice):
            return _Folder(self.paths[index])
        return open_picture(self.paths[index])


def _files(folder: Path) -> dict[str, Path]:
    """Return a folder's pictures by their names without ending."""
    from gsc_sdr.errors import ImageError

    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    found: dict[str, Path] = {}
    for path in paths:
        if path.stem in found:
            raise ImageError(f"{path} and {found[path.stem].name} have one name: move one away")
        found[path.stem] = path
    if not found:
        raise ImageError(f"{folder} holds no pictures: give a folder of PNG, JPEG ... files")
    return found


def _pairs(a: Path, b: Path) -> list[tuple[Path, Path]]:
    """Return pictures of one name; say on stderr which have no partner."""
    first, second = _files(a), _files(b)
    alone = sorted(first.keys() ^ second.keys())
    if alone:
        some = ", ".join(alone[:5]) + (" ..." if len(alone) > 5 else "")
        typer.echo(f"{len(alone)} pictures have no partner of their name: {some}", err=True)
    return [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]


def _measure(pairs: list[tuple[Path, Path]], measures: Any) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.errors import ShapeError
    from gsc_sdr.picture import open_picture

    rows = []
    for a, b in track(pairs, "measuring", console=Console(stderr=True), transient=True):
        try:
            values = measures.of(open_picture(a), open_picture(b))
        except ShapeError as error:
            raise ShapeError(f"{a} and {b}: {error}") from error
        rows.append({"image": b.name} | values)
    return rows


def _sets(a: Path, b: Path, weights: Path | None) -> SetDistances:
    from gsc_sdr.metrics.sets import set_distances

    return set_distances(
        _Folder(list(_files(a).values())), _Folder(list(_files(b).values())), weights
    )


def _means(rows: list[dict[str, Any]]) -> dict[str, float | None]:
    """Return the mean of each measure over the pictures that have it."""
    names = [name for name in rows[0] if name != "image"] if rows else []
    found = {name: [row[name] for row in rows if row[name] is not None] for name in names}
    return {name: sum(values) / len(values) if values else None for name, values in found.items()}


def _show(rows: list[dict[str, Any]], sets: SetDistances | None, absent: dict[str, str]) -> None:
    """Print a table of what was measured, and below it what was not."""
    from rich.console import Console
    from rich.table import Table

    from gsc_sdr.metrics.measures import MEASURES
    from gsc_sdr.metrics.sets import SET_MEASURES

    several = len(rows) > 1
    title = f"{len(rows)} pairs of pictures" if sets else rows[0]["image"]
    table = Table(title=title, title_justify="left")
    for heading in ("measure", *(("mean", "least", "most") if several else ("value",)), "what"):
        table.add_column(heading, justify="left" if heading in ("measure", "what") else "right")
    for name, mean in _means(rows).items():
        values = [row[name] for row in rows if row[name] is not None]
        cells = [mean, min(values, default=None), max(values, default=None)] if several else [mean]
        table.add_row(name, *(_number(cell, name in absent) for cell in cells), MEASURES[name])
    for name, value in (sets.values if sets else {}).items():
        blank = ["", ""] if several else []
        table.add_row(name, _number(value, name in absent), *blank, SET_MEASURES[name])
    console = Console()
    console.width = max(console.width, 118)
    console.print(table)
    for note in sets.notes if sets else []:
        typer.echo(f"note: {note}")
    for why in dict.fromkeys(absent.values()):
        typer.echo(f"absent: {', '.join(n for n, said in absent.items() if said == why)}: {why}")


def _number(value: float | None, absent: bool) -> str:
    if value is None:
        return "absent" if absent else "-"
    return f"{value:.4f}"


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: what is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
