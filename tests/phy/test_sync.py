# SPDX-License-Identifier: MIT
"""The detector: every frame once, wherever it is and however the stream is cut."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.phy.acquire import acquire
from gsc_sdr.phy.frame import Frame, build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.sync import FrameDetector

CONFIG = OfdmConfig()
WIDE = OfdmConfig(
    128, 32, tuple(c for c in range(-50, 51) if c % 9), (-45, -27, 27, 45), n_header=5
)
LENGTH = CONFIG.frame_length


def cn(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def frames(rng, n, config=CONFIG):
    return build_frames(cn(rng, n * config.capacity), Header(1, 3, 64, 64), config)


def on_air(rng, sent, gaps, cfo, snr_db):
    """Return a noisy stream with a gap before each frame, and the true starts."""
    n_fft = 64 if sent.shape[1] == LENGTH else 128
    starts = np.cumsum(gaps) + np.arange(len(sent)) * sent.shape[1]
    stream = np.zeros(starts[-1] + sent.shape[1] + 500, complex)
    for start, samples in zip(starts, sent, strict=True):
        stream[start : start + len(samples)] = samples
    stream *= np.exp(2j * np.pi * cfo * np.arange(len(stream)) / n_fft)
    return (stream + cn(rng, len(stream)) * 10 ** (-snr_db / 20)).astype(np.complex64), starts


def detect(stream, config=CONFIG):
    detector = FrameDetector(config)
    return detector.push(stream) + detector.flush(), detector.counts


def read(captures, config=CONFIG):
    """Return the frame indices that are read from captures."""
    samples = np.array([c.samples for c in captures]).reshape(-1, config.frame_length)
    found = parse_frames(samples, [c.cfo for c in captures], config)
    return [f.header.frame_index for f in found if isinstance(f, Frame)]


@pytest.mark.parametrize("cfo", [-1.9, -0.4, 0.0, 0.4, 1.9])
@pytest.mark.parametrize("gap", ["none", "random"])
def test_every_frame_is_found_and_read_at_five_db(rng, cfo, gap):
    gaps = rng.integers(0, 700, 40) * (gap == "random")
    stream, starts = on_air(rng, frames(rng, 40), gaps, cfo, 5)
    captures, _ = detect(stream)
    assert [c.start + 4 for c in captures] == starts.tolist()
    assert np.abs([c.cfo - cfo for c in captures]).max() < 0.02
    assert read(captures) == list(range(40))


def test_another_configuration_is_found_and_read(rng):
    gaps = rng.integers(0, 700, 20)
    stream, _ = on_air(rng, frames(rng, 20, WIDE), gaps, 0.7, 5)
    assert read(detect(stream, WIDE)[0], WIDE) == list(range(20))


@pytest.mark.parametrize(("snr_db", "share"), [(-3, 0.88), (0, 0.98)])
def test_noise_above_the_signal_is_survived(rng, snr_db, share):
    stream, _ = on_air(rng, frames(rng, 150), rng.integers(0, 200, 150), -0.4, snr_db)
    assert len(read(detect(stream)[0])) >= share * 150


def test_frames_without_noise_in_silence_are_found():
    sent = frames(np.random.default_rng(0), 3)
    stream = np.zeros(30000, np.complex64)
    for start, samples in zip((17, 3900, 20000), sent, strict=True):
        stream[start : start + LENGTH] = samples
    captures, counts = detect(stream)
    assert [c.start for c in captures] == [13, 3896, 19996]
    assert counts["captures"] == 3


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9000), max_size=12), st.integers(0, 3))
def test_cutting_the_stream_changes_nothing(lengths, seed):
    rng = np.random.default_rng(seed)
    stream, _ = on_air(rng, frames(rng, 4), rng.integers(0, 3000, 4), 0.3, 3)
    whole, _ = detect(stream)
    detector, found = FrameDetector(CONFIG), []
    for part in np.split(stream, np.minimum(np.cumsum(lengths), len(stream))):
        found += detector.push(part)
    found += detector.flush()
    assert [(c.start, c.cfo) for c in found] == [(c.start, c.cfo) for c in whole]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(found, whole, strict=True))


def test_noise_gives_no_captures(rng):
    captures, counts = detect(cn(rng, 500_000))
    assert captures == []
    assert counts["samples"] == 500_000
    assert counts["rejected"] == counts["candidates"]


@pytest.mark.parametrize("distance", [60, 170, 300, 480, 500, 700, 2000])
def test_a_preamble_without_a_frame_hides_no_frame_behind_it(rng, distance):
    sent = frames(rng, 1)[0]
    stream = 0.03 * cn(rng, 8000)
    stream[1000 : 1000 + 480] += preamble(CONFIG)
    begin = 1000 + distance
    stream[begin : begin + LENGTH] = sent + 0.03 * cn(rng, LENGTH)
    assert read(detect(stream)[0]) == [0]


@pytest.mark.parametrize("period", [16, 8, 1, np.inf])
def test_what_repeats_is_not_yet_a_frame(rng, period):
    if period == np.inf:  # a sharp pulse now and then
        wave = np.where(np.arange(20_000) % 500 == 0, 50.0, 0.0)
    else:
        wave = 2 * np.tile(cn(rng, period), 20_000 // period)
    stream = 0.1 * cn(rng, 20_000) + wave
    stream[9000 : 9000 + LENGTH] = frames(rng, 1)[0] + 0.1 * cn(rng, LENGTH)
    captures, _ = detect(stream)
    assert read(captures) == [0]
    assert len(captures) < 8


def test_a_constant_offset_hides_no_frame(rng):
    stream, _ = on_air(rng, frames(rng, 10), np.full(10, 500), 0.4, 15)
    assert read(detect(stream + 0.5)[0]) == list(range(10))


def test_broken_samples_are_counted_and_the_next_frame_is_read(rng):
    stream, _ = on_air(rng, frames(rng, 3), [100, 0, 0], 0.1, 20)
    stream[3500:3600] = np.nan
    stream[3600:3610] = np.inf
    stream[3610] = 1e30
    captures, counts = detect(stream)
    assert counts["bad_samples"] == 111
    assert {0, 2} <= set(read(captures))


def test_a_frame_that_the_end_cuts_off_is_counted(rng):
    stream, starts = on_air(rng, frames(rng, 2), [300, 300], 0.1, 20)
    captures, counts = detect(stream[: starts[1] + 2000])
    assert read(captures) == [0]
    assert counts["truncated"] == 1


def test_the_stream_goes_on_after_a_flush(rng):
    stream, starts = on_air(rng, frames(rng, 2), [300, 300], 0.1, 20)
    detector = FrameDetector(CONFIG)
    first = detector.push(stream[: starts[1] - 100]) + detector.flush()
    second = detector.push(stream[starts[1] - 100 :]) + detector.flush()
    assert [c.start + 4 for c in first + second] == starts.tolist()


def test_nothing_pushed_is_nothing_found():
    detector = FrameDetector(CONFIG)
    assert detector.push([]) == detector.flush() == detector.flush() == []


def test_memory_is_bounded(rng):
    detector = FrameDetector(CONFIG)
    held = detector._held.nbytes
    for n in (5000, 200_000, 1) * 10:
        detector.push(cn(rng, n))
        assert detector._held.nbytes == held < 400_000


@pytest.mark.parametrize("scale", [0.0, 1e-22, 1e-14, 1e-6, 1e6, 1e14])
def test_noise_of_any_level_is_searched(rng, scale):
    captures, counts = detect(scale * cn(rng, 100_000))
    assert captures == []
    assert counts["bad_samples"] == 0
    assert counts["candidates"] < 10


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_frames_of_any_level_are_read(rng, scale):
    stream, _ = on_air(rng, frames(rng, 5), rng.integers(0, 700, 5), 0.4, 5)
    assert [(c.start, round(c.cfo, 3)) for c in detect(scale * stream)[0]] == [
        (c.start, round(c.cfo, 3)) for c in detect(stream)[0]
    ]


def front_end(rng, x):
    """Return what a cheap receiver makes of samples: every fault at once."""
    t = np.arange(30, len(x) / (1 + 4e-5) - 30) * (1 + 4e-5)  # 40 ppm
    at, part = np.divmod(t, 1)
    taps = np.arange(-11, 13)
    weights = np.sinc(part[:, None] - taps) * np.cos(np.pi * (part[:, None] - taps) / 24) ** 2
    x = (x[at.astype(int)[:, None] + taps] * weights).sum(axis=1)
    x = x * np.exp(1j * np.cumsum(rng.normal(scale=np.sqrt(2e-4 * np.pi), size=len(x))))  # 100 Hz
    skew = np.deg2rad(5)
    x = x.real * 10 ** (1 / 40) + 1j * (x.imag * np.cos(skew) + x.real * np.sin(skew))
    x += 0.09 * np.exp(1j)  # a constant of -20 dBc
    step = 4 * np.abs(x).std() / 2**11  # 12 bits
    return (np.round(x.real / step) + 1j * np.round(x.imag / step)).astype(np.complex64), t


@pytest.mark.parametrize(("snr_db", "cfo"), [(3, -2.0), (3, 1.3), (0, 0.6)])
@pytest.mark.parametrize("gap", [1, 900])
def test_every_fault_of_a_front_end_at_once_is_survived(rng, snr_db, cfo, gap):
    stream, starts = on_air(rng, frames(rng, 40), rng.integers(0, gap, 40) + 60, cfo, snr_db)
    heard, times = front_end(rng, stream)
    captures, _ = detect(heard)
    found = np.array([times[c.start + 4] for c in captures])
    distance = np.abs(found[:, None] - starts).min(axis=0)
    assert distance.max() < 3
    assert len(captures) <= 41
    assert len(read(captures)) >= 39


def test_a_constant_above_the_signal_hides_no_frame(rng):
    stream, starts = on_air(rng, frames(rng, 10), np.full(10, 500), 0.4, 15)
    captures, _ = detect(stream + 3)  # 10 dB above
    assert {*starts} <= {c.start + 4 for c in captures}


@pytest.mark.parametrize("at", [0, 100, 200, 330, 400])
@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_a_step_of_gain_in_a_preamble_hides_no_frame(rng, at, gain):
    stream, starts = on_air(rng, frames(rng, 3), np.full(3, 500), 0.4, 15)
    stream[starts[1] + at :] *= gain
    assert [c.start + 4 for c in detect(stream)[0]] == starts.tolist()


@pytest.mark.parametrize("spread", [1.0, 1.5])
def test_payloads_of_few_strong_symbols_look_like_no_preamble(rng, spread):
    strength = np.exp(spread * rng.normal(size=200 * CONFIG.capacity))
    sent = build_frames(
        strength / np.sqrt((strength**2).mean()) * cn(rng, len(strength)),
        Header(1, 3, 64, 64),
        CONFIG,
    )
    stream, starts = on_air(rng, sent, np.zeros(200, int), 0.0, 20)
    captures, counts = detect(stream)
    assert {*starts} <= {c.start + 4 for c in captures}
    assert len(captures) <= 204
    assert counts["candidates"] < 4 * 200


@pytest.mark.parametrize("distance", [-330, 330])
def test_a_frame_is_not_found_a_block_early_or_late(rng, distance):
    stream, starts = on_air(rng, frames(rng, 1), [1000], 0.0, 20)
    detector = FrameDetector(CONFIG)
    place = starts[0] + distance  # ten samples too far for acquisition to see
    window = stream[place - 320 : place + 320 + 480 + 64]
    assert acquire(window, 0.0, CONFIG) is None
    assert [c.start + 4 for c in detector.push(stream) + detector.flush()] == starts.tolist()


def test_preambles_without_end_do_not_hide_a_frame(rng):
    stream = np.tile(preamble(CONFIG), 60) + 0.1 * cn(rng, 60 * 480)
    stream[9000 : 9000 + LENGTH] = frames(rng, 1)[0] + 0.1 * cn(rng, LENGTH)
    captures, counts = detect(stream)
    assert read(captures) == [0]
    assert len(captures) <= 60
    assert counts["candidates"] < 300


def test_a_flood_of_bytes_is_survived(rng):
    flood = rng.integers(0, 2**32, 400_000, dtype=np.uint32).view(np.complex64)
    captures, counts = detect(flood)
    assert len(captures) == counts["captures"] <= 1
    assert 0 < counts["bad_samples"] < 200_000


def test_a_frame_is_reported_within_the_delay(rng):
    stream, _ = on_air(rng, frames(rng, 12), rng.integers(0, 3000, 12), 0.4, 5)
    stream = np.concatenate([stream, np.zeros(20_000)])
    detector, found = FrameDetector(CONFIG), []
    for end in range(50, len(stream), 50):
        found += [(c.start, end) for c in detector.push(stream[end - 50 : end])]
    assert len(found) == 12
    assert max(end - start for start, end in found) <= detector.delay + 50
    assert detector.delay < 14_000


@pytest.mark.parametrize("kind", [np.complex128, np.float64, list])
def test_any_array_is_taken(kind):
    detector = FrameDetector(CONFIG)
    detector.push(kind(np.ones(10)) if kind is list else np.ones(20, kind)[::2])
    assert detector.counts["samples"] == 10


def test_noise_is_searched_faster_than_ten_million_samples_a_second(rng):
    noise, detector = cn(rng, 1_000_000).astype(np.complex64), FrameDetector(CONFIG)
    start = time.process_time()
    detector.push(noise)
    assert time.process_time() - start < 0.1
