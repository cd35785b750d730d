# SPDX-License-Identifier: MIT
"""Which commit of this package runs, where it lies in a git checkout."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import gsc_sdr

__all__ = ["git_commit"]

_PATIENCE_S = 5.0


@cache
def git_commit() -> str:
    """Return the commit of the checkout that this package lies in.

    Returns
    -------
    commit : str
        40 hexadecimal digits, with ``-dirty`` behind them where tracked files
        differ from it; empty where there is no checkout, or no git.
    """
    git, root = shutil.which("git"), Path(gsc_sdr.__file__).resolve().parents[1]
    if git is None or not (root / ".git").exists():
        return ""
    ask = [git, "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()
