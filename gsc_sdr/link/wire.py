# SPDX-License-Identifier: MIT
"""What goes over a socket: a header, then raw numbers. Nothing is unpickled.

A message is a header of JSON and the arrays that it lists; a chunk is a header
of fixed size and samples. Every length is bounded, every type is one of a list,
and what does not fit is a FrameError.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import FrameError, ShapeError

__all__ = ["MAX_PARTS", "MAX_SAMPLES", "Chunk", "Message", "unpack", "whole"]

MAX_SAMPLES = 65536  # of one chunk
MAX_PARTS = 17  # of one message: a header and 16 arrays
_VERSION = 1
_MAX_HEADER = 65536  # bytes
_MAX_RANK = 4
_MAGIC = b"GSC"
_CHUNK = struct.Struct("!3sBcQQQ")  # magic, version, "D", stream, sequence, first sample
_TYPES = {"u1": np.uint8, "f4": np.float32, "f8": np.float64, "c8": np.complex64}
_NAMES = {np.dtype(kind): name for name, kind in _TYPES.items()}


@dataclass(frozen=True)
class Message:
    """A named set of values and arrays.

    Attributes
    ----------
    kind : str
        What the message is.
    values : mapping of str
        What JSON can say: numbers that are finite, text, lists, tables.
    arrays : mapping of str to [...], uint8, float32, float64 or complex64
        At most 16, of 1 to 4 axes.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def pack(self) -> list[bytes | memoryview]:
        """Return the parts of a multipart message.

        Raises
        ------
        ShapeError
            If a value or an array cannot be sent.
        """
        listed, parts = [], []
        for name, array in self.arrays.items():
            flat = np.ascontiguousarray(array)
            if flat.dtype not in _NAMES or not 1 <= array.ndim <= _MAX_RANK:
                raise ShapeError(
                    f"array {name} is {array.dtype} {array.shape}; send one of "
                    f"{', '.join(map(str, _NAMES))} of 1 to {_MAX_RANK} axes"
                )
            listed.append([name, _NAMES[flat.dtype], *array.shape])
            parts.append(flat.data.cast("B") if flat.size else memoryview(b""))
        head = {"kind": self.kind, "values": dict(self.values), "arrays": listed}
        try:
            text = json.dumps(head, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError) as error:
            raise ShapeError(
                f"{self.kind} message cannot be sent: {error}; its values must be finite numbers, "
                "text, lists or tables"
            ) from error
        if len(text) > _MAX_HEADER or len(parts) >= MAX_PARTS:
            raise ShapeError(
                f"{self.kind} message has a header of {len(text)} bytes and {len(parts)} arrays; "
                f"at most {_MAX_HEADER} and {MAX_PARTS - 1} can be sent"
            )
        return [_MAGIC + bytes([_VERSION]) + text, *parts]


@dataclass(frozen=True)
class Chunk:
    """Some samples of a stream.

    Attributes
    ----------
    stream, sequence, first_sample : int, 0 to 2 ** 64 - 1
        Which stream; how many chunks and samples of it came before.
    samples : [n], complex64
        1 to 65536 samples; after unpack they cannot be written to.
    """

    stream: int
    sequence: int
    first_sample: int
    samples: NDArray[np.complex64]

    def pack(self) -> list[bytes | memoryview]:
        """Return the parts of a multipart message."""
        head = _CHUNK.pack(_MAGIC, _VERSION, b"D", self.stream, self.sequence, self.first_sample)
        return [head, self.samples.data.cast("B")]


