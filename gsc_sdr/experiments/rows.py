# SPDX-License-Identifier: MIT
"""A file of rows, one JSON object a line, that survives whatever happens to its writer.

Whole lines are added to the end and nothing else is touched, so that a writer that
is killed leaves at most one torn line, which the next one takes off. A finished
sweep puts its rows in order, in a new file that replaces the old one at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import lzma
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from gsc_sdr.errors import ConfigError

__all__ = ["SCHEMA", "TIMES", "RowsFile", "read_rows", "row_key"]

SCHEMA = 1  # of the rows; grows with every change that a reader must know of
TIMES = ("encode_s", "air_s", "decode_s")  # all that differs between two runs of one point
_KEY = ("codec", "image", "size", "rate", "channel", "snr_db", "seed")
_BEGINNING = b'{"schema": '
_OPENERS = {".gz": gzip.open, ".xz": lzma.open}
_SYNC_S = 2.0  # what a loss of power may cost

Row = dict[str, Any]


def row_key(row: Row) -> tuple[Any, ...]:
    """Return what tells a row from every other: codec, picture, point and seed."""
    return tuple(row[name] for name in _KEY)


def read_rows(path: Path) -> list[Row]:
    """Read a file of rows, compressed by gzip or xz or not; a torn last line is passed over.

    Raises
    ------
    ConfigError
        If the file is no file of rows, or one of another schema.
    """
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rb") as file:
            return _parse(path, file.read())[0]
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError) as error:
        raise ConfigError(f"{path} cannot be unpacked ({error}): fetch it again") from error


class RowsFile:
    """Rows on their way to a file, after those that are there already.

    Parameters
    ----------
    path : Path
        Made where it is missing. Other writers are kept out until ``close``.

    Attributes
    ----------
    rows : list of dict
        What the file holds, in order.

    Raises
    ------
    ConfigError
        If the file is no file of rows, is of another schema, is being written by
        another process, or takes no more.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix in _OPENERS:
            raise ConfigError(f"{path} is to be compressed: write plain rows, compress them after")
        self.path = path
        self._descriptor = _locked(path)
        try:
            is_file = path.is_file()  # a device can be written to, and has nothing to read
            self.rows, self._end = _parse(path, path.read_bytes() if is_file else b"")
            self._cut()
        except BaseException:
            os.close(self._descriptor)
            raise
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows; each is in the file, whole, or not at all.

        Raises
        ------
        ConfigError
            If the file takes no more: the disk is full. What it holds stays.
        """
        for row in rows:
            line = _line(row)
            try:
                self._write(line)
            except OSError as error:
                self._cut()
                raise self._refusal(error) from error
            self._end += len(line)
            self.rows.append(row)
        if time.monotonic() - self._synced > _SYNC_S:
            self._sync()

    def sort(self, order: Callable[[Row], Any]) -> None:
        """Put the rows in the order of a key function; all or nothing.

        A disk without room for both leaves the file as it is.
        """
        ordered = sorted(self.rows, key=order)
        if ordered == self.rows:
            return
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            part.write_bytes(b"".join(map(_line, ordered)))
            descriptor = _locked(part)
            os.fsync(descriptor)
            part.replace(self.path)
        except OSError:
            part.unlink(missing_ok=True)
            return
        os.close(self._descriptor)
        self._descriptor, self.rows = descriptor, ordered

    def close(self) -> None:
        """Take off what is torn, bring the rest to the disk, let others write."""
        if self._descriptor < 0:
            return
        self._cut()
        self._sync()
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self, line: bytes) -> None:
        written = 0
        while written < len(line):
            written += os.write(self._descriptor, line[written:])

    def _cut(self) -> None:
        """Take off what a write that failed half-way left behind."""
        with contextlib.suppress(OSError):  # a device has no length
            if os.fstat(self._descriptor).st_size > self._end:
                os.ftruncate(self._descriptor, self._end)

    def _sync(self) -> None:
        with contextlib.suppress(OSError):  # a pipe or a device has no disk
            os.fsync(self._descriptor)
        self._synced = time.monotonic()

    def _refusal(self, error: OSError) -> ConfigError:
        return ConfigError(
            f"{self.path} takes no more rows ({error.strerror}); its {len(self.rows)} rows are "
            "whole and stay: make room, and run the same command again to go on"
        )


def _line(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _locked(path: Path) -> int:
    """Open a file for adding; ConfigError if another process is at it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise ConfigError(
            f"{path} is being written by another sweep: wait for it, or choose another --out"
        ) from error
    return descriptor


def _parse(path: Path, content: bytes) -> tuple[list[Row], int]:
    """Return the rows in a file's content, and how many bytes they take."""
    end = content.rfind(b"\n") + 1
    torn = content[end:]
    if torn and not end and not (torn[:11] == _BEGINNING[: len(torn)] or not torn.strip(b"\0")):
        raise _no_rows(path, 1)
    rows = []
    for number, line in enumerate(content[: max(end - 1, 0)].split(b"\n") if end else [], 1):
        try:
            row = json.loads(line)
            row_key(row)
        except (ValueError, TypeError, KeyError) as error:
            if isinstance(error, KeyError) and "schema" in row:
                _check_schema(path, number, row)
            raise _no_rows(path, number) from error
        _check_schema(path, number, row)
        rows.append(row)
    return rows, end


def _check_schema(path: Path, number: int, row: Row) -> None:
    if row.get("schema") != SCHEMA:
        raise ConfigError(
            f"{path}, line {number}, has rows of schema {row.get('schema')!r}; this version reads "
            f"and writes {SCHEMA}: choose another file, or the version that wrote it"
        )


def _no_rows(path: Path, number: int) -> ConfigError:
    return ConfigError(
        f"{path}, line {number}, is no row of a sweep: choose another file, or take that line out"
    )
