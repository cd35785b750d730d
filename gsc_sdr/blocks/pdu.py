# SPDX-License-Identifier: MIT
"""Messages between blocks: arrays with metadata, and marks.

A PDU is what GNU Radio's own blocks know under that name: a pair of a
dictionary and a uniform vector. A mark is a pair of a symbol and a number, for
what has no data: ``end`` of the pictures, ``idle`` air.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pmt
from numpy.typing import NDArray

from gsc_sdr.errors import ShapeError

__all__ = ["mark", "pack", "read_mark", "unpack"]

# pmt's own conversions go through a list of Python numbers, with the interpreter's
# lock held; a copy of the vector's memory is 5 to 50 times faster.
_VECTORS = {
    np.dtype(np.uint8): (pmt.make_u8vector, pmt.is_u8vector),
    np.dtype(np.float32): (pmt.make_f32vector, pmt.is_f32vector),
    np.dtype(np.float64): (pmt.make_f64vector, pmt.is_f64vector),
    np.dtype(np.complex64): (pmt.make_c32vector, pmt.is_c32vector),
}
_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def pack(meta: Mapping[str, Any], values: NDArray[Any] | Sequence[NDArray[Any]]) -> Any:
    """Return a PDU of metadata and values.

    Parameters
    ----------
    meta : mapping of str
        Numbers, strings, booleans, tuples of them, and arrays.
    values : [...], uint8, float32, float64 or complex64, or a list of such arrays
        The data; sent flat, arrays of a list one after the other.

    Returns
    -------
    pdu : pmt
        What :func:`unpack` reads.

    Raises
    ------
    ShapeError
        If an array is of another type.
    """
    entries = pmt.make_dict()
    for key, value in meta.items():
        entries = pmt.dict_add(entries, pmt.intern(key), _to_pmt(value))
    return pmt.cons(entries, _vector(*([values] if isinstance(values, np.ndarray) else values)))


def unpack(message: Any) -> tuple[dict[str, Any], NDArray[Any]]:
    """Return metadata and a flat, writable array of a PDU.

    Raises
    ------
    ShapeError
        If the message is no PDU of numbers.

    Examples
    --------
    >>> meta, values = unpack(pack({"image_id": 7}, np.ones(2, np.float32)))
    >>> meta, values.tolist()
    ({'image_id': 7}, [1.0, 1.0])
    """
    if not pmt.is_pair(message) or not pmt.is_dict(pmt.car(message)):
        raise ShapeError(f"message is {str(message)[:80]}; expected a PDU (metadata . vector)")
    meta, entries = {}, pmt.dict_items(pmt.car(message))
    for index in reversed(range(pmt.length(entries))):  # a dictionary's latest entry is first
        entry = pmt.nth(index, entries)
        meta[pmt.symbol_to_string(pmt.car(entry))] = _to_python(pmt.cdr(entry))
    return meta, _array(pmt.cdr(message))


def mark(name: str, value: int = 0) -> Any:
    """Return a mark: a name and a whole number, without data."""
    return pmt.cons(pmt.intern(name), pmt.from_long(value))


def read_mark(message: Any) -> tuple[str, int] | None:
    """Return name and number of a mark; None if the message is something else.

    >>> read_mark(mark("idle", 5)), read_mark(pmt.intern("idle"))
    (('idle', 5), None)
    """
    if not pmt.is_pair(message) or not pmt.is_symbol(pmt.car(message)):
        return None
    value = pmt.to_long(pmt.cdr(message)) if pmt.is_integer(pmt.cdr(message)) else 0
    return pmt.symbol_to_string(pmt.car(message)), value


def _vector(*parts: NDArray[Any]) -> Any:
    """Copy arrays of one type, one after the other, into a uniform vector."""
    flat = [np.ascontiguousarray(part).ravel() for part in parts]
    dtype, n = flat[0].dtype, sum(part.size for part in flat)
    if dtype not in _VECTORS or any(part.dtype != dtype for part in flat):
        raise ShapeError(f"array is of {dtype}; pass one of {', '.join(map(str, _VECTORS))}")
    vector = _VECTORS[dtype][0](n, 0)
    if n:
        memory = _pointer(pmt.uniform_vector_writable_elements(vector, 0), None)
        for part in flat:
            ctypes.memmove(memory, part.ctypes.data, part.nbytes)
            memory += part.nbytes
    return vector


def _array(vector: Any) -> NDArray[Any]:
    """Copy a uniform vector into an array."""
    for dtype, (_, is_type) in _VECTORS.items():
        if is_type(vector):
            flat = np.empty(pmt.length(vector), dtype)
            if flat.size:
                memory = _pointer(pmt.uniform_vector_elements(vector, 0), None)
                ctypes.memmove(flat.ctypes.data, memory, flat.nbytes)
            return flat
    raise ShapeError(f"data is {str(vector)[:80]}; expected u8, f32, f64 or c32 numbers")


def _to_pmt(value: Any) -> Any:
    """Convert one metadata value."""
    if isinstance(value, np.ndarray):
        return _vector(value)
    return pmt.to_pmt(value.item() if isinstance(value, np.generic) else value)


def _to_python(value: Any) -> Any:
    """Convert one metadata value back."""
    return _array(value) if pmt.is_uniform_vector(value) else pmt.to_python(value)
