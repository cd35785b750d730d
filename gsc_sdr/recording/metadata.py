# SPDX-License-Identifier: MIT
"""The metadata file of a recording: made, checked by sigmf-python, read.

The only door to sigmf-python.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # sigmf's own
import sigmf

import gsc_sdr
from gsc_sdr.errors import ConfigError
from gsc_sdr.recording.commit import git_commit

__all__ = ["global_object", "read_metadata", "recording_paths", "to_text", "validate"]

_EXTENSION = {"name": "gsc", "version": "1.0.0", "optional": True}
_MOST_BYTES = 2**28  # of a metadata file; some million frames
_SUFFIXES = (".sigmf-meta", ".sigmf-data")


def recording_paths(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return the metadata file and the data file of a recording.

    Parameters
    ----------
    path : path
        Either of the two, or their name without an ending.

    Raises
    ------
    ConfigError
        If the name is empty, or that of an archive.

    Examples
    --------
    >>> [p.name for p in recording_paths("out/first.sigmf-data")]
    ['first.sigmf-meta', 'first.sigmf-data']
    """
    given = Path(path)
    if not given.name:
        raise ConfigError(f"recording is {str(path)!r}; give a file name")
    if given.suffix == ".sigmf":
        raise ConfigError(f"{given} is an archive: unpack it with tar, give its .sigmf-meta")
    stem = given.name.removesuffix(given.suffix) if given.suffix in _SUFFIXES else given.name
    meta, data = (given.with_name(stem + suffix) for suffix in _SUFFIXES)
    return meta, data


def global_object(said: dict[str, Any]) -> dict[str, Any]:
    """Return SigMF's global object: what is said, and what made the recording."""
    commit = git_commit()
    return {
        "core:version": sigmf.__specification__,
        "core:num_channels": 1,
        "core:offset": 0,
        "core:recorder": f"gsc_sdr {gsc_sdr.__version__}",
        "core:extensions": [_EXTENSION],
        **({"gsc:commit": commit} if commit else {}),
        **said,
    }


def to_text(
    about: dict[str, Any], captures: list[dict[str, Any]], annotations: Iterable[str]
) -> str:
    """Return a metadata file: ``annotations`` are JSON already, one line each."""
    parts = [
        f'"global": {_lines(about)}',
        f'"captures": [{", ".join(map(_lines, captures))}]',
        '"annotations": [\n' + ",\n".join(annotations) + "\n]",
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def validate(values: Any) -> None:
    """Check metadata against SigMF.

    Raises
    ------
    ConfigError
        If it does not hold, or needs what this reader does not know.
    """
    if not isinstance(values, dict) or not isinstance(values.get("global"), dict):
        raise ConfigError('it has no object "global": it is no SigMF metadata')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # undeclared namespaces of others
            sigmf.SigMFFile(metadata=values).validate()
    except jsonschema.exceptions.ValidationError as error:
        where = "/".join(map(str, error.absolute_path)) or "the whole"
        raise ConfigError(f"it does not hold as SigMF at {where}: {error.message[:200]}") from error
    for extension in values["global"].get("core:extensions", []):
        if not extension["optional"] and extension["name"] != _EXTENSION["name"]:
            raise ConfigError(
                f"it needs the extension {extension['name']!r}, which this reader does not know"
            )


def read_metadata(path: Path) -> dict[str, Any]:
    """Return the checked metadata of a file.

    Raises
    ------
    ConfigError
        If the file is missing, too large, no JSON, or no SigMF.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"it is larger than {_MOST_BYTES} bytes: it is no SigMF metadata")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{error.strerror}; name a .sigmf-meta file that is there") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"it is no JSON ({error}): copy the recording once more") from error
    validate(values)
    return values  # type: ignore[no-any-return]


def _lines(values: dict[str, Any]) -> str:
    """Return an object as JSON, one line an entry."""
    entries = (
        f"  {json.dumps(key)}: {json.dumps(value, allow_nan=False)}"
        for key, value in sorted(values.items())
    )
    return "{\n" + ",\n".join(entries) + "\n}"
