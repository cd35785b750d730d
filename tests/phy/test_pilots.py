# SPDX-License-Identifier: MIT
"""Pilots: signs, no two of the same sequence on the air."""

import numpy as np

from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.pilots import pilot_values


def test_values_are_signs_in_the_frame_s_shape():
    values = pilot_values(OfdmConfig())
    assert values.shape == (32, 4)
    assert set(np.unique(values)) == {-1.0, 1.0}


def test_polarity_is_balanced_over_its_period_and_starts_again():
    values = pilot_values(OfdmConfig(n_header=8, n_payload=246))
    assert abs(values[:127, 0].sum()) == 1
    assert np.array_equal(values[:127], values[127:254])


def test_carriers_differ_in_sign():
    assert len(np.unique(pilot_values(OfdmConfig())[0])) == 2
