# SPDX-License-Identifier: MIT
"""Suspicions: the formula, block by block; numbers alone are taken in."""

import numpy as np
import pytest

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import preamble
from gsc_sdr.phy.repetition import Windows, suspect, take_in

CONFIG = OfdmConfig()
WINDOWS = Windows.of(CONFIG, 320)
SPAN = 37 * 8


def noise(rng, n):
    return (rng.normal(size=(n, 2)) @ [1, 1j]).astype(np.complex64)


def coherence(x, at):
    """Return the squared coherence of a span with what stands one period later."""
    early, late = x[at : at + SPAN], x[at + 16 : at + 16 + SPAN]
    early, late = early - early.mean(), late - late.mean()
    product = np.vdot(early, late)
    return np.abs(product) ** 2 / (np.vdot(early, early) * np.vdot(late, late)).real, product


@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_a_suspicion_has_coherence_and_phase_of_its_place(rng, offset):
    stream = noise(rng, WINDOWS.size) + np.complex64(offset)
    stream[3000:3480] += 2 * preamble(CONFIG) * np.exp(0.1j * np.arange(480))
    found = suspect(stream, 1, WINDOWS)
    peaks = found[found[:, 3] == 1]
    assert np.abs(peaks[:, 0] - 3000).min() <= 16
    for place, cfo, squared, _, window in found:
        truth, product = coherence(stream.astype(complex), int(place))
        assert squared == pytest.approx(truth, rel=1e-3)
        assert cfo == pytest.approx(np.angle(product) * 2 / np.pi, abs=1e-3)
        assert window == 0


def test_windows_are_searched_each_by_itself(rng):
    stream = noise(rng, WINDOWS.size + 3 * WINDOWS.hop)
    stream += np.tile(noise(rng, 16), len(stream) // 16)
    together, alone = suspect(stream, 4, WINDOWS), []
    for window in range(4):
        begin = window * WINDOWS.hop
        alone.append(suspect(stream[begin:], 1, WINDOWS) + np.array([begin, 0, 0, 0, window]))
    assert np.array_equal(together, np.concatenate(alone))
    assert len(together) > 100  # something repeats everywhere


def test_each_place_belongs_to_one_window(rng):
    stream = np.tile(noise(rng, 16), (WINDOWS.size + WINDOWS.hop) // 16)
    places = suspect(stream + 0.1 * noise(rng, len(stream)), 2, WINDOWS)[:, 0]
    assert places.min() >= WINDOWS.guard
    assert places.max() < WINDOWS.guard + 2 * WINDOWS.hop
    assert len(set(places)) == len(places)


def test_what_repeats_exactly_for_ever_is_suspected_now_and_then(rng):
    stream = np.tile(noise(rng, 16), WINDOWS.size // 16 + 1)
    assert 0 < len(suspect(stream, 1, WINDOWS)) <= 2 * 1024 // 20 + 2


@pytest.mark.parametrize("wave", ["silence", 3 - 4j, 0.1 + 0.7j, 1e12j, "pulses"])
def test_what_does_not_repeat_is_not_suspected(wave):
    stream = np.zeros(WINDOWS.size, np.complex64)
    if not isinstance(wave, str):
        stream += np.complex64(wave)
    elif wave == "pulses":
        stream[::700] = 100
    assert len(suspect(stream, 1, WINDOWS)) == 0


def test_numbers_are_taken_in_and_others_are_counted(rng):
    stream = noise(rng, 9)
    stream[[1, 3, 5, 7]] = [np.nan, complex(0, np.inf), 1e20, 1e-20]
    out = np.full(12, 7, np.complex64)
    assert take_in(stream, out) == 3
    assert out[[1, 3, 5, 7]].tolist() == [0, 0, 0, 0]
    assert np.array_equal(out[[0, 2, 4, 6, 8]], stream[[0, 2, 4, 6, 8]])
    assert out[9:].tolist() == [7, 7, 7]


def test_windows_hold_what_is_asked_of_them():
    for config in (CONFIG, OfdmConfig(n_payload=1), OfdmConfig(n_fft=512, n_cp=36)):
        windows = Windows.of(config, 5 * config.n_fft)
        assert windows.guard % windows.block == 0
        assert windows.guard >= 5 * config.n_fft
        assert windows.ahead >= windows.guard + 5 * config.n_fft + config.frame_length
        assert windows.size == windows.guard + windows.hop + windows.ahead
