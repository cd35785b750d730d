# SPDX-License-Identifier: MIT
"""Profiles that ship: TOML files in a folder of the package, each known by its name."""

from __future__ import annotations

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from gsc_sdr.config.toml import read_toml
from gsc_sdr.errors import ConfigError

__all__ = ["read_shipped", "shipped_names"]

T = TypeVar("T")


def shipped_names(folder: str) -> list[str]:
    """Return the names of the profiles in a folder of the package, sorted.

    Parameters
    ----------
    folder : str
        Below the package: ``channel/profiles``.
    """
    place = _place(folder)
    if not place.is_dir():
        return []
    return sorted(f.name[:-5] for f in place.iterdir() if f.name.endswith(".toml"))


def read_shipped(kind: type[T], folder: str, name: str, what: str) -> T:
    """Read a profile by its name, or from a file whose path ends in ``.toml``.

    Parameters
    ----------
    kind : type
        Dataclass of the profile.
    folder : str
        Below the package, where the profiles lie that ship.
    name : str
        Which.
    what : str
        What users call such a profile, in the message where there is none.

    Raises
    ------
    ConfigError
        If there is no such profile (the message lists those that exist), or
        the file is not a profile.
    """
    if name.endswith(".toml"):
        return read_toml(kind, Path(name))
    known = shipped_names(folder)
    if name not in known:
        raise ConfigError(
            f"{what} is {name!r}; choose one of: {', '.join(known)}, or give a .toml file"
        )
    with as_file(_place(folder) / f"{name}.toml") as path:
        return read_toml(kind, path)


def _place(folder: str) -> Traversable:
    return files("gsc_sdr").joinpath(*folder.split("/"))
