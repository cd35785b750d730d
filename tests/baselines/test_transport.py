# SPDX-License-Identifier: MIT
"""Transport: exactly so many symbols, bytes back or an honest gap, one air for all blocks."""

import binascii

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.baselines.mcs import MCS
from gsc_sdr.baselines.transport import (
    _checksums,
    _scrambling,
    decode_payload,
    encode_payload,
    n_blocks,
    n_payload_bytes,
)
from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.modulation import soft_bits
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig

pytestmark = pytest.mark.learn

BY_NAME = {mcs.name: mcs for mcs in MCS}


def after_noise(rng, symbols, snr_db):
    """Return symbols after white noise, and its variance for each."""
    noise_var = 10 ** (-snr_db / 10)
    noise = rng.normal(scale=np.sqrt(noise_var / 2), size=(len(symbols), 2)) @ [1, 1j]
    return (symbols + noise).astype(np.complex64), np.full(len(symbols), noise_var, np.float32)


@pytest.mark.parametrize("n_symbols", [0, 7, 100, 2049])
@pytest.mark.parametrize("name", ["bpsk-1/5", "16qam-5/6", "256qam-8/9"])
def test_bytes_come_back_and_fill_every_symbol(rng, name, n_symbols):
    mcs = BY_NAME[name]
    data = rng.bytes(n_payload_bytes(n_symbols, mcs))
    symbols = encode_payload(data, n_symbols, mcs)
    assert (symbols.shape, symbols.dtype) == ((n_symbols,), np.complex64)
    got = decode_payload(symbols, np.full(n_symbols, 1e-3), mcs)
    assert got == (data, [True] * n_blocks(n_symbols, mcs), len(data))


@settings(max_examples=8, deadline=None)
@given(st.integers(60, 400), st.sampled_from(["qpsk-1/3", "16qam-2/3"]), st.data())
def test_short_payloads_are_filled_with_zeros(n_symbols, name, draw):
    mcs = BY_NAME[name]
    most = n_payload_bytes(n_symbols, mcs)
    data = draw.draw(st.binary(max_size=most))
    got = decode_payload(encode_payload(data, n_symbols, mcs), np.full(n_symbols, 1e-3), mcs)
    assert got.data == data.ljust(most, b"\0")


def test_little_is_lost_to_checksums_and_whole_bytes():
    for mcs in MCS:
        for n_symbols in (512, 2048, 4096, 24_576, 73_728):
            bits = 8 * n_payload_bytes(n_symbols, mcs)
            assert bits <= mcs.efficiency * n_symbols + 24  # the least rate is rounded up
            assert bits >= mcs.efficiency * n_symbols - 40 * n_blocks(n_symbols, mcs)


