# SPDX-License-Identifier: MIT
"""What both ends of a sample stream must agree on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from gsc_sdr.config.toml import from_mapping
from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["StreamInfo"]


@dataclass(frozen=True)
class StreamInfo:
    """Settings of a sample stream.

    Parameters
    ----------
    sample_rate : float, samples per second
        Positive.
    ofdm : OfdmConfig
        Shape of the frames in it.

    Raises
    ------
    ConfigError
        If the sample rate is not positive and finite.
    """

    sample_rate: float
    ofdm: OfdmConfig = field(default_factory=OfdmConfig)

    def __post_init__(self) -> None:
        """Check the sample rate."""
        object.__setattr__(self, "sample_rate", float(self.sample_rate))
        if not 0 < self.sample_rate < math.inf:
            raise ConfigError(
                f"sample_rate is {self.sample_rate:g}; give a positive number of samples a second"
            )

    def to_values(self) -> dict[str, Any]:
        """Return the settings as JSON can say them."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> StreamInfo:
        """Read settings that came over the wire.

        Raises
        ------
        ConfigError
            If a setting is unknown, missing or out of range.
        """
        return from_mapping(cls, values, "settings of the other end")

    def differences(self, other: StreamInfo, names: tuple[str, str] = ("", "")) -> list[str]:
        """Return one phrase for each setting in which two ends differ.

        Parameters
        ----------
        other : StreamInfo
            The settings of the other end.
        names : (str, str)
            What to call this end and the other one.

        Examples
        --------
        >>> StreamInfo(1e6).differences(StreamInfo(2e6), ("this receiver", "the sender"))
        ['the sender has sample_rate 2e+06, this receiver 1e+06']
        """
        here, there = names[0] or "this end", names[1] or "the other end"
        pairs = zip(_flat(self), _flat(other), strict=True)
        return [
            f"{there} has {name} {_short(theirs)}, {here} {_short(ours)}"
            for (name, ours), (_, theirs) in pairs
            if ours != theirs
        ]


def _flat(info: StreamInfo) -> Iterator[tuple[str, Any]]:
    """List every setting by name."""
    yield "sample_rate", info.sample_rate
    for entry in fields(info.ofdm):
        yield entry.name, getattr(info.ofdm, entry.name)


def _short(value: object) -> str:
    """Write a setting; whole numbers that follow each other as a range."""
    if not isinstance(value, tuple):
        return f"{value:g}" if isinstance(value, float) else str(value)
    runs: list[list[int]] = []
    for number in sorted(value):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}..{b}" for a, b in runs)
