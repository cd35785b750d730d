# SPDX-License-Identifier: MIT
"""The block fades as its object does, and outlives it."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.blocks.fading import Fading
from gsc_sdr.channel.fading import Fading as FadingProcess
from gsc_sdr.channel.profile import profile

pytestmark = pytest.mark.radio


class Failing:
    def apply(self, samples):
        raise RuntimeError("no more")


def test_samples_are_those_of_the_object(rng, stream):
    samples = (rng.normal(size=(20000, 2)) @ [1, 1j]).astype(np.complex64)
    process, twin = (FadingProcess(profile("rayleigh"), 1e5, seed=3) for _ in range(2))
    assert np.array_equal(stream(samples, Fading(process)), twin.apply(samples))


def test_a_failure_is_silence_logged_once_and_counted(stream, caplog):
    block = Fading(Failing())
    assert not stream(np.ones(20000), block, cut=100).any()
    assert block.dropped == 20000
    assert caplog.text.count("RuntimeError: no more") == 1
