# SPDX-License-Identifier: MIT
"""The canvas's variables make the objects that they name."""

import numpy as np
import pytest

from gsc_sdr.channel.fading import Fading
from gsc_sdr.errors import ConfigError, ModelError
from gsc_sdr.link.engine import FakeEngine

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.radio.canvas import make_engine, make_fading, tune_engine

pytestmark = pytest.mark.radio


def test_a_fake_engine_needs_no_networks():
    assert isinstance(make_engine("fake"), FakeEngine)


@pytest.mark.learn
def test_a_local_engine_reports_missing_weights(tmp_path):
    with pytest.raises(ModelError):
        make_engine("local", jscc=str(tmp_path))


def test_an_unknown_engine_is_refused():
    with pytest.raises(ConfigError, match="choose one of: gsc"):
        make_engine("other")


def test_tuning_reaches_digital_modulation_and_passes_over_networks():
    engine = make_engine("webp+ldpc", snr_db=3)
    tune_engine(engine, 12.5)
    assert engine.snr_db == 12.5
    tune_engine(make_engine("fake"), 12.5)


def test_what_does_not_fade_is_none():
    assert make_fading("awgn", 1e6) is None


def test_what_fades_is_that_of_the_profile_and_the_seed():
    samples = np.ones(1000, np.complex64)
    first, again, other = (make_fading("rayleigh", 1e3, seed).apply(samples) for seed in (1, 1, 2))
    assert isinstance(make_fading("rayleigh", 1e6), Fading)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_is_more_than_fading_is_refused_with_what_takes_it():
    with pytest.raises(ConfigError, match=r"'usrp' has a table .front_end.*GSC Channel Emulator"):
        make_fading("usrp", 1e6)


def test_an_unknown_profile_is_refused():
    with pytest.raises(ConfigError, match="rayleigh"):
        make_fading("cable", 1e6)
