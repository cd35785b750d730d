# SPDX-License-Identifier: MIT
"""What is said of a recording, and of a stretch of it: as values and as SigMF.

What SigMF has no name for stands in the namespace ``gsc``: the shape of a frame,
and facts such as the channel's profile, the rate, the gain and the seed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gsc_sdr.config.toml import from_mapping
from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["DATATYPES", "FULL_NUMBER", "Annotation", "RecordingInfo"]

DATATYPES = ("cf32_le", "ci16_le")
FULL_NUMBER = 2.0**15  # the 16-bit number that stands for full_scale
_OURS = ("ofdm", "full_scale", "commit", "n_samples", "stopped")  # facts of this room's own
_RATES = (1.0, 1e10)
_HIGHEST_HZ = 1e12  # SigMF's own limit


@dataclass(frozen=True)
class Annotation:
    """What is said of one stretch of a recording, such as a frame.

    Parameters
    ----------
    start, length : int, samples
        Where it is.
    label : str
        At most some 20 characters, for a display.
    facts : mapping of str
        Plain values: ``image_id``, ``frame_index``, ``snr_db``, ``cfo_hz`` ...
    """

    start: int
    length: int
    label: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_sigmf(self) -> dict[str, Any]:
        """Return this as an annotation of SigMF."""
        values = {"core:sample_start": self.start, "core:sample_count": self.length}
        label = {"core:label": self.label} if self.label else {}
        return values | label | _with_namespace(self.facts)

    @classmethod
    def from_sigmf(cls, values: Mapping[str, Any], offset: int, end: int) -> Annotation:
        """Return an annotation whose start counts from ``offset``; it ends at ``end`` at most."""
        start = values["core:sample_start"] - offset
        length = values.get("core:sample_count", max(0, end - start))
        return cls(start, length, values.get("core:label", ""), _facts(values))


@dataclass(frozen=True)
class RecordingInfo:
    """What is said of a whole recording.

    Parameters
    ----------
    sample_rate : float, samples per second
        1 to 1e10.
    frequency_hz : float, hertz
        Of the carrier; 0 for a simulated one.
    ofdm : OfdmConfig or None
        Shape of the frames in it, None for that of IEEE 802.11a.
    datatype : str
        ``cf32_le`` keeps every sample bit for bit; ``ci16_le`` takes half the room.
    full_scale : float
        Of ``ci16_le``: the amplitude of I or Q that the largest number stands for.
        Beyond it samples are clipped. cf32_le has none.
    description, hw : str
        For people: what this is, and what it was made with.
    facts : mapping of str
        Plain values of the namespace ``gsc``: ``profile``, ``rate``, ``gain_db``,
        ``seed``, ``side`` ...

    Raises
    ------
    ConfigError
        If a value is out of range or cannot be written as JSON.
    """

    sample_rate: float
    frequency_hz: float = 0.0
    ofdm: OfdmConfig | None = None
    datatype: str = "cf32_le"
    full_scale: float = 8.0
    description: str = ""
    hw: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every value once."""
        if not (_is_number(self.sample_rate) and _RATES[0] <= self.sample_rate <= _RATES[1]):
            raise ConfigError(
                f"sample_rate is {self.sample_rate!r}; give {_RATES[0]:g} to {_RATES[1]:g}"
            )
        if not (_is_number(self.frequency_hz) and abs(self.frequency_hz) <= _HIGHEST_HZ):
            raise ConfigError(f"frequency is {self.frequency_hz!r} Hz; give at most 1e12")
        if self.datatype not in DATATYPES:
            raise ConfigError(
                f"datatype is {self.datatype!r}; this reads and writes {' and '.join(DATATYPES)}"
            )
        if not (_is_number(self.full_scale) and 1e-9 <= self.full_scale <= 1e9):
            raise ConfigError(f"full_scale is {self.full_scale!r}; give 1e-9 to 1e9")
        if reserved := [name for name in _OURS if name in self.facts]:
            raise ConfigError(f"facts have {', '.join(reserved)}, which the recording itself fills")
        try:
            json.dumps(dict(self.facts), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"facts cannot be written ({error}); give plain values") from error

    @property
    def bytes_per_sample(self) -> int:
        """Size of one sample on disk."""
        return 4 if self.datatype == "ci16_le" else 8

    def to_sigmf(self) -> dict[str, Any]:
        """Return this as the global object of SigMF."""
        said = {"core:description": self.description, "core:hw": self.hw}
        shape = self.ofdm or OfdmConfig()
        scale = {"full_scale": self.full_scale} if self.datatype == "ci16_le" else {}
        return (
            {"core:datatype": self.datatype, "core:sample_rate": self.sample_rate}
            | {key: text for key, text in said.items() if text}
            | _with_namespace({"ofdm": asdict(shape), **scale, **self.facts})
        )

    @classmethod
    def from_sigmf(cls, values: Mapping[str, Any], capture: Mapping[str, Any]) -> RecordingInfo:
        """Return what SigMF's global object and its first capture say.

        Raises
        ------
        ConfigError
            If the sample rate is missing, or a value out of range.
        """
        if "core:sample_rate" not in values:
            raise ConfigError('it has no "core:sample_rate": write it into the metadata')
        facts, is_int = _facts(values), values["core:datatype"] == "ci16_le"
        shape = facts.get("ofdm")
        return cls(
            sample_rate=values["core:sample_rate"],
            frequency_hz=capture.get("core:frequency", 0.0),
            ofdm=None if shape is None else from_mapping(OfdmConfig, shape, "gsc:ofdm"),
            datatype=values["core:datatype"],
            full_scale=facts.get("full_scale", 1.0 if is_int else cls.full_scale),
            description=values.get("core:description", ""),
            hw=values.get("core:hw", ""),
            facts={name: value for name, value in facts.items() if name not in _OURS},
        )


def _is_number(value: object) -> bool:
    """Tell whether a value is a finite number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]


def _with_namespace(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts under their names in SigMF."""
    return {f"gsc:{name}": value for name, value in facts.items()}


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands in our namespace."""
    return {name[4:]: value for name, value in values.items() if name.startswith("gsc:")}
