# SPDX-License-Identifier: MIT
"""The polynomial is the turning unit vector, for any turn."""

import numpy as np
import pytest

from gsc_sdr.phy.phasor import phasor


@pytest.mark.parametrize("reach", [0.3, 3.0, 1e6])
def test_the_parts_are_cosine_and_sine(rng, reach):
    turns = np.concatenate([rng.uniform(-reach, reach, 1000), np.arange(-8, 9) / 8])
    found = np.array([complex(*phasor(value)) for value in turns])
    assert np.allclose(found, np.exp(2j * np.pi * turns), atol=2e-9 + 1e-15 * reach)
