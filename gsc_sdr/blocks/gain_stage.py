# SPDX-License-Identifier: MIT
"""GNU Radio block: gain with the limits of a converter or an amplifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from gnuradio import gr

from gsc_sdr.errors import ConfigError

__all__ = ["GainStage"]


class GainStage(gr.sync_block):
    """Turn samples up or down, then clip and round them as a converter does.

    Before a radio's sink it is the digital back-off: the converter's full scale
    is 1, and what is clipped here, and counted, would be clipped there unseen.

    Parameters
    ----------
    gain_db : float, dB
        Of power; negative for a back-off.
    full_scale_db : float, dB
        Where the real and the imaginary part clip, over an amplitude of 1.
    bits : int
        Resolution of each part over the full scale, sign and all; 0 does not round.

    Attributes
    ----------
    n_clipped : int
        Samples so far of which a part was clipped.
    peak : float
        Largest part so far, over the full scale.
    """

    def __init__(self, gain_db: float = 0.0, full_scale_db: float = 0.0, bits: int = 0) -> None:
        one = [np.complex64]
        gr.sync_block.__init__(self, name="gsc_gain_stage", in_sig=one, out_sig=one)
        if not 0 <= bits <= 24:
            raise ConfigError(f"bits is {bits}; give 0 (does not round) to 24")
        self.full_scale = np.float32(10.0 ** (full_scale_db / 20.0))
        self._step = np.float32(self.full_scale / 2.0 ** (bits - 1)) if bits else None
        self.n_clipped = 0
        self.peak = 0.0
        self.set_gain_db(gain_db)

    def set_gain_db(self, gain_db: float) -> None:
        """Change the gain (float, dB) of what comes next."""
        if not -300.0 <= gain_db <= 300.0:
            raise ConfigError(f"gain_db is {gain_db}; give -300 to 300")
        self.gain_db = gain_db
        self._factor = np.float32(10.0 ** (gain_db / 20.0))

    def work(self, input_items: Any, output_items: Any) -> int:
        """Scale, clip and round; what is not a number becomes silence, and counts as clipped."""
        out = output_items[0]
        if not len(out):
            return 0
        parts = out.view(np.float32)  # real and imaginary, one after the other
        np.multiply(input_items[0].view(np.float32), self._factor, out=parts)
        peak = max(float(parts.max()), -float(parts.min())) / float(self.full_scale)
        self.peak = max(self.peak, peak)
        if not peak <= 1.0:  # so that a NaN comes here too
            over = ~(np.abs(parts) <= self.full_scale)
            self.n_clipped += int(over.reshape(-1, 2).any(axis=1).sum())
            parts[np.isnan(parts)] = 0.0
            np.clip(parts, -self.full_scale, self.full_scale, out=parts)
        if self._step is not None:
            top = self.full_scale - self._step  # the largest positive code
            np.rint(parts / self._step, out=parts)
            np.minimum(parts * self._step, top, out=parts)
        return len(out)
