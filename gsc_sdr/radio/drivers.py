# SPDX-License-Identifier: MIT
"""Opening a device with UHD or SoapySDR, and saying in one line why that failed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from gsc_sdr.config.radio import RadioProfile
from gsc_sdr.errors import ConfigError, MissingError

__all__ = ["LENGTH_TAG", "open_soapy", "open_uhd", "set_gain"]

LENGTH_TAG = "packet_len"
_OFF = 1e-6  # relative; a rate that is off by more is another rate

# What the drivers say, what that means, and the mend.
_MEANINGS = (
    (
        r"no devices? found|no match|no \w+ device matches|make connection",
        "there is none: plug it in and power it, then ask `gsc-sdr doctor --radio`",
    ),
    (r"access|permission", "no rights: `gsc-sdr doctor --radio` says how to get them"),
    (r"busy|claim|in use", "another program uses it: end that"),
    (r"image", "its FPGA or firmware image is missing: run uhd_images_downloader as root"),
    (r"compat|fpga|firmware", "its image is of another UHD: run uhd_image_loader"),
)
_APT = {"uhd": "apt-get install gnuradio uhd-host", "soapy": "apt-get install gnuradio"}


def open_uhd(profile: RadioProfile, direction: str) -> Any:
    """Open one direction, ``tx`` or ``rx``, of a USRP.

    Returns
    -------
    device : uhd.usrp_sink or uhd.usrp_source
        Tuned, its clock set.

    Raises
    ------
    MissingError
        If there is no such device, or no UHD.
    ConfigError
        If the device cannot be set as the profile wants it.
    """
    uhd, port = _binding("uhd"), getattr(profile, direction)
    arguments = uhd.stream_args(cpu_format="fc32", channels=[port.channel])
    make = uhd.usrp_sink if direction == "tx" else uhd.usrp_source
    with _opening(profile):
        device = make(profile.device_args, arguments)
    with _setting(profile):
        device.set_clock_source(profile.clock_source)
        if profile.time_source != "internal":  # which not every USRP knows by that name
            device.set_time_source(profile.time_source)
        device.set_samp_rate(profile.sample_rate)
        device.set_center_freq(profile.tuned_hz)
        device.set_gain(port.gain_db)
        if port.antenna:
            device.set_antenna(port.antenna)
        if port.bandwidth_hz:
            device.set_bandwidth(port.bandwidth_hz)
    _check_actual(profile, device.get_samp_rate(), device.get_center_freq())
    return device


def open_soapy(profile: RadioProfile, direction: str) -> Any:
    """Open one direction, ``tx`` or ``rx``, through SoapySDR; raises as :func:`open_uhd`."""
    soapy, port = _binding("soapy"), getattr(profile, direction)
    make, channel = (soapy.sink if direction == "tx" else soapy.source), port.channel
    with _opening(profile):
        device = make(profile.device_args, "fc32", 1, "", "", [""], [""])
    with _setting(profile):
        if profile.clock_source != "internal":
            device.set_clock_source(profile.clock_source)
        device.set_sample_rate(channel, profile.sample_rate)
        device.set_frequency(channel, profile.tuned_hz)
        if port.antenna:
            device.set_antenna(channel, port.antenna)
        if port.bandwidth_hz:
            device.set_bandwidth(channel, port.bandwidth_hz)
        if direction == "rx" and device.has_gain_mode(channel):
            device.set_gain_mode(channel, False)  # the device's own gain control off
        device.set_gain(channel, port.gain_db)
    _check_actual(profile, device.get_sample_rate(channel), device.get_frequency(channel))
    return device


def set_gain(device: Any, profile: RadioProfile, direction: str, gain_db: float) -> None:
    """Change the gain (float, dB) of an open device."""
    with _setting(profile):
        if profile.driver == "uhd":
            device.set_gain(gain_db)
        else:
            device.set_gain(getattr(profile, direction).channel, gain_db)


def _binding(name: str) -> Any:
    """Import one of GNU Radio's modules for radios."""
    # Both libraries read these once, when they are loaded: their banners are no news.
    os.environ.setdefault("UHD_LOG_CONSOLE_LEVEL", "warning")
    os.environ.setdefault("SOAPY_SDR_LOG_LEVEL", "WARNING")
    try:
        return import_module(f"gnuradio.{name}")
    except ImportError as error:
        raise MissingError(f"gnuradio.{name} does not load ({error}): {_APT[name]}") from error


@contextmanager
def _opening(profile: RadioProfile) -> Iterator[None]:
    """Turn what a driver says when it finds no device into one line with the mend."""
    try:
        yield
    except (RuntimeError, ValueError, IndexError, KeyError) as error:
        said = " ".join(str(error).replace("----->", "").split())[:200]
        found = (mean for word, mean in _MEANINGS if re.search(word, said, re.IGNORECASE))
        meaning = next(found, "ask `gsc-sdr doctor --radio`")
        raise MissingError(
            f"radio {profile.name} ({profile.device_args}) does not open: {meaning} ({said})"
        ) from error


@contextmanager
def _setting(profile: RadioProfile) -> Iterator[None]:
    """Say which profile holds a setting that its device refuses."""
    try:
        yield
    except (RuntimeError, ValueError, IndexError, KeyError) as error:
        said = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"radio {profile.name} refuses a setting: {said}; change it in the profile"
        ) from error


def _check_actual(profile: RadioProfile, rate: float, frequency_hz: float) -> None:
    """Refuse a device that has taken another rate or frequency than it was told."""
    if abs(rate - profile.sample_rate) > _OFF * profile.sample_rate:
        raise ConfigError(
            f"radio {profile.name} samples at {rate:.9g}, not at sample_rate "
            f"{profile.sample_rate:.9g}: the other end would not match; choose a rate that it has"
        )
    wanted = profile.tuned_hz
    if abs(frequency_hz - wanted) > 10 * _OFF * wanted:
        raise ConfigError(
            f"radio {profile.name} is tuned to {frequency_hz:.10g} Hz, not to "
            f"centre_frequency_hz {wanted:.10g}: choose one that it reaches"
        )
