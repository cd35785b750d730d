# SPDX-License-Identifier: MIT
"""The speed that is told is that of a receiver that receives."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.stall import receive_rate
from gsc_sdr.transceiver.chain import Transmitter

pytestmark = pytest.mark.radio


def test_samples_frames_and_pictures_are_counted():
    image = np.full((64, 64, 3), 100, np.uint8)
    samples = Transmitter(FakeEngine(), "1/48", OfdmConfig()).send(image, "x" * 300)[1]
    rate = receive_rate(samples, FakeEngine(), seconds=1.0)
    assert rate.searched_sps >= 0.9 * rate.parsed_sps > 0
    assert rate.images_per_s == pytest.approx(rate.parsed_sps / len(samples), rel=0.5)
