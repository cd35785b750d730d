# SPDX-License-Identifier: MIT
"""Segments: one seed gives one draw; frames lie where they are said to lie."""

import numpy as np
import pytest

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.experiments.segments import SAMPLE_RATE, Draw, SegmentChannel, draw_segments
from gsc_sdr.phy.frame import build_frames, parse_frames
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import FrameDetector

OFDM = OfdmConfig()
STILL = ChannelProfile("still")


def drawn(seed, draw=None, counts=(6, 6, 6), snr_db=30.0):
    return draw_segments(counts, OFDM.frame_length, (snr_db, STILL, draw or Draw()), seed)


def test_one_seed_gives_one_draw():
    first, again, other = drawn(3), drawn(3), drawn(4)
    for one, two in zip(first, again, strict=True):
        assert (one.profile, one.seed, one.n_samples) == (two.profile, two.seed, two.n_samples)
        assert np.array_equal(one.begins, two.begins)
        assert np.array_equal(one.samples(OFDM), two.samples(OFDM))
    assert first[0].profile != other[0].profile
    assert len({segment.seed for segment in first}) == 3


def test_a_shorter_draw_is_the_beginning_of_a_longer_one():
    assert [s.seed for s in drawn(3)][:2] == [s.seed for s in drawn(3, counts=(6, 6))]


def test_draws_fill_their_ranges_and_stay_inside():
    radios = [s.profile.front_end for s in drawn(0, counts=(1,) * 400)]
    carrier = SAMPLE_RATE / OFDM.n_fft
    for values, most in (
        ([r.cfo_hz / carrier for r in radios], 2.0),
        ([r.sfo_ppm for r in radios], 40.0),
        ([r.iq_gain_db for r in radios], 0.5),
        ([r.iq_phase_deg for r in radios], 3.0),
    ):
        assert 0.98 * most < max(values) <= most
        assert -most <= min(values) < -0.98 * most
    assert 98 < max(r.linewidth_hz for r in radios) <= 100
    assert -40 <= min(r.dc_db for r in radios) < max(r.dc_db for r in radios) <= -20
    assert {r.adc_bits for r in radios} == {12}


def test_gentle_draws_hold_a_carrier_offset_alone():
    radios = [s.profile.front_end for s in drawn(0, Draw.gentle(), (1,) * 50)]
    assert max(abs(r.cfo_hz) for r in radios) <= 0.2 * SAMPLE_RATE / OFDM.n_fft
    assert {(r.sfo_ppm, r.linewidth_hz, r.iq_gain_db, r.dc_db, r.adc_bits) for r in radios} == {
        (0, 0, 0, None, 0)
    }


def test_half_of_the_frames_are_back_to_back():
    gaps = [np.diff(s.begins) - OFDM.frame_length for s in drawn(0, counts=(40,) * 20)]
    gaps = np.concatenate(gaps)
    assert gaps.min() == 0
    assert (gaps == 0).mean() == pytest.approx(0.5, abs=0.06)
    assert OFDM.frame_length * 0.95 < gaps.max() < OFDM.frame_length


def test_frames_are_sent_where_they_are_said_to_begin():
    (segment,) = drawn(1, counts=(5,))
    samples = segment.samples(OFDM)
    assert len(samples) == segment.n_samples
    frames = np.stack([samples[at : at + OFDM.frame_length] for at in segment.begins])
    for frame, header, payload in zip(
        parse_frames(frames, np.zeros(5), OFDM),
        segment.headers(OFDM),
        segment.payload(OFDM),
        strict=True,
    ):
        assert frame.header == header
        assert np.allclose(frame.symbols, payload, atol=1e-3)


@pytest.mark.parametrize("cut", [777, 20_000, 1_000_000])
def test_each_segment_goes_through_its_own_channel_however_it_is_cut(cut):
    segments = drawn(2, counts=(3, 3))
    sent = np.concatenate([segment.samples(OFDM) for segment in segments])
    channel = SegmentChannel(segments)
    pieces = [channel.apply(sent[at : at + cut]) for at in range(0, len(sent), cut)]
    alone = [s.channel().apply(s.samples(OFDM)) for s in segments]
    assert np.array_equal(np.concatenate(pieces), np.concatenate(alone))
    behind = channel.apply(np.zeros(5000, np.complex64))  # the last one's noise goes on
    assert np.std(behind) > 0


def test_offsets_are_those_that_were_drawn():
    segments = drawn(5, Draw.offsets(), counts=(8,) * 4, snr_db=25.0)
    for segment in segments:
        detector = FrameDetector(OFDM)
        arrived = segment.channel().apply(segment.samples(OFDM))
        captures = detector.push(arrived) + detector.flush()
        found = [capture.cfo for capture in captures]
        assert len(found) == 8
        assert np.mean(found) == pytest.approx(segment.cfo(OFDM), abs=0.02)
        growth = 1 + 1e-6 * segment.profile.front_end.sfo_ppm
        assert len(arrived) == pytest.approx(segment.n_samples / growth, abs=40)


def test_payload_is_noise_like_and_of_unit_power():
    (segment,) = drawn(0, counts=(20,))
    payload = segment.payload(OFDM)
    assert (np.abs(payload) ** 2).mean() == pytest.approx(1.0, abs=0.02)
    frames = build_frames(segment._stream(OFDM), segment._template(), OFDM)
    assert frames.shape == (20, OFDM.frame_length)


def test_a_channel_without_a_part_keeps_the_others():
    (segment,) = draw_segments(
        (2,), OFDM.frame_length, (5.0, ChannelProfile("blocks", "rayleigh"), Draw.offsets()), 3
    )
    silence = np.zeros(segment.n_samples, np.complex64)
    noise = segment.channel(fading=False).apply(silence)
    assert np.array_equal(noise, segment.channel().apply(silence))
    assert np.var(noise) == pytest.approx(10**-0.5, rel=0.03)
    assert not segment.channel(noise=False).apply(silence).any()
