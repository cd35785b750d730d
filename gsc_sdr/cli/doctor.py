# SPDX-License-Identifier: MIT
"""The verb ``doctor``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gsc_sdr.cli.probes import Finding

__all__ = ["doctor"]


def doctor(
    radio: Annotated[
        str, typer.Option("--radio", help="Look at a radio: a profile by name, or a .toml file.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what is installed, what is missing, and the mend; exit 1 if the loopback cannot run.

    With --radio, show what the radio needs instead; exit 2 if it is not there.
    """
    if radio:
        _look_at_radio(radio, as_json)
        return
    from gsc_sdr.cli.probes import findings

    found = findings()
    runs = all(finding.ok for finding in found if finding.needed)
    verdict = "runs here" if runs else "cannot run: mend what is marked missing"
    _show(found, as_json, {"loopback_runs": runs}, f"The loopback {verdict}.")
    raise typer.Exit(0 if runs else 1)


def _look_at_radio(name: str, as_json: bool) -> None:
    """Show what a radio needs; MissingError if it is not there."""
    from gsc_sdr.cli.radio_probes import radio_findings
    from gsc_sdr.config.radio import radio_profile
    from gsc_sdr.errors import MissingError

    found = radio_findings(radio_profile(name))
    missing = [finding for finding in found if finding.needed and not finding.ok]
    verdict = "" if missing else f"The radio {name} can be opened."
    _show(found, as_json, {"radio_ready": not missing}, verdict)
    if missing:
        device = next((one for one in missing if one.part == "device"), missing[0])
        raise MissingError(f"radio {name}: {device.found}: {device.mend}")


def _show(found: list[Finding], as_json: bool, answer: dict[str, bool], verdict: str) -> None:
    """Print findings: a table and a verdict, or one JSON object."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if as_json:
        typer.echo(json.dumps(answer | {"parts": [asdict(one) for one in found]}))
        return
    table = Table("", "part", "found", "mend", title="gsc-sdr doctor", title_justify="left")
    for one in found:
        mark = "[green]ok" if one.ok else "[red]missing" if one.needed else "[yellow]absent"
        table.add_row(mark, *map(escape, (one.part, one.found, one.mend)))
    console = Console()
    console.print(table)
    if verdict:
        console.print(verdict, style="green" if all(answer.values()) else "red")
