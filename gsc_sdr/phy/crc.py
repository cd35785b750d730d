# SPDX-License-Identifier: MIT
"""The header's checksum: CRC-16-CCITT."""

from __future__ import annotations

import binascii

__all__ = ["crc16"]

_START = 0xFFFF  # so that a header of zeros does not check


def crc16(data: bytes) -> int:
    """Return CRC-16 with polynomial 0x1021 and start 0xFFFF.

    Examples
    --------
    >>> hex(crc16(b"123456789"))
    '0x29b1'
    """
    return binascii.crc_hqx(data, _START)
