# SPDX-License-Identifier: MIT
"""Frozen dataclasses from TOML: unknown keys are refused by name.

The dataclass holds the defaults and, in ``__post_init__``, the limits; this
module checks keys and plain types, and says where a bad setting stands.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from gsc_sdr.errors import ConfigError

__all__ = ["from_mapping", "read_toml"]

T = TypeVar("T")

_MAX_BYTES = 1_000_000  # a settings file is small; anything larger is a mistake


def read_toml(kind: type[T], path: Path) -> T:
    """Read one dataclass from a TOML file.

    Parameters
    ----------
    kind : type
        The dataclass to build.
    path : Path
        The file.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not TOML, or does not fit ``kind``; the
        message starts with the path.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path}: larger than {_MAX_BYTES} bytes; give a settings file")
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give a readable TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    return from_mapping(kind, values, str(path))


def from_mapping(kind: type[T], values: Mapping[str, Any], where: str = "config") -> T:
    """Build a dataclass from plain values, tables becoming nested dataclasses.

    Parameters
    ----------
    kind : type
        The dataclass to build.
    values : mapping
        Field name to value; whole numbers are taken for floats, nothing else
        is converted but lists to tuples.
    where : str
        What error messages start with.

    Raises
    ------
    ConfigError
        If a key is unknown or missing, a value is of the wrong type or NaN, or
        ``kind`` itself refuses the values.

    Examples
    --------
    >>> from gsc_sdr.config.rate import Rate
    >>> from_mapping(Rate, {"name": "1/48", "id": 3, "n_channels": 16})
    Rate(name='1/48', id=3, n_channels=16)
    """
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind!r} is not a dataclass")
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: is {values!r}; expected a table of settings")
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    for key in values:
        if key not in fields:
            raise ConfigError(f"{where}: unknown key {key!r}{_mend(str(key), list(fields))}")
    missing = [name for name, field in fields.items() if _is_required(field) and name not in values]
    if missing:
        raise ConfigError(f"{where}: missing key {', '.join(map(repr, missing))}: add it")
    hints = typing.get_type_hints(kind)
    built = {key: _convert(hints[key], value, f"{where}: {key}") for key, value in values.items()}
    try:
        return kind(**built)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _mend(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys are: {', '.join(known)}"


def _convert(hint: Any, value: Any, where: str) -> Any:
    """Return ``value`` as ``hint`` wants it, or raise ConfigError."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_mapping(hint, value, where)
    origin, choices = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in choices:
            return None
        return _convert(next(c for c in choices if c is not type(None)), value, where)
    if origin is tuple and isinstance(value, list | tuple):
        return _convert_tuple(choices, value, where)
    plain = origin or hint
    if plain is float and isinstance(value, int) and not isinstance(value, bool):
        value = _to_float(value, where)
    if not isinstance(value, plain) or (isinstance(value, bool) and plain is not bool):
        name = getattr(plain, "__name__", str(plain))
        raise ConfigError(f"{where} is {value!r}; expected {name}")
    if isinstance(value, float) and math.isnan(value):
        raise ConfigError(f"{where} is not a number; give a number")
    return value


def _to_float(value: int, where: str) -> float:
    """Return a whole number as a float; TOML sets no bound on the first."""
    try:
        return float(value)
    except OverflowError as error:
        raise ConfigError(f"{where} has {len(str(value))} digits; give a smaller number") from error


def _convert_tuple(choices: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    """Convert each entry of a list; ``tuple[int, ...]`` takes any length."""
    if len(choices) == 2 and choices[1] is Ellipsis:
        choices = (choices[0],) * len(value)
    if len(choices) != len(value):
        raise ConfigError(f"{where} has {len(value)} entries; expected {len(choices)}")
    pairs = enumerate(zip(choices, value, strict=True))
    return tuple(_convert(hint, entry, f"{where}[{i}]") for i, (hint, entry) in pairs)
