# SPDX-License-Identifier: MIT
"""The verb ``grc``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["grc", "grc_environment"]


def grc(
    flowgraph: Annotated[
        list[Path] | None, typer.Argument(help="A .grc file to open.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Open GNU Radio Companion with the blocks of this package.

    It runs under the Python of this environment, so that Execute on its canvas
    finds the blocks and torch.
    """
    import os
    import shutil
    import subprocess
    import sys

    from gsc_sdr.errors import MissingError

    companion = shutil.which("gnuradio-companion")
    if companion is None:
        raise MissingError(
            "gnuradio-companion is not installed: apt-get install gnuradio gir1.2-gtk-3.0"
        )
    if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        raise MissingError(
            "there is no screen (DISPLAY is not set): run flowgraphs/loopback_headless.grc with "
            "grcc -r, or start this on a desktop"
        )
    environment = grc_environment(dict(os.environ), sys.executable)
    paths = [str(path) for path in flowgraph or []]
    done = subprocess.run([sys.executable, companion, *paths], env=environment, check=False)
    raise typer.Exit(done.returncode)


def grc_environment(environment: dict[str, str], python: str) -> dict[str, str]:
    """Return an environment in which Companion finds our blocks and our Python.

    Parameters
    ----------
    environment : dict of str
        That of this process.
    python : str
        The interpreter to run flowgraphs with; its folder goes first in PATH.

    Returns
    -------
    dict of str
        With our block descriptions first in GRC_BLOCKS_PATH, what was there behind.
    """
    import os

    import gsc_sdr

    ours = str(Path(gsc_sdr.__file__).parent / "grc")
    changed = dict(environment)
    for name, place in (("GRC_BLOCKS_PATH", ours), ("PATH", str(Path(python).parent))):
        others = [part for part in environment.get(name, "").split(os.pathsep) if part]
        changed[name] = os.pathsep.join([place, *(part for part in others if part != place)])
    return changed
