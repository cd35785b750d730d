# SPDX-License-Identifier: MIT
"""Radio profiles: all that ship can be had from their devices; what cannot is refused."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsc_sdr.config.radio import RadioPort, RadioProfile, radio_names, radio_profile
from gsc_sdr.config.toml import from_mapping
from gsc_sdr.errors import ConfigError

NAMES = [
    "hackrf",
    "limesdr",
    "plutosdr",
    "usrp_b200",
    "usrp_b210",
    "usrp_n210",
    "usrp_x310",
    "zmq",
]
TEXT = 'name = "mine"\ndriver = "uhd"\n'


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a profile and reads it."""

    def read(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return radio_profile(str(path))

    return read


def test_the_shipped_profiles_are_those_of_the_folder(root):
    assert radio_names() == NAMES
    assert sorted(path.stem for path in (root / "hardware").glob("*.toml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_profile_begins_quietly_inside_what_is_allowed(name):
    profile = radio_profile(name)
    assert profile.name == name
    assert profile.summary
    assert profile.backoff_db >= 8
    if profile.driver == "zmq":
        return
    assert 2.4e9 < profile.centre_frequency_hz < 2.4835e9
    assert profile.attenuation_db >= 30
    low, high = profile.tx.gain_range_db
    assert profile.tx.gain_db <= low + 0.7 * (high - low)
    assert profile.tx.antenna
    assert profile.rx.antenna


def test_the_readme_knows_every_profile_every_count_and_the_drawing(root):
    text = (root / "hardware/README.md").read_text(encoding="utf-8")
    counts = ["underrun", "late", "sequence", "overflow", "lost_samples", "missing_samples"]
    for name in [*NAMES, *counts, "clipped", "saturated", "bursts"]:
        assert f"`{name}`" in text
    assert "(bench.svg)" in text
    assert (root / "hardware/bench.svg").is_file()


def test_zmq_sends_at_unit_power():
    profile = radio_profile("zmq")
    assert profile.tx.gain_db == profile.backoff_db == -profile.rx.gain_db


def test_a_file_is_read_as_a_name_is(root):
    assert radio_profile(str(root / "hardware/usrp_n210.toml")) == radio_profile("usrp_n210")


def test_the_defaults_are_those_of_the_dataclass(written):
    assert written(TEXT) == RadioProfile(name="mine", driver="uhd")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("gain = 3", "unknown key 'gain'"),
        ("sample_rat = 1e6", "did you mean 'sample_rate'"),
        ("[tx]\ngain_dB = 3", "did you mean 'gain_db'"),
        ("[tx]\ngain_db = 90.0\ngain_range_db = [0, 89.75]", "gain_db is 90.0; .*0 to 89.75"),
        ("[rx]\ngain_range_db = [5, 5]", "give lowest and highest"),
        ("[rx]\nchannel = -1", "channel is -1"),
        ("[rx]\nbandwidth_hz = -1.0", "bandwidth_hz is -1.0"),
        ("sample_rate = 0.3e6\nrate_clock_hz = 100e6", "nearest is 300300.3"),
        ("sample_rate = 3e6\nsample_rate_range = [1e6, 2e6]", "1e.06 to 2e.06"),
        ("sample_rate_range = [0.0, 2e6]", "sample_rate_range"),
        ("frequency_range_hz = [70e6, inf]", "frequency_range_hz"),
        ("centre_frequency_hz = 2e3", "centre_frequency_hz is 2000.0"),
        ("oscillator_ppm = 2000.0", "oscillator_ppm is 2000.0"),
        ("backoff_db = -1.0", "backoff_db is -1.0"),
        ("attenuation_db = -3.0", "attenuation_db is -3.0"),
        ("burst_lead_s = 11.0", "burst_lead_s is 11.0"),
        ('clock_source = "gps"', "internal, external, gpsdo"),
        ('time_source = "pps"', "internal, external, gpsdo"),
        ('duplex = "simplex"', "full, half"),
        ("[zmq]\nbits = 40", "bits is 40"),
        ("[zmq]\nnoise_db = 900.0", "noise_db is 900.0"),
    ],
)
def test_a_setting_that_no_device_has_is_refused_by_name(written, more, said):
    with pytest.raises(ConfigError, match=said) as caught:
        written(f"{TEXT}{more}\n")
    assert "mine.toml" in str(caught.value)


def test_an_unknown_driver_or_name_says_which_exist(written):
    with pytest.raises(ConfigError, match="uhd, soapy, zmq"):
        written('name = "mine"\ndriver = "rtl"\n')
    with pytest.raises(ConfigError, match="usrp_b200, usrp_b210"):
        radio_profile("b200")
    with pytest.raises(ConfigError, match="give a readable TOML file"):
        radio_profile("absent.toml")


def test_a_changed_copy_is_checked_too():
    with pytest.raises(ConfigError, match="gain_db is 31"):
        dataclasses.replace(RadioPort(), gain_db=31.0)


def test_a_fast_oscillator_is_told_less():
    fast = RadioProfile(name="n", driver="uhd", oscillator_ppm=20.0)
    assert fast.tuned_hz * (1 + 20e-6) == pytest.approx(fast.centre_frequency_hz, abs=1e-3)
    assert fast.tuned_hz == pytest.approx(2.45e9 - 49e3, abs=2)


def test_rates_over_a_whole_number_are_taken():
    profile = RadioProfile(name="n", driver="uhd", sample_rate=100e6 / 3, rate_clock_hz=100e6)
    assert profile.sample_rate == 100e6 / 3


PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.floats(), max_size=3),
)
KEYS = [field.name for field in dataclasses.fields(RadioProfile)]
PORT_KEYS = [field.name for field in dataclasses.fields(RadioPort)]


@given(
    st.dictionaries(st.sampled_from(KEYS), PLAIN, max_size=3),
    st.dictionaries(st.sampled_from(PORT_KEYS), PLAIN, max_size=2),
)
def test_whatever_a_file_says_is_a_profile_or_a_clear_error(values, port):
    given_values = {"name": "mine", "driver": "uhd", "tx": port} | values
    try:
        profile = from_mapping(RadioProfile, given_values)
    except ConfigError:
        return
    low, high = profile.sample_rate_range
    assert low <= profile.sample_rate <= high
    assert profile.tx.gain_range_db[0] <= profile.tx.gain_db <= profile.tx.gain_range_db[1]
    assert 0 < profile.tuned_hz < 2 * profile.centre_frequency_hz
