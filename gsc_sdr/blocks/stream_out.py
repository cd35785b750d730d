# SPDX-License-Identifier: MIT
"""GNU Radio block: samples to another program, as fast as it takes them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from gnuradio import gr

from gsc_sdr.link.stream import StreamInfo, StreamSender
from gsc_sdr.link.wire import MAX_SAMPLES
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["StreamOut"]

_WAIT_S = 0.05  # for room at the other end, before GNU Radio may stop the block


class StreamOut(gr.sync_block):
    """Send samples to the program that connects; while there is none, wait.

    Parameters
    ----------
    address : str
        Where to bind, such as ``tcp://127.0.0.1:5801``.
    sample_rate : float, samples per second
        What the other end must agree with.
    ofdm : OfdmConfig or None
        The same of the frames' shape, None for that of IEEE 802.11a.

    Attributes
    ----------
    counts : Counter
        See :attr:`gsc_sdr.link.sender.StreamSender.counts`.
    dropped : int
        Samples that were sent to a receiver that went away.
    mismatch : str
        In which settings the receiver differs; empty if in none.

    Raises
    ------
    ConfigError
        If the address is no address, or in use.
    """

    def __init__(self, address: str, sample_rate: float, ofdm: OfdmConfig | None = None) -> None:
        gr.sync_block.__init__(self, name="gsc_stream_out", in_sig=[np.complex64], out_sig=None)
        self._info = StreamInfo(sample_rate, ofdm or OfdmConfig())
        self._link = StreamSender(address, self._info)

    @property
    def address(self) -> str:
        """Where the block is bound."""
        return self._link.address

    @property
    def connected(self) -> bool:
        """Whether a receiver that agrees is there."""
        return self._link.connected

    @property
    def counts(self) -> Counter[str]:
        """What happened so far."""
        return self._link.counts

    @property
    def dropped(self) -> int:
        """Samples that were sent to a receiver that went away."""
        return self._link.counts["lost_samples"]

    @property
    def mismatch(self) -> str:
        """In which settings the receiver differs."""
        return self._link.mismatch

    def start(self) -> bool:
        """Open the link again if the flowgraph was stopped before."""
        if self._link.closed:
            self._link = StreamSender(self._link.address, self._info)
        return True

    def work(self, input_items: Any, output_items: Any) -> int:
        """Send what there is room for; 0 samples mean try again."""
        samples = input_items[0][:MAX_SAMPLES]
        return len(samples) if self._link.send(samples, _WAIT_S) else 0

    def stop(self) -> bool:
        """Say goodbye and free the address."""
        self._link.close()
        return True
