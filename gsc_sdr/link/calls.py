# SPDX-License-Identifier: MIT
"""What an engine is asked and answers, as messages."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gsc_sdr import errors
from gsc_sdr.errors import FrameError, GscError
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.link.wire import Message, whole
from gsc_sdr.picture import MAX_SIDE

__all__ = ["error_from", "error_message", "from_message", "picture_of", "text_of", "to_message"]

T = TypeVar("T", Encoded, Received, Decoded)

_ARRAYS: dict[type, dict[str, type]] = {
    Encoded: {"symbols": np.complex64, "prompt_symbols": np.complex64},
    Received: {"stream": np.complex64, "noise_var": np.float32},
    Decoded: {"image": np.uint8},
}
_LIMITS = {
    "width": (1, MAX_SIDE),
    "height": (1, MAX_SIDE),
    "rate_id": (0, 15),
    "prompt_bytes": (0, 1000),
    "level": (0, 63),
}
_MAX_TEXT = 4000  # characters, of a prompt or an error
_MAX_FACTS = 64


def to_message(kind: str, value: Encoded | Received | Decoded) -> Message:
    """Return a value as message, its arrays raw."""
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    arrays = {name: entry for name, entry in named.items() if isinstance(entry, np.ndarray)}
    values = {
        name: entry.item() if isinstance(entry, np.generic) else entry
        for name, entry in named.items()
        if name not in arrays
    }
    return Message(kind, values, arrays)


def from_message(kind: type[T], message: Message) -> T:
    """Read a value that came over the wire.

    Raises
    ------
    FrameError
        If something is missing, of the wrong type or out of range.
    """
    arrays = _ARRAYS[kind]
    named: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in arrays:
            named[field.name] = _array(message, field.name, arrays[field.name])
        elif field.name in _LIMITS:
            named[field.name] = _within(message, field.name)
        elif field.name == "prompt":
            named["prompt"] = text_of(message, "prompt")
        elif field.name == "facts":
            named["facts"] = _facts(message)
        else:
            named[field.name] = message.values.get(field.name) is True
    if kind is Received and len(named["stream"]) != len(named["noise_var"]):
        raise FrameError(
            f"{len(named['stream'])} symbols have {len(named['noise_var'])} noise variances",
            "malformed",
        )
    return kind(**named)


def text_of(message: Message, name: str) -> str:
    """Return a value that must be text of at most 4000 characters."""
    text = message.values.get(name)
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise FrameError(f"{name} is no text of at most {_MAX_TEXT} characters", "malformed")
    return text


def picture_of(message: Message) -> NDArray[np.uint8]:
    """Return the array ``image``, which must be [1..2048, 1..2048, 3], uint8."""
    return _array(message, "image", np.uint8)


def error_message(error: Exception) -> Message:
    """Return an error as message; what is not ours becomes a GscError."""
    name, text = type(error).__name__, str(error)
    if not isinstance(error, GscError):
        name, text = "GscError", f"the engine failed: {name}: {text}"
    cause = error.cause if isinstance(error, FrameError) else ""
    return Message("error", {"type": name, "text": text[:_MAX_TEXT], "cause": cause})


def error_from(message: Message) -> GscError:
    """Return the error of an error message, of the type it had."""
    name, text = text_of(message, "type"), text_of(message, "text")
    if name == "FrameError":
        return FrameError(text, text_of(message, "cause"))
    known = getattr(errors, name, GscError) if name in errors.__all__ else GscError
    found: GscError = known(text)
    return found


def _array(message: Message, name: str, kind: type) -> NDArray[Any]:
    """Return an array that must be of a type: a picture, or a list."""
    array = message.arrays.get(name)
    is_picture = name == "image"
    if array is None or array.dtype != kind or array.ndim != (3 if is_picture else 1):
        raise FrameError(f"array {name} is missing or of another type or shape", "malformed")
    if is_picture and (
        array.shape[2] != 3 or not 1 <= min(array.shape) <= max(array.shape) <= MAX_SIDE
    ):
        raise FrameError(f"image is {array.shape}; expected [1..{MAX_SIDE}, 1..{MAX_SIDE}, 3]")
    return array


def _facts(message: Message) -> dict[str, Any]:
    """Return what a codec says of its work: few names, each with a plain value."""
    facts = message.values.get("facts", {})
    if not isinstance(facts, dict) or len(facts) > _MAX_FACTS:
        raise FrameError(f"facts are no mapping of at most {_MAX_FACTS} names", "malformed")
    for name, value in facts.items():
        if not isinstance(value, str | int | float | None) or len(f"{name}{value}") > _MAX_TEXT:
            raise FrameError(f"fact {str(name)[:40]} is no number, text or bool", "malformed")
    return facts


def _within(message: Message, name: str) -> int:
    """Return a whole number of the range that it must have."""
    value, (low, high) = whole(message.values, name), _LIMITS[name]
    if not low <= value <= high:
        raise FrameError(f"{name} is {value}; expected {low} to {high}", "malformed")
    return value