def test_blocks_are_as_few_as_the_code_allows():
    assert n_blocks(2048, BY_NAME["qpsk-3/4"]) == 1
    assert n_blocks(24_576, BY_NAME["16qam-1/2"]) == -(-24_576 * 2 // 8448)
    assert n_blocks(24_576, BY_NAME["bpsk-1/3"]) == -(-24_576 // 3 // 3824)  # base graph 2
    assert (n_payload_bytes(3, MCS[0]), n_blocks(3, MCS[0])) == (0, 0)


@pytest.mark.parametrize("name", ["qpsk-1/2", "16qam-3/4", "256qam-2/3"])
def test_bits_lie_in_symbols_as_sionnas_encoder_puts_them(rng, name):
    torch = pytest.importorskip("torch")
    from sionna.phy.fec.ldpc import LDPC5GEncoder

    mcs, n_symbols = BY_NAME[name], 300
    data = rng.bytes(n_payload_bytes(n_symbols, mcs))
    sealed = data + binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")
    bits = np.unpackbits(np.frombuffer(sealed, np.uint8)).astype(np.float32)
    order, n = mcs.bits_per_symbol, n_symbols * mcs.bits_per_symbol
    encoder = LDPC5GEncoder(len(bits), n, num_bits_per_symbol=order, precision="single")
    code = encoder(torch.from_numpy(bits[None]))[0].numpy().astype(np.uint8)
    llr = soft_bits(encode_payload(data, n_symbols, mcs), np.full(n_symbols, 1e-2), order)
    assert np.array_equal((llr < 0) ^ _scrambling(n).astype(bool), code.astype(bool))


def test_mean_power_is_one(rng):
    for name in ("qpsk-1/2", "16qam-1/2", "256qam-3/4"):
        for data in (b"", rng.bytes(400)):  # zeros too: the scrambler sees to it
            symbols = encode_payload(data, 20_000, BY_NAME[name])
            assert np.mean(np.abs(symbols) ** 2) == pytest.approx(1, abs=0.02)
            assert abs(symbols.mean()) < 0.03


def test_the_first_failed_block_ends_the_good_prefix(rng):
    mcs, n_symbols = BY_NAME["16qam-3/4"], 9000
    data = rng.bytes(n_payload_bytes(n_symbols, mcs))
    symbols, noise_var = encode_payload(data, n_symbols, mcs), np.full(n_symbols, 1e-2, np.float32)
    count = n_blocks(n_symbols, mcs)
    each = len(data) // count
    noise_var[n_symbols // count + 5 : n_symbols // count + 1500] = np.inf  # of the second block
    got = decode_payload(symbols, noise_var, mcs)
    assert count == 4
    assert got.blocks_ok == [True, False, True, True]
    assert got.good_prefix_bytes == each
    assert got.data == data[:each] + bytes(each) + data[2 * each :]


def test_scattered_erasures_are_made_good(rng):
    mcs, n_symbols = BY_NAME["qpsk-1/2"], 4096
    data = rng.bytes(n_payload_bytes(n_symbols, mcs))
    symbols, noise_var = after_noise(rng, encode_payload(data, n_symbols, mcs), 8.0)
    lost = rng.permutation(n_symbols)[: n_symbols // 4]
    symbols[lost[::2]], noise_var[lost] = np.nan, np.inf
    assert decode_payload(symbols, noise_var, mcs).data == data


@pytest.mark.parametrize("count", [2, 5])
def test_every_block_meets_every_frame_alike(count):
    ofdm, n_frames = OfdmConfig(), 8
    slots = stream_slots(n_frames, ofdm)
    for part in np.array_split(slots, count):
        shares = np.bincount(part // ofdm.capacity, minlength=n_frames)
        assert np.ptp(shares) <= 2
        assert np.ptp(np.bincount(part % ofdm.n_data, minlength=ofdm.n_data)) < 0.2 * shares.mean()


def test_words_come_back_near_the_limit(rng):
    mcs, n_symbols = BY_NAME["16qam-1/2"], 2048  # 2 bits a symbol: 4.8 dB is Shannon's limit
    data = rng.bytes(n_payload_bytes(n_symbols, mcs))
    sent = encode_payload(data, n_symbols, mcs)
    passed = [decode_payload(*after_noise(rng, sent, 6.8), mcs).data == data for _ in range(20)]
    assert sum(passed) >= 19
    assert not any(decode_payload(*after_noise(rng, sent, 4.5), mcs).blocks_ok[0] for _ in range(3))


@pytest.mark.parametrize("name", ["bpsk-1/5", "qpsk-1/2", "256qam-8/9"])
def test_nothing_never_checks(name):
    mcs, n_symbols = BY_NAME[name], 3000
    for noise_var in (np.inf, np.nan, -1.0):
        got = decode_payload(np.zeros(n_symbols), np.full(n_symbols, noise_var), mcs)
        assert not any(got.blocks_ok)
        assert got.good_prefix_bytes == 0
        assert got.data == bytes(n_payload_bytes(n_symbols, mcs))


def test_noise_never_checks(rng):
    symbols, noise_var = after_noise(rng, np.zeros(100 * 512), 0.0)
    found = [
        decode_payload(symbols[at : at + 512], noise_var[:512], BY_NAME["qpsk-1/2"]).blocks_ok[0]
        for at in range(0, len(symbols), 512)
    ]
    assert not any(found)


def test_checksums_are_the_standards_polynomials(rng):
    data = rng.integers(0, 256, (3, 40), dtype=np.uint8)
    short = [binascii.crc_hqx(row.tobytes(), 0xFFFF).to_bytes(2, "big") for row in data]
    assert [row.tobytes() for row in _checksums(data, 2)] == short
    for row, found in zip(data, _checksums(data, 3), strict=True):
        # TS 38.212, 5.1, CRC24B, by long division of message and ones in front
        bits = int.from_bytes(row.tobytes(), "big") << 24 ^ 0xFFFFFF << 8 * len(row)
        for at in range(8 * len(row) + 23, 23, -1):
            bits ^= (bits >> at & 1) * (0x1800063 << at - 24)
        assert found.tobytes() == bits.to_bytes(3, "big")


def test_what_does_not_fit_is_refused():
    mcs = BY_NAME["qpsk-1/2"]
    with pytest.raises(ConfigError, match=r"has 500 bytes; 512 symbols of qpsk-1/2 carry 62"):
        encode_payload(bytes(500), 512, mcs)
    with pytest.raises(ConfigError, match="n_symbols is -1"):
        n_payload_bytes(-1, mcs)
    with pytest.raises(ShapeError, match=r"symbols is \(3,\) and noise_var \(2,\)"):
        decode_payload(np.zeros(3), np.zeros(2), mcs)
