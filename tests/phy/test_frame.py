# SPDX-License-Identifier: MIT
"""Frames: what is built is read, near the limit that noise sets, and nothing crashes."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError, FrameError, ShapeError
from gsc_sdr.phy.frame import Frame, build_frames, n_frames, parse_frames
from gsc_sdr.phy.header import MAX_FRAMES, Header
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.papr import papr_db

CONFIG = OfdmConfig()
WIDE = OfdmConfig(
    n_fft=128,
    n_cp=20,
    data_carriers=tuple(c for c in range(-50, 51) if c % 9),
    pilot_carriers=(-45, -27, 27, 45, 9, -9),
    n_header=4,
    n_payload=10,
)
HEADER = Header(image_id=7, rate_id=3, width=640, height=480, prompt_bytes=99)


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def built(rng, n, config=CONFIG):
    """Return slots [n, capacity] and samples [n, frame_length] of n frames."""
    stream = cn(rng, n * config.capacity)
    slots = np.empty_like(stream)
    slots[stream_slots(n, config)] = stream
    return slots.reshape(n, -1), build_frames(stream, HEADER, config)


def through(samples, cfo, snr_db, rng, config=CONFIG):
    """Turn by an offset, add noise."""
    times = np.arange(samples.shape[1]) / config.n_fft
    return samples * np.exp(2j * np.pi * cfo * times + 1j) + cn(rng, *samples.shape) * 10 ** (
        -snr_db / 20
    )


@pytest.mark.parametrize("config", [CONFIG, WIDE], ids=["64", "128"])
def test_frames_are_read_as_they_were_built(rng, config):
    slots, samples = built(rng, 3, config)
    frames = parse_frames(samples, np.zeros(3), config)
    assert [f.header.frame_index for f in frames] == [0, 1, 2]
    assert all((f.header.frame_count, f.header.image_id) == (3, 7) for f in frames)
    assert np.allclose([f.symbols for f in frames], slots, atol=2e-3)
    assert all(f.noise_var.max() < 1e-5 and f.csi.snr_db > 50 for f in frames)
    assert np.allclose(frames[0].csi.gain, 1, atol=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4 * 1152), st.integers(0, 255), st.integers(0, 1000))
def test_any_length_of_stream_round_trips(n_symbols, image_id, prompt_bytes):
    stream = cn(np.random.default_rng(n_symbols), n_symbols)
    header = Header(image_id, 3, 640, 480, prompt_bytes)
    samples = build_frames(stream, header, CONFIG)
    count = n_frames(n_symbols, CONFIG)
    assert samples.shape == (count, 3040)
    frames = parse_frames(samples, np.zeros(count), CONFIG)
    slots = np.concatenate([f.symbols for f in frames])
    assert np.allclose(slots[stream_slots(count, CONFIG)[:n_symbols]], stream, atol=2e-3)


def test_power_and_peaks_are_those_of_random_data(rng):
    _, samples = built(rng, 50)
    assert (np.abs(samples) ** 2).mean() == pytest.approx(52 / 64, rel=0.02)
    equal = build_frames(np.ones(50 * 1152), HEADER, CONFIG)
    assert papr_db(equal) < papr_db(samples) + 1


@pytest.mark.parametrize("config", [CONFIG, WIDE], ids=["64", "128"])
@pytest.mark.parametrize("snr_db", [5, 10, 20])
def test_noise_costs_what_it_must_and_is_known(rng, snr_db, config):
    slots, samples = built(rng, 100, config)
    received = through(samples, 0.31, snr_db, rng, config)
    frames = parse_frames(received, np.full(100, 0.312), config)
    error = np.mean([np.abs(f.symbols - s) ** 2 for f, s in zip(frames, slots, strict=True)])
    assert -10 * np.log10(error) > snr_db - 0.3
    assert np.mean([f.noise_var for f in frames]) == pytest.approx(error, rel=0.05)
    snr = np.array([f.csi.snr_db for f in frames]) - snr_db
    assert abs(snr.mean()) < 0.1
    assert snr.std() < 0.5
    assert np.abs([f.cfo - 0.31 for f in frames]).max() < 0.004


def test_headers_are_read_at_minus_three_db(rng):
    _, samples = built(rng, 200)
    received = through(samples, 0.0, -3, rng)
    frames = parse_frames(received, 0.008 * rng.normal(size=200), CONFIG)
    assert np.mean([isinstance(f, Frame) for f in frames]) > 0.965


def test_paths_within_the_prefix_are_undone(rng):
    slots, samples = built(rng, 20)
    taps = np.zeros(12, complex)
    taps[[0, 3, 11]] = [1, 0.5j, -0.4]
    received = scipy.signal.lfilter(taps, [1], samples, axis=1)
    frames = parse_frames(received + 1e-3 * cn(rng, *samples.shape), np.zeros(20), CONFIG)
    carriers = np.array(CONFIG.active_carriers)
    gain = np.exp(-2j * np.pi * np.outer(carriers, np.arange(12)) / 64) @ taps
    assert np.allclose([f.csi.gain for f in frames], gain, atol=1e-2)
    assert np.allclose([f.symbols for f in frames], slots, atol=0.05)


@pytest.mark.parametrize("sfo", [-40e-6, 40e-6])
def test_a_clock_offset_is_tracked(rng, sfo):
    slots, samples = built(rng, 10)
    fine = scipy.signal.resample(np.pad(samples, ((0, 0), (40, 40))), 32 * 3120, axis=1)
    at = (np.arange(3040) * (1 + sfo) + 40) * 32
    slow = np.stack([np.interp(at, np.arange(row.size), row) for row in fine])
    frames = parse_frames(slow + 1e-2 * cn(rng, *slow.shape), np.zeros(10), CONFIG)
    assert np.mean([f.sfo for f in frames]) == pytest.approx(sfo, rel=0.1)
    error = np.mean([np.abs(f.symbols - s) ** 2 for f, s in zip(frames, slots, strict=True)])
    assert error < 1e-3


def payload_db(frames, slots):
    """Return signal over error of the payload, each symbol weighed by what is said of it."""
    error = [np.abs(f.symbols - s) ** 2 for f, s in zip(frames, slots, strict=True)]
    weight = [1 / f.noise_var for f in frames]
    return -10 * np.log10(np.average(error, weights=weight))


def test_phase_noise_is_followed_and_not_taken_for_noise(rng):
    slots, samples = built(rng, 60)
    angle = np.cumsum(rng.normal(size=samples.shape) * np.sqrt(2 * np.pi * 100e-6), axis=1)
    frames = parse_frames(through(samples * np.exp(1j * angle), 0.0, 10, rng), np.zeros(60), CONFIG)
    assert payload_db(frames, slots) > 8.5
    assert np.mean([f.noise_var.mean() for f in frames]) == pytest.approx(10**-0.89, rel=0.1)
    assert abs(np.mean([f.csi.snr_db for f in frames]) - 10) < 0.6  # 10.9 dB under 10 are its own


def test_a_channel_that_changes_its_shape_is_followed(rng):
    slots, samples = built(rng, 40)
    received = np.zeros_like(samples, complex)
    for delay in (0, 1):  # two paths, each turning past by itself
        turns = rng.uniform(-250e-6, 250e-6, (40, 1)) * np.arange(samples.shape[1])
        received += np.roll(samples, delay, axis=1) * np.exp(
            2j * np.pi * (turns + rng.random((40, 1)))
        )
    noisy = np.roll(received / np.sqrt(2), 4, axis=1) + cn(rng, *samples.shape) * 0.1
    frames = parse_frames(noisy, np.zeros(40), CONFIG)
    assert all(isinstance(f, Frame) for f in frames)
    assert payload_db(frames, slots) > 12
    assert abs(np.mean([f.csi.snr_db for f in frames]) - 20) < 2


@pytest.mark.parametrize("cfo", [0.0, 1.3])
def test_the_radio_s_direct_current_does_no_harm(rng, cfo):
    slots, samples = built(rng, 40)
    received = through(samples, cfo, 20, rng) + 0.09 * np.exp(2j * np.pi * rng.random((40, 1)))
    frames = parse_frames(received, np.full(40, cfo), CONFIG)
    assert payload_db(frames, slots) > 19.5


def test_a_frame_is_read_alike_alone_and_among_others(rng):
    _, samples = built(rng, 65)
    received = through(samples, 0.0, 3, rng)
    received[:20] *= np.exp(1j * np.cumsum(rng.normal(size=(20, 3040)) * 0.02, axis=1))
    cfo = 0.01 * rng.normal(size=65)
    for together, row in zip(parse_frames(received, cfo, CONFIG), range(65), strict=True):
        (alone,) = parse_frames(received[row : row + 1], cfo[row : row + 1], CONFIG)
        assert alone.header == together.header
        for one, other in (
            (alone.symbols, together.symbols),
            (alone.noise_var, together.noise_var),
            (alone.csi.gain, together.csi.gain),
        ):
            assert np.array_equal(one, other)
        assert (alone.cfo, alone.sfo, alone.csi.snr_db, alone.csi.noise_var) == (
            together.cfo,
            together.sfo,
            together.csi.snr_db,
            together.csi.noise_var,
        )


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_receiver_s_gain_does_not_matter(rng, scale):
    slots, samples = built(rng, 2)
    frames = parse_frames(samples * np.float32(scale), np.zeros(2), CONFIG)
    assert np.allclose([f.symbols for f in frames], slots, atol=2e-3)
    assert np.abs(frames[0].csi.gain).mean() == pytest.approx(scale, rel=1e-3)


def causes(captures, cfo=None, config=CONFIG):
    found = parse_frames(captures, np.zeros(len(captures)) if cfo is None else cfo, config)
    return [f.cause if isinstance(f, FrameError) else None for f in found]


def test_a_bad_frame_says_why_and_its_neighbours_are_read(rng):
    _, samples = built(rng, 5)
    samples[1] = 0
    samples[2] = cn(rng, 3040)
    samples[3, 700:900] = np.nan
    assert causes(samples)[:3] == [None, "empty", "crc"]
    assert causes(samples)[4] is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e-38])
def test_nonsense_is_an_error_and_no_crash(value):
    captures = np.full((2, 3040), value, np.complex64)
    assert set(causes(captures)) <= {"empty", "crc"}
    assert set(causes(captures, [np.nan, np.inf])) <= {"empty", "crc"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("cfo", [0.0, -2.5, 1e300, np.nan, np.inf])
def test_random_captures_are_lost_without_a_word(rng, cfo):
    noise = cn(rng, 60, 3040).astype(np.complex64)
    noise[:20] *= np.float32(1e36)
    noise[20:40][rng.random((20, 3040)) < 0.1] = np.nan
    assert set(causes(noise, np.full(60, cfo))) == {"crc"}
    with np.errstate(over="ignore"):
        huge = np.full((2, 3040), 1e300) + 0j
    assert set(causes(huge)) <= {"empty", "crc"}


def test_a_cut_capture_is_truncated(rng):
    _, samples = built(rng, 2)
    assert causes(samples[:, :-1]) == ["truncated", "truncated"]


def test_no_captures_give_no_frames():
    assert parse_frames(np.zeros((0, 3040), np.complex64), np.zeros(0), CONFIG) == []


def test_another_configuration_is_named(rng):
    _, samples = built(rng, 2, OfdmConfig(n_payload=30))
    assert causes(samples) == ["config", "config"]


def test_misuse_is_refused(rng):
    with pytest.raises(ShapeError, match=r"captures is \(3040,\)"):
        parse_frames(np.zeros(3040), np.zeros(1), CONFIG)
    with pytest.raises(ShapeError, match=r"cfo \(3,\)"):
        parse_frames(np.zeros((2, 3040)), np.zeros(3), CONFIG)
    with pytest.raises(ShapeError, match="finite"):
        build_frames(np.array([1, np.nan]), HEADER, CONFIG)
    with pytest.raises(ConfigError, match="the stream has 0 symbols"):
        build_frames(np.zeros(0), HEADER, CONFIG)
    with pytest.raises(ConfigError, match="choose a lower rate"):
        n_frames(MAX_FRAMES * 1152 + 1, CONFIG)
