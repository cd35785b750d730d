# SPDX-License-Identifier: MIT
"""The offset is exact, goes on in phase, and is the same however the stream is cut."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.blocks.carrier_offset import CarrierOffset
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.radio


def test_samples_turn_by_the_offset(stream):
    turned = stream(np.ones(20000), CarrierOffset(1e6, 1234.5))
    expected = np.exp(2j * np.pi * 1234.5e-6 * np.arange(20000))
    assert np.abs(turned - expected).max() < 1e-6


def test_the_cut_of_the_stream_does_not_change_a_bit(rng, stream):
    samples = rng.normal(size=(20000, 2)) @ [1, 1j]
    whole, cut = (stream(samples, CarrierOffset(1e6, 3333.3), cut=n) for n in (8192, 77))
    assert np.array_equal(whole, cut)


def test_no_offset_changes_nothing(rng, stream):
    samples = (rng.normal(size=(5000, 2)) @ [1, 1j]).astype(np.complex64)
    assert np.array_equal(stream(samples, CarrierOffset(1e6)), samples)


def test_the_phase_goes_on_when_the_offset_changes():
    block, parts = CarrierOffset(1e6, 5e3), []
    for cfo_hz in (5e3, -2e3, 0.0):
        block.set_cfo_hz(cfo_hz)
        parts.append(np.empty(1000, np.complex64))
        block.work([np.ones(1000, np.complex64)], [parts[-1]])
    steps = np.diff(np.angle(np.concatenate(parts))) / (2 * np.pi) * 1e6
    steps = (steps + 5e5) % 1e6 - 5e5
    assert np.allclose(steps, np.repeat([5e3, -2e3, 0.0], [1000, 1000, 999]), atol=1)


@pytest.mark.parametrize("cfo_hz", [5.1e5, -1e9, float("nan")])
def test_an_impossible_offset_is_refused(cfo_hz):
    with pytest.raises(ConfigError, match="500000"):
        CarrierOffset(1e6, cfo_hz)