def unpack(parts: Sequence[bytes | memoryview]) -> Message | Chunk:
    """Read what pack made, or anything else that came over a socket.

    Parameters
    ----------
    parts : sequence of buffers
        As they were received.

    Raises
    ------
    FrameError
        With cause ``version`` if another release of this program wrote it, else
        ``malformed``.

    Examples
    --------
    >>> unpack(Message("answer", {"n": 42}).pack()).values
    {'n': 42}
    """
    if not parts or len(parts) > MAX_PARTS:
        _refuse(f"it has {len(parts)} parts; expected 1 to {MAX_PARTS}")
    head = bytes(parts[0])
    if head[:3] != _MAGIC or len(head) < 5:
        _refuse("it does not begin as one of this program's messages")
    if head[3] != _VERSION:
        raise FrameError(
            f"the other end speaks version {head[3]} of the wire format, this one {_VERSION}; use "
            "the same release on both ends",
            "version",
        )
    return _chunk(head, parts) if head[4:5] == b"D" else _message(head[4:], parts[1:])


def whole(values: Mapping[str, Any], name: str) -> int:
    """Return a value that must be a whole number of at most 63 bits.

    Raises
    ------
    FrameError
        If it is not.
    """
    value = values.get(name)
    if type(value) is not int or not 0 <= value < 2**63:
        _refuse(f"{name} is {str(value)[:40]}; expected a whole number")
    return value


def _chunk(head: bytes, parts: Sequence[bytes | memoryview]) -> Chunk:
    """Read a chunk without copying its samples."""
    if len(head) != _CHUNK.size or len(parts) != 2:
        _refuse(f"a chunk has {len(parts)} parts and a header of {len(head)} bytes")
    n_bytes = memoryview(parts[1]).nbytes
    if n_bytes % 8 or not 8 <= n_bytes <= 8 * MAX_SAMPLES:
        _refuse(f"a chunk has {n_bytes} bytes; expected 1 to {MAX_SAMPLES} samples of 8")
    _, _, _, stream, sequence, first_sample = _CHUNK.unpack(head)
    return Chunk(stream, sequence, first_sample, np.frombuffer(parts[1], np.complex64))


def _message(text: bytes, parts: Sequence[bytes | memoryview]) -> Message:
    """Read a message, with arrays of its own."""
    if len(text) > _MAX_HEADER:
        _refuse(f"its header has {len(text)} bytes; at most {_MAX_HEADER} are read")
    try:
        head = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"message refused: header is not JSON: {error}", "malformed") from error
    if not isinstance(head, dict) or set(head) != {"kind", "values", "arrays"}:
        _refuse("its header is no table of kind, values and arrays")
    kind, values, listed = head["kind"], head["values"], head["arrays"]
    if not isinstance(kind, str) or not isinstance(values, dict) or not isinstance(listed, list):
        _refuse("its kind is no text, its values no table, or its arrays no list")
    if len(listed) != len(parts):
        _refuse(f"it lists {len(listed)} arrays and has {len(parts)}")
    arrays = dict(_array(entry, part) for entry, part in zip(listed, parts, strict=True))
    if len(arrays) != len(parts):
        _refuse("two arrays have one name")
    return Message(kind, values, arrays)


def _array(entry: object, part: bytes | memoryview) -> tuple[str, NDArray[Any]]:
    """Copy one array out of a part."""
    if not isinstance(entry, list) or not 3 <= len(entry) <= 2 + _MAX_RANK:
        _refuse("an array is not listed as name, type and shape")
    name, kind, *shape = entry
    if not isinstance(name, str) or not isinstance(kind, str) or kind not in _TYPES:
        _refuse(f"an array is of type {str(kind)[:20]}; expected one of {', '.join(_TYPES)}")
    if not all(type(n) is int and 0 <= n < 2**40 for n in shape):
        _refuse("an array's shape is not of whole numbers")
    dtype = np.dtype(_TYPES[kind])
    n_bytes = memoryview(part).nbytes
    if math.prod(shape) * dtype.itemsize != n_bytes:
        _refuse(f"array {name[:40]} of shape {shape} and type {kind} has {n_bytes} bytes")
    return name, np.frombuffer(bytearray(part), dtype).reshape(shape)


def _finite(text: str) -> float:
    """Read a number of JSON; 1e999 is none."""
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _refuse(what: str) -> NoReturn:
    """Say why a message is not read."""
    raise FrameError(f"message refused: {what}", "malformed")
