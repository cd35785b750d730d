# SPDX-License-Identifier: MIT
"""The verb ``keys``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["keys"]

keys = typer.Typer(no_args_is_help=True, add_completion=False, help="Keys for links.")


@keys.command("new")
def _new(
    folder: Annotated[Path, typer.Argument(help="Where to put them; made if missing.")] = Path(
        "keys"
    ),
) -> None:
    """Make a pair of keys for the end that binds, and one for an end that connects.

    With them control, engine and PDU sockets are encrypted, and let in only those
    whose public key lies in the folder.
    """
    from gsc_sdr.link.keys import new_keys

    new_keys(folder)
    typer.echo(f"keys are in {folder}; give --keys {folder} to the end that binds")
    typer.echo(
        f"for the other machine: {folder}/server.key, {folder}/client.key and "
        f"{folder}/client.key_secret, and no other"
    )
