# SPDX-License-Identifier: MIT
"""Rows of a sweep, read from files and chosen by what they say of themselves."""

from __future__ import annotations

import gzip
import json
import logging
import lzma
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from gsc_sdr.errors import ConfigError

__all__ = ["Choice", "Row", "choose", "found", "read_rows", "split"]

Row = dict[str, Any]

_LOG = logging.getLogger(__name__)
_SCHEMA = 1
_OPENERS = {".xz": lzma.open, ".gz": gzip.open}
_WORDS = ("codec", "image", "size", "rate", "channel", "through", "mcs", "version")  # kept
_NEEDED = ("codec", "image", "rate", "channel", "snr_db")
_ONE = ("codec", "image", "size", "rate", "channel", "snr_db", "seed", "through", "repeat")


@dataclass(frozen=True)
class Choice:
    """Which rows are wanted; what is empty leaves all of them in.

    Attributes
    ----------
    codecs, rates, channels, sizes : tuple of str
        By name.
    snrs_db : tuple of float, dB
        Es/N0 of a subcarrier.
    """

    codecs: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    snrs_db: tuple[float, ...] = ()


def read_rows(paths: Iterable[Path]) -> list[Row]:
    """Read the rows of a sweep, one JSON object a line, from plain, xz or gz files.

    A last line that was torn when the sweep was killed is left out with a warning,
    and so is all but the last row of those that tell of the same transmission.

    Raises
    ------
    ConfigError
        If a file holds no rows, rows of another schema, or anything else.
    """
    rows: dict[tuple[Any, ...], Row] = {}
    n_read = 0
    for path in paths:
        before = n_read
        for row in _rows_of(path):
            rows[tuple(row.get(key) for key in _ONE)] = row
            n_read += 1
        if n_read == before:
            raise ConfigError(f"{path} holds no rows; run `gsc-sdr bench sweep` with --out first")
    if n_read > len(rows):
        _LOG.warning("%d rows tell of what a later row tells too: left out", n_read - len(rows))
    versions = {str(row.get("version")) for row in rows.values()}
    if len(versions) > 1:
        _LOG.warning("the rows are of several versions: %s", ", ".join(sorted(versions)))
    return list(rows.values())


def choose(rows: Iterable[Row], choice: Choice) -> list[Row]:
    """Return the rows that are wanted.

    Raises
    ------
    ConfigError
        If something was asked for that no row has; it names what there is.
    """
    kept = list(rows)
    asked = {
        "codec": choice.codecs,
        "rate": choice.rates,
        "channel": choice.channels,
        "size": choice.sizes,
        "snr_db": choice.snrs_db,
    }
    for key, wanted in asked.items():
        there = found(kept, key)
        absent = [value for value in wanted if value not in there]
        if absent:
            raise ConfigError(
                f"no row has {key} {_word(absent[0])}; "
                f"there is: {', '.join(map(_word, there)) or 'nothing'}"
            )
        kept = [row for row in kept if not wanted or row.get(key) in wanted]
    return kept


def found(rows: Iterable[Row], key: str) -> list[Any]:
    """Return the values that rows have for a key, in order; rates by size."""
    values = {row.get(key) for row in rows} - {None}
    return sorted(values, key=Fraction if key == "rate" else None)


def split(rows: Sequence[Row], key: str) -> dict[Any, list[Row]]:
    """Return rows by their value for a key, in the order of :func:`found`."""
    parts: dict[Any, list[Row]] = {value: [] for value in found(rows, key)}
    for row in rows:
        if row.get(key) is not None:
            parts[row[key]].append(row)
    return parts


def _rows_of(path: Path) -> Iterator[Row]:
    """Yield the rows of one file; what may be a torn line must be the last one."""
    torn = line = ""
    for number, line in _lines(path):
        if torn:
            raise ConfigError(torn)
        row, torn = _parsed(line, f"{path}, line {number}") if line.strip() else (None, "")
        if row is not None:
            yield row
    if torn and line.endswith("\n"):
        raise ConfigError(torn)
    if torn:
        _LOG.warning("%s: the last line is torn and left out", path)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of one file, counted from 1."""
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                yield number, line
    except (EOFError, OSError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} cannot be read after line {number} ({error}): make it again from its sweep"
        ) from error


def _opened(path: Path) -> IO[str]:
    """Open a file of rows as text."""
    opener: Any = _OPENERS.get(path.suffix, open)
    try:
        return opener(path, "rt", encoding="utf-8")  # type: ignore[no-any-return]
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist: name a file of `gsc-sdr bench sweep`") from error
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be opened ({error.strerror}): name a file of rows"
        ) from error


def _parsed(line: str, where: str) -> tuple[Row | None, str]:
    """Return the row in a line, and what is wrong if it may be a torn one."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return None, f"{where} is no JSON: give the rows of `gsc-sdr bench sweep`"
    if not isinstance(row, dict):
        raise ConfigError(f"{where} is no object: give the rows of `gsc-sdr bench sweep`")
    if row.get("schema") != _SCHEMA:
        raise ConfigError(
            f"{where} is of schema {row.get('schema')}, this version draws schema {_SCHEMA}: "
            "sweep again, or draw with the version that made the rows"
        )
    absent = [key for key in _NEEDED if key not in row]
    if absent:
        raise ConfigError(f"{where} lacks {', '.join(absent)}: sweep again")
    try:
        Fraction(row["rate"])
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ConfigError(f"{where} has rate {row['rate']!r}; a rate is like 1/96") from error
    return _slim(row), ""


def _slim(row: Row) -> Row:
    """Keep numbers and the few words that figures ask for: sweeps have many rows."""
    return {
        sys.intern(key): sys.intern(value) if isinstance(value, str) else value
        for key, value in row.items()
        if key in _WORDS or value is None or isinstance(value, int | float)
    }


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
