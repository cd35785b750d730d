# SPDX-License-Identifier: MIT
"""Prompts as checked bytes: UTF-8, bounded, with a CRC-32 at the end.

What comes back is either the text that was sent or nothing; a wrong checksum
never becomes wrong text.
"""

from __future__ import annotations

import zlib

from gsc_sdr.errors import ConfigError

__all__ = ["CRC_BYTES", "MAX_PROMPT_BYTES", "check", "seal", "to_bytes"]

MAX_PROMPT_BYTES = 1000
CRC_BYTES = 4


def to_bytes(prompt: str) -> bytes:
    r"""Return a prompt as UTF-8.

    Raises
    ------
    ConfigError
        If it is longer than ``MAX_PROMPT_BYTES`` or is not Unicode text.

    Examples
    --------
    >>> to_bytes("Zürich")
    b'Z\xc3\xbcrich'
    """
    try:
        data = prompt.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ConfigError(
            f"prompt has {prompt[error.start]!a} at position {error.start}, which is not a "
            "character: give UTF-8 text"
        ) from error
    if len(data) > MAX_PROMPT_BYTES:
        raise ConfigError(
            f"prompt is {len(data)} bytes of UTF-8; at most {MAX_PROMPT_BYTES} fit: shorten it"
        )
    return data


def seal(data: bytes) -> bytes:
    """Append the CRC-32 (ISO 3309, as in zlib), most significant byte first.

    >>> seal(b"123456789")[-4:].hex()
    'cbf43926'
    """
    return data + zlib.crc32(data).to_bytes(CRC_BYTES, "big")


def check(sealed: bytes) -> tuple[str, bool]:
    """Return the text of sealed bytes and whether its checksum holds.

    >>> check(seal(b"a cat")), check(b"a dog0000")
    (('a cat', True), ('', False))
    """
    data = sealed[:-CRC_BYTES]
    if seal(data) != sealed:
        return "", False
    try:
        return data.decode("utf-8"), True
    except UnicodeDecodeError:
        return "", False
