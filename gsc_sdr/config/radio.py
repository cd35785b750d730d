# SPDX-License-Identifier: MIT
"""Radio profiles: which device, tuned how, as data.

A profile is a TOML file of the top-level folder ``hardware``, or a user's own.
It also holds what the device can do, so that a rate or a gain that it cannot
have is refused before it is opened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from gsc_sdr.config.shipped import read_shipped, shipped_names
from gsc_sdr.errors import ConfigError

__all__ = ["RadioPort", "RadioProfile", "SimulatedPort", "radio_names", "radio_profile"]

_DRIVERS = ("uhd", "soapy", "zmq")
_SOURCES = ("internal", "external", "gpsdo")
_WHOLE = 1e-6  # how far a divided clock may be from a whole number


@dataclass(frozen=True)
class RadioPort:
    """One direction of a radio, ``[tx]`` or ``[rx]``.

    Attributes
    ----------
    gain_db : float, dB
        Total gain, on the device's own scale.
    gain_range_db : (float, float), dB
        What the device can do.
    antenna : str
        Name of the connector; empty for the device's usual one.
    bandwidth_hz : float, hertz
        Of the analogue filter; 0 leaves it to the device.
    channel : int
        Which of several channels.
    """

    gain_db: float = 0.0
    gain_range_db: tuple[float, float] = (0.0, 30.0)
    antenna: str = ""
    bandwidth_hz: float = 0.0
    channel: int = 0

    def __post_init__(self) -> None:
        low, high = self.gain_range_db
        if not -200.0 <= low < high <= 200.0:
            raise ConfigError(
                f"gain_range_db is {[low, high]}; give lowest and highest, from -200 to 200"
            )
        _check("gain_db", self.gain_db, low, high)
        _check("bandwidth_hz", self.bandwidth_hz, 0.0, 1e9)
        _check("channel", self.channel, 0, 31)


@dataclass(frozen=True)
class SimulatedPort:
    """What stands in for a device where there is none, ``[zmq]``.

    Attributes
    ----------
    transmit_address, receive_address : str
        Where samples go and come from; empty for the usual ones.
    bits : int
        Resolution of both converters, whose full scale is 1; 0 neither rounds nor clips.
    saturation_db : float, dB
        Where the amplifier clips, over unit power.
    noise_db : float, dB
        The receiver's own noise, over unit power.
    """

    transmit_address: str = ""
    receive_address: str = ""
    bits: int = 12
    saturation_db: float = 24.0
    noise_db: float = -60.0

    def __post_init__(self) -> None:
        _check("bits", self.bits, 0, 24)
        _check("saturation_db", self.saturation_db, -200.0, 200.0)
        _check("noise_db", self.noise_db, -200.0, 200.0)


@dataclass(frozen=True)
class RadioProfile:
    """One radio and how it is set.

    Attributes
    ----------
    name, summary : str
        What users call it; one line for people.
    driver : str
        ``uhd``, ``soapy``, or ``zmq`` for no device.
    device_args : str
        Which device, in the driver's words: ``type=b200,serial=...``.
    clock_source, time_source : str
        ``internal``, ``external`` or ``gpsdo``.
    sample_rate : float, samples per second
        The same at both ends of a link.
    sample_rate_range : (float, float), samples per second
        What the device can do.
    rate_clock_hz : float, hertz
        A clock whose whole fractions are the only rates; 0 where any rate goes.
    centre_frequency_hz : float, hertz
        Of both directions.
    frequency_range_hz : (float, float), hertz
        What the device can do.
    oscillator_ppm : float, parts per million
        How far the device's own oscillator is off, positive where it is too fast; the
        frequency that it is told makes up for it.
    duplex : str
        ``full``; ``half`` where it cannot send and receive at once.
    backoff_db : float, dB
        How far samples are turned down before the converter, whose full scale is 1:
        room for the peaks of OFDM.
    attenuation_db : float, dB
        In the cable between transmitter and receiver; 0 where there are antennas.
    burst_lead_s : float, seconds
        How long before its time a burst is handed to the device.
    tx, rx : RadioPort
        The two directions.
    zmq : SimulatedPort
        Of the driver ``zmq`` only.
    """

    name: str
    driver: str
    summary: str = ""
    device_args: str = ""
    clock_source: str = "internal"
    time_source: str = "internal"
    sample_rate: float = 1e6
    sample_rate_range: tuple[float, float] = (1e3, 1e9)
    rate_clock_hz: float = 0.0
    centre_frequency_hz: float = 2.45e9
    frequency_range_hz: tuple[float, float] = (1e6, 1e11)
    oscillator_ppm: float = 0.0
    duplex: str = "full"
    backoff_db: float = 12.0
    attenuation_db: float = 0.0
    burst_lead_s: float = 0.05
    tx: RadioPort = field(default_factory=RadioPort)
    rx: RadioPort = field(default_factory=RadioPort)
    zmq: SimulatedPort = field(default_factory=SimulatedPort)

    def __post_init__(self) -> None:
        """Check each setting against what the device can do."""
        _choose("driver", self.driver, _DRIVERS)
        _choose("clock_source", self.clock_source, _SOURCES)
        _choose("time_source", self.time_source, _SOURCES)
        _choose("duplex", self.duplex, ("full", "half"))
        for key in ("sample_rate", "frequency"):
            unit = "_hz" if key == "frequency" else ""
            low, high = limits = getattr(self, f"{key}_range{unit}")
            if not (math.isfinite(high) and 0.0 < low <= high):
                raise ConfigError(f"{key}_range{unit} is {list(limits)}; give lowest and highest")
        _check("sample_rate", self.sample_rate, *self.sample_rate_range)
        _check("centre_frequency_hz", self.centre_frequency_hz, *self.frequency_range_hz)
        _check("oscillator_ppm", self.oscillator_ppm, -100.0, 100.0)
        _check("backoff_db", self.backoff_db, 0.0, 60.0)
        _check("attenuation_db", self.attenuation_db, 0.0, 200.0)
        _check("burst_lead_s", self.burst_lead_s, 0.0, 10.0)
        _check("rate_clock_hz", self.rate_clock_hz, 0.0, 1e10)
        self._check_division()

    @property
    def tuned_hz(self) -> float:
        """What the device is told so that it works at ``centre_frequency_hz``."""
        return self.centre_frequency_hz / (1.0 + self.oscillator_ppm * 1e-6)

    def _check_division(self) -> None:
        """Refuse a rate that is no whole fraction of the clock."""
        if not self.rate_clock_hz:
            return
        fraction = self.rate_clock_hz / self.sample_rate
        nearest = max(1, round(fraction))
        if abs(fraction - nearest) > _WHOLE * nearest:
            raise ConfigError(
                f"sample_rate is {self.sample_rate:g}; the device has {self.rate_clock_hz:g} over "
                f"a whole number: the nearest is {self.rate_clock_hz / nearest:.9g}"
            )


def radio_names() -> list[str]:
    """Return the names of the profiles that ship, sorted."""
    return shipped_names("hardware")


def radio_profile(name: str) -> RadioProfile:
    """Read a profile by its name, or from a file whose path ends in ``.toml``.

    Raises
    ------
    ConfigError
        If there is no such profile (the message lists those that exist), or
        the file is not a profile.
    """
    return read_shipped(RadioProfile, "hardware", name, "radio")


def _check(key: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside [low, high]."""
    if not (math.isfinite(value) and low <= value <= high):
        raise ConfigError(f"{key} is {value}; give a number from {low:g} to {high:g}")


def _choose(key: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not one of ``known``."""
    if value not in known:
        raise ConfigError(f"{key} is {value!r}; choose one of: {', '.join(known)}")
