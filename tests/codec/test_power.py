# SPDX-License-Identifier: MIT
"""Power: unit mean whatever comes, undone exactly, plain when refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.codec.power import N_LEVELS, gain_of, normalise
from gsc_sdr.errors import ConfigError, ShapeError


@given(st.floats(0.12, 3.6), st.integers(1, 200))
def test_power_is_one_within_a_quarter_decibel(scale, n):
    symbols = scale * np.exp(1j * np.arange(n))
    sent, level = normalise(symbols)
    assert abs(10 * np.log10(np.mean(np.abs(sent) ** 2))) <= 0.26
    assert np.allclose(sent * gain_of(level), symbols, rtol=1e-5)


def test_silence_stays_silent():
    sent, level = normalise(np.zeros(4))
    assert not sent.any()
    assert level == 0


@pytest.mark.parametrize("bad", [[], [np.nan], [1, np.inf]])
def test_nothing_or_not_a_number_is_refused(bad):
    with pytest.raises(ShapeError, match="finite"):
        normalise(bad)


@pytest.mark.parametrize("level", [-1, N_LEVELS])
def test_a_level_out_of_range_is_refused(level):
    with pytest.raises(ConfigError, match=str(level)):
        gain_of(level)
