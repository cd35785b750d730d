# SPDX-License-Identifier: MIT
"""Channel profiles: what lies between two radios, as data.

A profile is a TOML file of this room's ``profiles`` folder, or a user's own;
the arrays and the GNU Radio simulation read the same one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.config.shipped import read_shipped, shipped_names
from gsc_sdr.errors import ConfigError

__all__ = ["MODELS", "ChannelProfile", "profile", "profile_names"]

MODELS = (
    *("none", "rayleigh", "rician"),
    *("tdl-a", "tdl-b", "tdl-c", "tdl-d", "tdl-e"),
    *("cdl-a", "cdl-b", "cdl-c", "cdl-d", "cdl-e"),
)


@dataclass(frozen=True)
class ChannelProfile:
    """One kind of channel.

    Attributes
    ----------
    name : str
        What users call it.
    model : str
        Fading model, one of ``MODELS``.
    summary : str
        One line for people.
    noise : bool
        Whether the simulation adds noise.
    block_s : float, seconds
        How long the gain of ``rayleigh`` and ``rician`` holds.
    k_db : float, dB
        Power of the line of sight of ``rician`` over that of the rest.
    delay_spread_s : float, seconds
        RMS delay spread of the ``tdl`` and ``cdl`` models.
    speed_mps : float, metres per second
        Speed of the receiver in the ``tdl`` and ``cdl`` models; 0 is a still channel.
    carrier_hz : float, hertz
        Carrier frequency, which with the speed gives the Doppler shift.
    front_end : FrontEnd
        What the radios at both ends do; table ``[front_end]`` in a file.
    """

    name: str
    model: str = "none"
    summary: str = ""
    noise: bool = True
    block_s: float = 0.05
    k_db: float = 6.0
    delay_spread_s: float = 100e-9
    speed_mps: float = 1.5
    carrier_hz: float = 2.4e9
    front_end: FrontEnd = field(default_factory=FrontEnd)

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ConfigError(f"model is {self.model!r}; choose one of: {', '.join(MODELS)}")
        limits = {
            "block_s": (1e-6, 1e6),
            "k_db": (-40.0, 60.0),
            "delay_spread_s": (0.0, 1e-5),
            "speed_mps": (0.0, 1000.0),
            "carrier_hz": (1e6, 1e11),
        }
        for key, (low, high) in limits.items():
            value = getattr(self, key)
            if not (math.isfinite(value) and low <= value <= high):
                raise ConfigError(f"{key} is {value}; give a number from {low:g} to {high:g}")


def profile_names() -> list[str]:
    """Return the names of the profiles that ship, sorted.

    >>> profile_names()[:4]
    ['awgn', 'cdl-a', 'cdl-b', 'cdl-c']
    """
    return shipped_names("channel/profiles")


def profile(name: str) -> ChannelProfile:
    """Read a profile by its name, or from a file whose path ends in ``.toml``.

    Raises
    ------
    ConfigError
        If there is no such profile (the message lists those that exist), or
        the file is not a profile.
    """
    return read_shipped(ChannelProfile, "channel/profiles", name, "channel")
