# SPDX-License-Identifier: MIT
"""Pictures: whole from all frames, thinned from some, never mixed up, never too many."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.phy.assemble import Assembler
from gsc_sdr.phy.frame import build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig

CONFIG = OfdmConfig(n_payload=4)


def picture(image_id, n_frames=5):
    """Return a stream and the frames that were received of it."""
    rng = np.random.default_rng(image_id)
    stream = rng.normal(size=(n_frames * CONFIG.capacity - 7, 2)) @ [1, 1j] / np.sqrt(2)
    samples = build_frames(stream, Header(image_id, 3, 64, 48, 12), CONFIG)
    return stream, parse_frames(samples, np.zeros(n_frames), CONFIG)


STREAM, FRAMES = picture(1)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_frames_in_any_order_give_the_stream(order):
    assembler = Assembler(CONFIG)
    found = [p for i in order for p in assembler.push(FRAMES[i])]
    assert len(found) == 1
    assert np.allclose(found[0].stream[: len(STREAM)], STREAM, atol=2e-3)
    assert np.isfinite(found[0].noise_var).all()
    assert (found[0].n_received, found[0].frame_count) == (5, 5)
    assert found[0].header == replace(FRAMES[0].header, frame_index=0)
    assert found[0].csi is FRAMES[order[-1]].csi
    assert assembler.idle() == []
    assert assembler.counts == {"frames": 5, "complete": 1}


def test_lost_frames_are_erased_in_their_places():
    assembler = Assembler(CONFIG)
    assert [p for i in (0, 1, 4) for p in assembler.push(FRAMES[i])] == []
    (found,) = assembler.idle()
    lost = np.isinf(found.noise_var)
    assert lost.mean() == pytest.approx(2 / 5)
    assert (found.stream[lost] == 0).all()
    kept = ~lost[: len(STREAM)]
    assert np.allclose(found.stream[: len(STREAM)][kept], STREAM[kept], atol=2e-3)
    assert found.n_received == 3
    assert assembler.counts["incomplete"] == 1


def test_pictures_that_interleave_are_not_mixed_up():
    assembler = Assembler(CONFIG)
    streams, frames = zip(*(picture(i) for i in range(4)), strict=True)
    found = [p for row in zip(*frames, strict=True) for f in row for p in assembler.push(f)]
    assert [p.header.image_id for p in found] == [0, 1, 2, 3]
    for stream, result in zip(streams, found, strict=True):
        assert np.allclose(result.stream[: len(stream)], stream, atol=2e-3)


def test_a_fifth_picture_ends_the_oldest():
    assembler = Assembler(CONFIG)
    found = [p for i in range(6) for p in assembler.push(picture(i)[1][0])]
    assert [p.header.image_id for p in found] == [0, 1]
    assert [p.header.image_id for p in assembler.idle()] == [2, 3, 4, 5]


def test_a_duplicate_is_counted_and_changes_nothing():
    assembler = Assembler(CONFIG)
    for frame in (FRAMES[0], FRAMES[0], FRAMES[1]):
        assert assembler.push(frame) == []
    assert assembler.counts["duplicate"] == 1
    assert assembler.idle()[0].n_received == 2


def test_an_image_id_used_anew_begins_a_new_picture():
    assembler = Assembler(CONFIG)
    assembler.push(FRAMES[0])
    other = replace(FRAMES[1], header=replace(FRAMES[1].header, width=65))
    (old,) = assembler.push(other)
    assert (old.header.width, old.n_received) == (64, 1)
    assert assembler.counts["inconsistent"] == 1
    assert assembler.idle()[0].header.width == 65


def test_figures_are_means_over_the_frames():
    assembler = Assembler(CONFIG)
    for frame, snr_db, cfo in zip(FRAMES, (10, 10, 10, 10, 0), range(5), strict=True):
        csi = replace(frame.csi, snr_db=float(snr_db), noise_var=0.1)
        found = assembler.push(replace(frame, csi=csi, cfo=float(cfo)))
    assert found[0].snr_db == pytest.approx(10 * np.log10(41 / 5))
    assert found[0].cfo == pytest.approx(2)


def test_noise_of_zero_is_no_trouble():
    assembler = Assembler(CONFIG)
    for frame in FRAMES:
        found = assembler.push(replace(frame, csi=replace(frame.csi, noise_var=0.0)))
    assert np.isfinite(found[0].snr_db)
