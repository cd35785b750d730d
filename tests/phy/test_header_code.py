# SPDX-License-Identifier: MIT
"""The header's code: unit power, its own inverse, strong below 0 dB and in fades."""

import numpy as np

from gsc_sdr.phy.header_code import decode_headers, encode_headers
from gsc_sdr.phy.ofdm import OfdmConfig

CONFIG = OfdmConfig()


def sent(rng, n):
    bits = rng.integers(0, 2, (n, 96)).astype(np.uint8)
    return bits, encode_headers(bits, CONFIG)


def noise(rng, shape, snr_db):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] * 10 ** (-snr_db / 20) / np.sqrt(2)


def test_symbols_have_unit_power_and_lead_back(rng):
    bits, symbols = sent(rng, 20)
    assert symbols.shape == (20, 8, 48)
    assert np.allclose(np.abs(symbols), 1)
    assert np.array_equal(decode_headers(symbols, 96, CONFIG), bits)


def test_headers_survive_minus_three_db(rng):
    bits, symbols = sent(rng, 400)
    decoded = decode_headers(symbols + noise(rng, symbols.shape, -3), 96, CONFIG)
    assert (decoded != bits).any(axis=1).mean() < 0.03


def test_copies_of_a_bit_are_on_different_carriers(rng):
    bits, symbols = sent(rng, 200)
    for lost in (slice(0, 24), slice(24, 48)):  # either half of the band in a fade
        faded = symbols.copy()
        faded[:, :, lost] = 0
        decoded = decode_headers(faded + noise(rng, symbols.shape, 4), 96, CONFIG)
        assert (decoded != bits).any(axis=1).mean() < 0.03


def test_zeros_look_like_noise():
    symbols = encode_headers(np.zeros((1, 96), np.uint8), CONFIG)
    assert abs(symbols.mean()) < 0.15


def test_no_header_is_no_trouble():
    symbols = encode_headers(np.zeros((0, 96), np.uint8), CONFIG)
    assert symbols.shape == (0, 8, 48)
    assert decode_headers(symbols, 96, CONFIG).shape == (0, 96)
