# SPDX-License-Identifier: MIT
"""GNU Radio hier block "GSC Channel": fading, carrier offset and noise."""

from __future__ import annotations

import math

import numpy as np
from gnuradio import channels, gr

from gsc_sdr.blocks.carrier_offset import CarrierOffset
from gsc_sdr.blocks.fading import Fading, Gains
from gsc_sdr.units import noise_var

__all__ = ["Channel"]


class Channel(gr.hier_block2):
    r"""Send samples through a simulated channel.

    ::

        stream ─► Fading (if any) ─► CarrierOffset ─► channel_model (noise) ─► stream

    SNR is Es/N0 of a complex symbol on a used carrier of unit power. With the
    unitary transform of :mod:`gsc_sdr.phy.ofdm` each sample then has noise of
    variance :math:`N_0 = 10^{-\mathrm{SNR}/10}`, both dimensions together, and
    ``channel_model`` takes its square root as the noise voltage.

    Parameters
    ----------
    sample_rate : float, samples per second
        To give the carrier offset its unit.
    snr_db : float or None, dB
        Es/N0; None for no noise.
    cfo_hz : float, Hz
        Carrier offset.
    fading : Gains or None
        What fades the samples before the noise comes.
    seed : int
        Of the noise.

    Notes
    -----
    ``channel_model`` draws its noise from 8192 stored values: its power is that
    of the sample, within 0.1 dB of the wanted one, and never above 4 sigma. Radios
    that are out of order need :class:`gsc_sdr.blocks.stream_channel.StreamChannel`.
    """

    def __init__(
        self,
        sample_rate: float,
        snr_db: float | None = None,
        cfo_hz: float = 0.0,
        fading: Gains | None = None,
        seed: int = 0,
    ) -> None:
        size = gr.io_signature(1, 1, np.dtype(np.complex64).itemsize)
        gr.hier_block2.__init__(self, "gsc_channel", size, size)
        self.offset = CarrierOffset(sample_rate, cfo_hz)
        self.model = channels.channel_model(noise_seed=seed)
        self.set_snr_db(snr_db)
        self.fading = None if fading is None else Fading(fading)
        before = () if self.fading is None else (self.fading,)
        self.connect(self, *before, self.offset, self.model, self)

    def set_snr_db(self, snr_db: float | None) -> None:
        """Change the noise; None takes it away."""
        self.model.set_noise_voltage(math.sqrt(noise_var(snr_db)))

    def set_cfo_hz(self, cfo_hz: float) -> None:
        """Change the carrier offset."""
        self.offset.set_cfo_hz(cfo_hz)

    @property
    def dropped(self) -> int:
        """Samples that could not be faded."""
        return 0 if self.fading is None else self.fading.dropped
