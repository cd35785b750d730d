# SPDX-License-Identifier: MIT
"""Model folders: where the shipped ones are, and whether they are whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import gsc_sdr
from gsc_sdr.errors import ModelError

__all__ = ["checksum", "model_config", "shipped_model", "verify_shipped"]

_SUMS = "SHA256SUMS"


def shipped_model(name: str) -> Path:
    """Return the folder of a model that ships with the package.

    Raises
    ------
    ModelError
        If there is no such model; the message lists those that exist.
    """
    folder = _models() / name
    if (folder / "config.json").is_file():
        return folder
    known = ", ".join(sorted(p.parent.name for p in _models().glob("*/config.json")))
    raise ModelError(f"model is {name!r}, which does not ship; shipped: {known or 'none'}")


def verify_shipped(folder: Path) -> None:
    """Hold a shipped model's weights against the recorded checksums.

    Raises
    ------
    ModelError
        If a file is missing or differs: it names the file and both sums.
    """
    sums = folder.parent / _SUMS
    if not sums.is_file():
        raise ModelError(f"{sums} is missing: restore models/ from the repository")
    for line in sums.read_text().splitlines():
        expected, _, name = line.partition("  ")
        path = folder.parent / name
        if path.parent != folder:
            continue
        if not path.is_file():
            raise ModelError(f"{path} is missing: restore models/ from the repository")
        found = _sha256(path)
        if found != expected:
            raise ModelError(
                f"{path} has checksum {found[:12]}, expected {expected[:12]}: "
                "the weights are corrupt, restore models/ from the repository"
            )


def checksum(folder: Path) -> str:
    """Return the first 12 hex digits of the SHA-256 over a folder's weights."""
    files = sorted(folder.glob("*.safetensors"))
    return hashlib.sha256(b"".join(_sha256(p).encode() for p in files)).hexdigest()[:12]


def model_config(folder: Path) -> dict[str, Any]:
    """Read a model folder's config.json.

    Raises
    ------
    ModelError
        If it is missing or is not a JSON object.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): give a saved model's folder") from error
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds a {type(config).__name__}, expected an object")
    return config


def _models() -> Path:
    """Return the folder of shipped models; in a checkout it is a link to models/."""
    return Path(gsc_sdr.__file__).parent / "models"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
