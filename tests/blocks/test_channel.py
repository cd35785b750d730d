# SPDX-License-Identifier: MIT
"""The channel's noise and offset are those of the definition."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.blocks.channel import Channel
from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.radio
N = 200_000


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("snr_db", [-10.0, 0.0, 25.0])
def test_noise_power_is_n0_over_both_dimensions(stream, snr_db, seed):
    noise = stream(np.zeros(N), Channel(1e6, snr_db, seed=seed))
    power_db = 10 * np.log10(np.mean(np.abs(noise) ** 2))
    assert power_db == pytest.approx(-snr_db, abs=0.12)  # 8192 stored values: 0.05 dB rms
    assert np.mean(noise.real**2) == pytest.approx(np.mean(noise.imag**2), rel=0.1)
    assert abs(np.mean(noise)) < 0.05 * 10 ** (-snr_db / 20)


def test_noise_is_white(stream):
    noise = stream(np.zeros(N), Channel(1e6, 0.0))
    correlation = [abs(np.vdot(noise[lag:], noise[:-lag])) / N for lag in (1, 2, 16, 64, 8192)]
    assert max(correlation) < 0.02


def test_one_seed_gives_one_noise(stream):
    first, again, other = (
        stream(np.zeros(20000), Channel(1e6, 10.0, 700.0, seed=seed), cut=cut)
        for seed, cut in [(1, 8192), (1, 100), (2, 8192)]
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_without_noise_and_offset_samples_are_as_they_were(rng, stream):
    samples = (rng.normal(size=(20000, 2)) @ [1, 1j]).astype(np.complex64)
    arrived = stream(samples, Channel(1e6))
    at = int(np.argmax(np.abs(np.correlate(samples[:200], arrived[:100], "valid"))))
    n = len(arrived) - 10
    assert np.allclose(arrived[:n], samples[at : at + n], atol=1e-6)


def test_fading_comes_before_noise(stream):
    fading, twin = (Fading(profile("rayleigh"), 1e4, seed=5) for _ in range(2))
    arrived = stream(np.ones(N), Channel(1e4, 30.0, fading=fading))
    faded = twin.apply(np.ones(N, np.complex64))
    assert np.mean(np.abs(arrived[1000:-1000]) ** 2) == pytest.approx(
        np.mean(np.abs(faded) ** 2) + 1e-3, rel=0.05
    )


def test_knobs_reach_the_blocks():
    channel = Channel(1e6)
    channel.set_snr_db(20.0)
    assert channel.model.noise_voltage() == pytest.approx(np.sqrt(0.01 / 2))  # of one dimension
    channel.set_snr_db(None)
    assert channel.model.noise_voltage() == 0
    channel.set_cfo_hz(500.0)
    with pytest.raises(ConfigError, match="600000"):
        channel.set_cfo_hz(600e3)
    with pytest.raises(ConfigError, match="nan"):
        channel.set_snr_db(float("nan"))
