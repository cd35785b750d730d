# SPDX-License-Identifier: MIT

"""Drivers: asked for a device that is not there, the real ones answer in one line with the mend."""

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.config.radio import RadioProfile, radio_names, radio_profile
from gsc_sdr.errors import ConfigError, MissingError
from gsc_sdr.radio import drivers
from gsc_sdr.radio.drivers import open_soapy, open_uhd, set_gain

pytestmark = pytest.mark.radio
OPEN = {"uhd": open_uhd, "soapy": open_soapy}
PROFILES = [name for name in radio_names() if radio_profile(name).driver != "zmq"]


@pytest.mark.parametrize("direction", ["tx", "rx"])
@pytest.mark.parametrize("name", PROFILES)
def test_a_device_that_is_not_there_is_one_line_with_the_mend(name, direction):
    profile = radio_profile(name)
    pytest.importorskip(f"gnuradio.{profile.driver}")
    with pytest.raises(MissingError, match="there is none: plug it in") as caught:
        OPEN[profile.driver](profile, direction)
    said = str(caught.value)
    assert name in said
    assert profile.device_args in said
    assert "doctor --radio" in said
    assert "\n" not in said


@pytest.mark.parametrize("driver", ["uhd", "soapy"])
def test_a_driver_that_is_not_installed_names_its_package(driver, monkeypatch):
    def refuse(name, *rest):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(drivers, "import_module", refuse)
    with pytest.raises(MissingError, match="apt-get install gnuradio"):
        OPEN[driver](RadioProfile(name="mine", driver=driver), "rx")


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("LookupError: KeyError: No devices found for ----->\nDevice Address:\n", "plug it in"),
        ("IOError: Could not find path for image: usrp_b200_fw.hex", "uhd_images_downloader"),
        ("USB open failed: insufficient permissions. LIBUSB_ERROR_ACCESS", "no rights"),
        ("usb_claim_interface: device busy", "another program uses it"),
        ("Expected FPGA compatibility number 16, but got 14", "uhd_image_loader"),
        ("something else", "doctor --radio"),
    ],
)
def test_what_drivers_say_is_explained(said, meaning):
    with pytest.raises(MissingError, match=meaning), drivers._opening(radio_profile("usrp_b200")):
        raise RuntimeError(said)


class Device:
    """A device that takes what it is told, up to a limit."""

    def __init__(self):
        self.told = []

    def set_gain(self, *values):
        if values[-1] > 70:
            raise ValueError("gain is out of range")
        self.told.append(values)


@pytest.mark.parametrize(
    ("rate", "frequency_hz", "said"),
    [
        (1.25e6, 2.45e9, "samples at 1250000, not at sample_rate 1000000"),
        (1e6, 2.2e9, "tuned to 2200000000 Hz, not to centre_frequency_hz 2450000000"),
    ],
)
def test_another_rate_or_frequency_than_asked_is_refused(rate, frequency_hz, said):
    with pytest.raises(ConfigError, match=said):
        drivers._check_actual(radio_profile("usrp_b200"), rate, frequency_hz)


def test_the_rounding_of_a_synthesiser_is_no_other_frequency():
    drivers._check_actual(radio_profile("usrp_b200"), 1e6 + 0.1, 2.45e9 + 120.0)


def test_gains_go_to_the_channel_that_the_driver_wants():
    uhd, soapy = Device(), Device()
    set_gain(uhd, radio_profile("usrp_b210"), "tx", 12.0)
    set_gain(soapy, radio_profile("limesdr"), "rx", 13.0)
    assert (uhd.told, soapy.told) == ([(12.0,)], [(0, 13.0)])
    with pytest.raises(ConfigError, match="usrp_b210 refuses a setting: gain is out of range"):
        set_gain(uhd, radio_profile("usrp_b210"), "tx", 80.0)
