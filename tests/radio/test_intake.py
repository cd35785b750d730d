# SPDX-License-Identifier: MIT
"""What a receiver is said to take, it has read."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.intake import IdleEngine, intake, paced

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()


@pytest.fixture
def frames(rng):
    """Return the samples of 8 frames, back to back."""
    symbols = (rng.normal(size=(8 * OFDM.capacity, 2)) @ [1, 1j]).astype(np.complex64)
    return build_frames(symbols, Header(image_id=0, rate_id=0, width=8, height=8), OFDM).ravel()


def test_samples_that_were_taken_were_read(frames):
    speed = intake(frames, IdleEngine(), 1.0)
    assert speed.sps > 0
    # Up to 512 frames may wait at either end of the measurement.
    assert speed.n_delivered == pytest.approx(speed.n_sent, abs=600)
    assert speed.n_delivered > 0


def test_noise_is_taken_and_nothing_read(rng):
    noise = (rng.normal(size=(100_000, 2)) @ [1, 1j]).astype(np.complex64)
    speed = intake(noise, IdleEngine(), 0.5)
    assert speed.sps > 0
    assert speed.n_delivered == 0


def test_a_receiver_keeps_the_pace_of_a_slow_radio(frames):
    done = paced(frames, IdleEngine(), 200e3, 1.0)
    assert done.sps <= 210e3
    assert (done.n_sent, done.n_delivered) == (64, 64)
    assert 0 <= done.n_waiting <= 64
