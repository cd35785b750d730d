# SPDX-License-Identifier: MIT
"""What the radios themselves do to a stream, as data: the table ``[front_end]`` of a profile.

Levels are relative to a stream of unit power, which is what symbols of unit power
on the used carriers are sent with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gsc_sdr.errors import ConfigError

__all__ = ["FrontEnd"]

_LIMITS = {
    "cfo_hz": (-1e9, 1e9),
    "sfo_ppm": (-1000.0, 1000.0),
    "linewidth_hz": (0.0, 1e6),
    "iq_gain_db": (-20.0, 20.0),
    "iq_phase_deg": (-60.0, 60.0),
    "dc_db": (-200.0, 40.0),
    "clip_db": (-20.0, 60.0),
    "adc_backoff_db": (0.0, 60.0),
    "agc_step_db": (-40.0, 40.0),
    "agc_period_s": (1e-6, 1e6),
    "tone_db": (-200.0, 60.0),
    "tone_hz": (-1e9, 1e9),
    "erasure_s": (0.0, 1e5),
    "erasure_period_s": (1e-6, 1e6),
}
_MAY_BE_NONE = ("dc_db", "clip_db", "tone_db")
_MIN_BITS, _MAX_BITS = 2, 16


@dataclass(frozen=True)
class FrontEnd:
    """Impairments of a transmitter and a receiver; all are off at first.

    Attributes
    ----------
    cfo_hz : float, hertz
        Carrier offset; a simulation adds its own to it.
    sfo_ppm : float, parts per million
        Sample clock offset: a tone sent at f cycles a sample arrives at
        ``f * (1 + 1e-6 * sfo_ppm)``, and as many fewer samples arrive.
    linewidth_hz : float, hertz
        Phase noise: 3 dB linewidth of the two oscillators together. The phase is
        a Wiener process of variance ``2 pi linewidth_hz t``.
    iq_gain_db, iq_phase_deg : float, dB and degrees
        Gain of the Q branch over the I branch, and the lack of their right angle.
    dc_db : float, dB
        Power of the direct current that the receiver adds; None for none.
    clip_db : float, dB
        Highest power of a transmitted sample; None for no clipping.
    adc_bits : int
        Bits a branch of the converter, 2 to 16; 0 for no converter.
    adc_backoff_db : float, dB
        Full scale of a branch, squared, over the mean power of all that arrives:
        the receiver's gain keeps it there. Signal over rounding error is then
        ``6.02 adc_bits + 1.76 - adc_backoff_db`` dB.
    agc_step_db : float, dB
        The receiver's gain changes between 0 dB and this, once in each period.
    agc_period_s : float, seconds
        Each holds one change, at a random instant.
    tone_db, tone_hz : float, dB and hertz
        Power and frequency, from the carrier, of an interferer; None for none.
    erasure_s, erasure_period_s : float, seconds
        In each period the antenna is deaf once, for so long, at a random instant.

    Examples
    --------
    >>> FrontEnd().is_on, FrontEnd(sfo_ppm=-2.5).is_on
    (False, True)
    """

    cfo_hz: float = 0.0
    sfo_ppm: float = 0.0
    linewidth_hz: float = 0.0
    iq_gain_db: float = 0.0
    iq_phase_deg: float = 0.0
    dc_db: float | None = None
    clip_db: float | None = None
    adc_bits: int = 0
    adc_backoff_db: float = 12.0
    agc_step_db: float = 0.0
    agc_period_s: float = 0.1
    tone_db: float | None = None
    tone_hz: float = 100e3
    erasure_s: float = 0.0
    erasure_period_s: float = 0.1

    def __post_init__(self) -> None:
        for key, (low, high) in _LIMITS.items():
            value = getattr(self, key)
            if value is None and key in _MAY_BE_NONE:
                continue
            if value is None or not (math.isfinite(value) and low <= value <= high):
                raise ConfigError(f"{key} is {value}; give a number from {low:g} to {high:g}")
        if self.adc_bits != 0 and not _MIN_BITS <= self.adc_bits <= _MAX_BITS:
            raise ConfigError(
                f"adc_bits is {self.adc_bits}; give {_MIN_BITS} to {_MAX_BITS}, or 0 for none"
            )
        if self.erasure_s > self.erasure_period_s:
            raise ConfigError(
                f"erasure_s is {self.erasure_s:g}; give at most erasure_period_s, "
                f"{self.erasure_period_s:g}"
            )

    @property
    def is_on(self) -> bool:
        """Whether any impairment is there."""
        figures = (self.cfo_hz, self.sfo_ppm, self.linewidth_hz, self.iq_gain_db)
        more = (self.iq_phase_deg, self.adc_bits, self.agc_step_db, self.erasure_s)
        levels = (self.dc_db, self.clip_db, self.tone_db)
        return any(figures + more) or any(level is not None for level in levels)
