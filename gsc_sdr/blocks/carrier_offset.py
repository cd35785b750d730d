# SPDX-License-Identifier: MIT
"""GNU Radio block: a carrier offset that repeats to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from gnuradio import gr

from gsc_sdr.errors import ConfigError

__all__ = ["CarrierOffset"]


class CarrierOffset(gr.sync_block):
    """Turn a stream of samples by a frequency.

    GNU Radio's rotator normalises its phase once a call, so that two runs differ
    in the last bits. Here the phase of a sample depends on its index alone, and
    one seed gives one result.

    Parameters
    ----------
    sample_rate : float, samples per second
        Rate of the stream.
    cfo_hz : float, Hz
        Carrier offset, at most half the sample rate either way.
    """

    def __init__(self, sample_rate: float, cfo_hz: float = 0.0) -> None:
        gr.sync_block.__init__(
            self, name="gsc_carrier_offset", in_sig=[np.complex64], out_sig=[np.complex64]
        )
        self.sample_rate = sample_rate
        self._turn = 0.0  # cycles a sample
        self._begin = (0, 0.0)  # sample index and phase in cycles of the latest change
        self._index = 0
        self.set_cfo_hz(cfo_hz)

    def set_cfo_hz(self, cfo_hz: float) -> None:
        """Change the offset; the phase goes on from where it is."""
        if not abs(cfo_hz) <= self.sample_rate / 2:
            raise ConfigError(
                f"cfo_hz is {cfo_hz}; pass at most {self.sample_rate / 2:g} either way"
            )
        index, cycles = self._begin
        self._begin = (self._index, (cycles + self._turn * (self._index - index)) % 1.0)
        self._turn = cfo_hz / self.sample_rate

    def work(self, input_items: Any, output_items: Any) -> int:
        """Turn what there is."""
        samples, out = input_items[0], output_items[0]
        index, cycles = self._begin
        if self._turn or cycles:
            after = np.arange(self._index - index, self._index - index + len(out), dtype=np.float64)
            turns = cycles + self._turn * after
            angle = (2 * np.pi * (turns - np.round(turns))).astype(np.float32)
            rotation = np.empty(len(out), np.complex64)
            rotation.real, rotation.imag = np.cos(angle), np.sin(angle)
            np.multiply(samples, rotation, out=out)
        else:
            out[:] = samples
        self._index += len(out)
        return len(out)
