# SPDX-License-Identifier: MIT
"""The verb ``receive``: pictures out of the air, of a simulated one, or of a recording."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gsc_sdr.cli.options import EngineName, JsonStatus, KeyFolder, OfdmFile, SampleRate
from gsc_sdr.link.address import AIR_OUT, CONTROL

__all__ = ["receive"]


def receive(
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and reports.")] = Path(
        "received"
    ),
    source: Annotated[
        str, typer.Option("--from", help="Where samples come from; a .sigmf-meta file; or demo.")
    ] = AIR_OUT,
    count: Annotated[
        int, typer.Option("--count", min=0, help="End after so many pictures; 0: never.")
    ] = 0,
    control: Annotated[
        str, typer.Option("--control", help="Where channel state goes; '' for nowhere.")
    ] = CONTROL,
    radio: Annotated[
        str | None,
        typer.Option("--radio", help="Receive by a radio: its profile's name, or .toml."),
    ] = None,
    record: Annotated[str, typer.Option("--record", help="SigMF recording of what comes.")] = "",
    sample_rate: SampleRate = 1e6,
    ofdm: OfdmFile = None,
    engine: EngineName = "local",
    keys: KeyFolder = None,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    json_status: JsonStatus = False,
) -> None:
    """Receive pictures until Ctrl-C, --count, or the end of a recording.

    Leaves 0000.png ..., a line of figures for each in images.jsonl, and
    summary.json. Pictures that are in the folder already stay there. Without a
    transmitter: `gsc-sdr receive --from demo` plays the recording that ships.
    """
    from gsc_sdr.cli.ends import live_end, open_engine, read_parts

    def make() -> Any:
        parts = read_parts(ofdm, keys, radio)
        from gsc_sdr.radio.receive import ReceiveGraph, ReceiveSettings

        settings = ReceiveSettings(
            out=str(out),
            sample_rate=sample_rate,
            source=source,
            control=control,
            record=record,
            count=count,
            **parts,
        )
        return ReceiveGraph(open_engine(engine, device, keys), settings)

    live_end("receive", json_status, make, _writer(out / "summary.json"))


def _writer(path: Path) -> Callable[[dict[str, Any]], None]:
    """Return what writes a summary when there is another picture, and at the end."""
    latest: dict[str, Any] = {}

    def write(status: dict[str, Any]) -> None:
        news = (status.get("pictures"), status.get("lost"), status.get("state"))
        if latest.get("news") == news or "pictures" not in status:
            return
        latest["news"] = news
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_text(json.dumps(status, indent=2) + "\n", encoding="utf-8")
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            if not latest.get("failed"):
                typer.echo(f"gsc-sdr receive: {path}: {error.strerror}", err=True)
            latest["failed"] = True

    return write
