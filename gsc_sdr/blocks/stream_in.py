# SPDX-License-Identifier: MIT
"""GNU Radio block: samples from another program, as fast as they are taken here."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.link.stream import StreamInfo, StreamReceiver
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["StreamIn"]

# For samples, before GNU Radio may stop the block. A source that gives nothing is left
# alone for 0.25 s; waiting longer here keeps most of the time for what comes.
_WAIT_S = 0.3
_GAP = pmt.intern("gsc_gap")


class StreamIn(gr.sync_block):
    """Receive the samples of a StreamOut; while there is none, wait.

    Where samples are missing, the first one after them carries the tag
    ``gsc_gap``, whose value is how many.

    Parameters
    ----------
    address : str
        Where the sender is bound, such as ``tcp://127.0.0.1:5802``.
    sample_rate : float, samples per second
        What the sender must agree with.
    ofdm : OfdmConfig or None
        The same of the frames' shape, None for that of IEEE 802.11a.

    Attributes
    ----------
    counts : Counter
        See :attr:`gsc_sdr.link.receiver.StreamReceiver.counts`.
    dropped : int
        Samples that were sent and did not come.
    mismatch : str
        In which settings the sender differs; empty if in none.

    Raises
    ------
    ConfigError
        If the address is no address.
    """

    def __init__(self, address: str, sample_rate: float, ofdm: OfdmConfig | None = None) -> None:
        gr.sync_block.__init__(self, name="gsc_stream_in", in_sig=None, out_sig=[np.complex64])
        self._info = StreamInfo(sample_rate, ofdm or OfdmConfig())
        self._link = StreamReceiver(address, self._info)
        self._rest: NDArray[np.complex64] = np.zeros(0, np.complex64)

    @property
    def connected(self) -> bool:
        """Whether a sender that agrees is there."""
        return self._link.connected

    @property
    def counts(self) -> Counter[str]:
        """What happened so far."""
        return self._link.counts

    @property
    def dropped(self) -> int:
        """Samples that were sent and did not come."""
        return self._link.counts["lost_samples"]

    @property
    def mismatch(self) -> str:
        """In which settings the sender differs."""
        return self._link.mismatch

    @property
    def refusal(self) -> str:
        """Why the sender refuses this receiver."""
        return self._link.refusal

    def start(self) -> bool:
        """Open the link again if the flowgraph was stopped before."""
        if self._link.closed:
            self._link = StreamReceiver(self._link.address, self._info)
        return True

    def work(self, input_items: Any, output_items: Any) -> int:
        """Give out what came; wait a little if nothing did."""
        out, n_done = output_items[0], 0
        while n_done < len(out):
            if not len(self._rest) and not self._more(n_done):
                break
            n = min(len(self._rest), len(out) - n_done)
            out[n_done : n_done + n], self._rest = self._rest[:n], self._rest[n:]
            n_done += n
        return n_done

    def _more(self, n_done: int) -> bool:
        """Fetch the next samples; tag the first one if some before it are missing."""
        samples = self._link.receive(0.0 if n_done else _WAIT_S)
        if samples is None:
            return False
        self._rest = samples
        if self._link.gap:
            place = self.nitems_written(0) + n_done
            self.add_item_tag(0, place, _GAP, pmt.from_uint64(self._link.gap))
        return True

    def stop(self) -> bool:
        """Say goodbye, so that another receiver can take over."""
        self._link.close()
        return True
