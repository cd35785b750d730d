# SPDX-License-Identifier: MIT
"""The verb ``doctor``."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["doctor"]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what is installed, what is missing, and the mend; exit 1 if the loopback cannot run."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from gsc_sdr.cli.probes import findings

    found = findings()
    runs = all(finding.ok for finding in found if finding.needed)
    if as_json:
        typer.echo(json.dumps({"loopback_runs": runs, "parts": [asdict(one) for one in found]}))
        raise typer.Exit(0 if runs else 1)
    table = Table("", "part", "found", "mend", title="gsc-sdr doctor", title_justify="left")
    for one in found:
        mark = "[green]ok" if one.ok else "[red]missing" if one.needed else "[yellow]absent"
        table.add_row(mark, *map(escape, (one.part, one.found, one.mend)))
    console = Console()
    console.print(table)
    verdict = "runs here" if runs else "cannot run: mend what is marked missing"
    console.print(f"The loopback {verdict}.", style="green" if runs else "red")
    raise typer.Exit(0 if runs else 1)
