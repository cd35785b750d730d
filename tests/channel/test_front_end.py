# SPDX-License-Identifier: MIT
"""Front ends: off unless asked for, and refused in words where they mean nothing."""

import numpy as np
import pytest

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import ConfigError

ON = {
    "cfo_hz": -5.0,
    "sfo_ppm": 1.0,
    "linewidth_hz": 1.0,
    "iq_gain_db": 0.1,
    "iq_phase_deg": -1.0,
    "dc_db": -90.0,
    "clip_db": 20.0,
    "adc_bits": 12,
    "agc_step_db": 0.5,
    "tone_db": -30.0,
    "erasure_s": 1e-3,
}


def test_nothing_is_on_at_first():
    assert not FrontEnd().is_on
    assert not FrontEnd(agc_period_s=1.0, tone_hz=5.0, erasure_period_s=2.0).is_on


@pytest.mark.parametrize("key", ON)
def test_every_impairment_alone_is_on(key):
    assert FrontEnd(**{key: ON[key]}).is_on


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cfo_hz", np.inf),
        ("sfo_ppm", 1001.0),
        ("sfo_ppm", np.nan),
        ("linewidth_hz", -1.0),
        ("iq_gain_db", 21.0),
        ("iq_phase_deg", 90.0),
        ("dc_db", 41.0),
        ("clip_db", -np.inf),
        ("adc_backoff_db", -1.0),
        ("agc_step_db", 100.0),
        ("agc_period_s", 0.0),
        ("tone_db", np.nan),
        ("tone_hz", 1e10),
        ("erasure_s", -1e-3),
        ("erasure_period_s", 0.0),
        ("sfo_ppm", None),
    ],
)
def test_a_figure_out_of_range_is_named_with_its_range(key, value):
    with pytest.raises(ConfigError, match=f"{key} is {value}; give a number from"):
        FrontEnd(**{key: value})


@pytest.mark.parametrize("bits", [-1, 1, 17])
def test_a_converter_has_2_to_16_bits(bits):
    with pytest.raises(ConfigError, match=f"adc_bits is {bits}; give 2 to 16, or 0 for none"):
        FrontEnd(adc_bits=bits)


def test_an_erasure_fits_into_its_period():
    with pytest.raises(
        ConfigError, match=r"erasure_s is 0\.2; give at most erasure_period_s, 0\.1"
    ):
        FrontEnd(erasure_s=0.2)


def test_a_profile_holds_it_in_a_table(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[front_end]\nsfo_ppm = -3\nadc_bits = 10\ndc_db = -40\n')
    assert profile(str(path)).front_end == FrontEnd(sfo_ppm=-3.0, adc_bits=10, dc_db=-40.0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("sfo_pmm = 1", "unknown key 'sfo_pmm'; did you mean 'sfo_ppm'"),
        ("adc_bits = 1.5", "adc_bits is 1.5; expected int"),
        ("adc_bits = true", "adc_bits is True; expected int"),
        ("tone_db = 'loud'", "tone_db is 'loud'; expected float"),
        ("clip_db = nan", "clip_db is not a number"),
        ("linewidth_hz = 1e9", "linewidth_hz is 1000000000.0; give a number from 0 to 1e"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path, line, says):
    path = tmp_path / "bad.toml"
    path.write_text(f'name = "bad"\n[front_end]\n{line}\n')
    with pytest.raises(ConfigError, match=rf"bad\.toml: front_end: {says}"):
        profile(str(path))
