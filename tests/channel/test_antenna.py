# SPDX-License-Identifier: MIT
"""The air's two ends: envelopes clipped, a tone of its power, silence of its share."""

import numpy as np
import pytest

from gsc_sdr.channel.antenna import Antenna, clip
from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.errors import ConfigError

RATE = 1e6


def test_the_envelope_is_limited_and_the_phase_kept(rng):
    x = (rng.normal(size=(5000, 2)) @ [1, 1j]).astype(np.complex64)
    y = clip(x, 1.5)
    assert np.abs(y).max() <= 1.5 * (1 + 1e-6)
    assert np.allclose(np.angle(y), np.angle(x), atol=1e-5)
    low = np.abs(x) < 1.5
    assert np.array_equal(y[low], x[low])
    assert np.allclose(np.abs(y[~low]), 1.5, rtol=1e-6)


def test_silence_can_be_clipped():
    assert not clip(np.zeros(3, np.complex64), 0.1).any()


def test_without_a_limit_nothing_is_copied():
    x = np.ones(3, np.complex64)
    assert clip(x, np.inf) is x
    assert Antenna(FrontEnd(), RATE, 0).apply(x) is x


@pytest.mark.parametrize(("level_db", "tone_hz"), [(-10.0, 100e3), (6.0, -499_999.0), (0.0, 0.0)])
def test_the_tone_has_its_power_and_frequency(level_db, tone_hz):
    y = Antenna(FrontEnd(tone_db=level_db, tone_hz=tone_hz), RATE, 1).apply(
        np.zeros(100_000, np.complex64)
    )
    assert np.mean(np.abs(y) ** 2) == pytest.approx(10 ** (level_db / 10), rel=1e-4)
    turn = np.angle(np.vdot(y[:-1], y[1:])) / (2 * np.pi) * RATE
    assert turn == pytest.approx(tone_hz, abs=0.5)


def test_the_antenna_is_deaf_for_the_share_that_was_asked():
    deaf = Antenna(FrontEnd(erasure_s=0.003, erasure_period_s=0.02), RATE, 2)
    x = np.ones(400_000, np.complex64)
    assert np.mean(deaf.apply(x) == 0) == pytest.approx(0.15, abs=1e-9)
    assert np.all(x == 1)  # what was given is not written to


def test_a_tone_outside_the_band_is_refused():
    with pytest.raises(ConfigError, match=r"tone_hz is 100000\.0; at 50000 samples/s give at most"):
        Antenna(FrontEnd(tone_db=0.0), 5e4, 0)
