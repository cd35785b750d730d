# SPDX-License-Identifier: MIT
"""CRC-16: the catalogue's value, and every single and double error is seen."""

from itertools import combinations

from gsc_sdr.phy.crc import crc16


def test_check_value_of_the_catalogue():
    assert crc16(b"123456789") == 0x29B1


def test_zeros_do_not_check():
    assert crc16(bytes(10)) != 0


def test_every_error_of_one_or_two_bits_is_seen():
    good = crc16(bytes(10))
    singles = [1 << i for i in range(80)]
    doubles = [a | b for a, b in combinations(singles, 2)]
    assert all(crc16(e.to_bytes(10, "big")) != good for e in singles + doubles)
