# SPDX-License-Identifier: MIT

"""A gain stage: exact below full scale; clips, rounds and counts as a converter does."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.blocks.gain_stage import GainStage
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.radio


def noise(rng, n=50_000):
    """Return n samples of unit power."""
    return (rng.normal(size=(n, 2)) @ [1, 1j] * np.sqrt(0.5)).astype(np.complex64)


def test_below_full_scale_only_the_gain_acts(stream, rng):
    samples, block = noise(rng), GainStage(gain_db=-20.0)
    assert np.allclose(stream(samples, block), samples / 10, rtol=1e-6)
    assert block.n_clipped == 0
    largest = max(np.abs(samples.real).max(), np.abs(samples.imag).max()) / 10
    assert block.peak == pytest.approx(largest, rel=1e-6)


@pytest.mark.parametrize("full_scale_db", [0.0, -6.0, 6.0])
def test_each_part_clips_at_full_scale_and_is_counted(stream, rng, full_scale_db):
    samples, block = noise(rng), GainStage(full_scale_db=full_scale_db)
    limit = np.float32(10 ** (full_scale_db / 20))
    clipped = np.clip(samples.real, -limit, limit) + 1j * np.clip(samples.imag, -limit, limit)
    assert np.allclose(stream(samples, block, cut=1000), clipped, rtol=1e-6)
    assert block.n_clipped == np.count_nonzero(clipped != samples)


@pytest.mark.parametrize("bits", [4, 8, 12])
def test_the_noise_of_rounding_is_that_of_theory(stream, rng, bits):
    samples = noise(rng) / 8
    error = stream(samples, GainStage(bits=bits)) - samples
    step = 2.0 ** (1 - bits)
    assert np.mean(np.abs(error) ** 2) == pytest.approx(2 * step**2 / 12, rel=0.03)


def test_a_converter_has_codes_from_minus_one_to_just_below_one(stream):
    codes = stream(np.array([-3 - 3j, 3 + 3j]), GainStage(bits=4))
    assert codes.tolist() == [-1 - 1j, 0.875 + 0.875j]


def test_the_gain_can_be_changed_and_nonsense_cannot(stream):
    block = GainStage()
    block.set_gain_db(-20.0)
    assert stream(np.ones(3), block) == pytest.approx(0.1)
    with pytest.raises(ConfigError, match="gain_db is nan"):
        block.set_gain_db(float("nan"))
    with pytest.raises(ConfigError, match="bits is 40"):
        GainStage(bits=40)


def test_what_is_not_a_number_becomes_silence_and_is_counted(stream):
    bad = [1.0, complex(np.nan, 0.5), complex(np.inf, -np.inf), 0.25]
    block = GainStage()
    assert stream(np.array(bad), block).tolist() == [1.0, 0.5j, 1 - 1j, 0.25]
    assert block.n_clipped == 2
