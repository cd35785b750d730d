# SPDX-License-Identifier: MIT
"""GNU Radio block "GSC Channel Emulator": a simulated channel, with its radios, on a stream."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import numpy as np
from gnuradio import gr
from numpy.typing import NDArray

__all__ = ["AirChannel", "StreamChannel"]

_log = logging.getLogger(__name__)
_AT_ONCE = 1 << 16  # samples a call: few enough to stop soon and to stay small


class AirChannel(Protocol):
    """Anything like :class:`gsc_sdr.channel.simulated.SimulatedChannel`."""

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return what comes out by now; how the stream is cut plays no part."""
        ...


class StreamChannel(gr.basic_block):
    """Send a stream through a channel that may give more or fewer samples than it takes.

    Parameters
    ----------
    channel : AirChannel
        What happens to the samples; it keeps its own time. For
        :meth:`set_snr_db` and :meth:`set_cfo_hz` it needs methods of these names.

    Notes
    -----
    Samples that the channel cannot take come out as silence, are logged once and
    counted in ``dropped``: a ``work`` that raised would leave the flowgraph
    running without ever ending.
    """

    def __init__(self, channel: AirChannel) -> None:
        gr.basic_block.__init__(
            self, name="gsc_stream_channel", in_sig=[np.complex64], out_sig=[np.complex64]
        )
        self.set_tag_propagation_policy(gr.TPP_DONT)  # a tag's sample moves, and may be gone
        self.set_output_multiple(_AT_ONCE // 2)
        self.channel = channel
        self.dropped = 0
        self._waiting = np.zeros(0, np.complex64)  # came out, and found no room yet

    def start(self) -> bool:
        """Give any number of samples, now that the buffer behind is made for many."""
        self.set_output_multiple(1)
        return True

    def stop(self) -> bool:
        """Ask for the large buffer again, for another start."""
        self.set_output_multiple(_AT_ONCE // 2)
        return True

    def set_snr_db(self, snr_db: float | None) -> None:
        """Change the noise; None takes it away."""
        self.channel.set_snr_db(snr_db)

    def set_cfo_hz(self, cfo_hz: float) -> None:
        """Change the carrier offset beside the profile's own."""
        self.channel.set_cfo_hz(cfo_hz)

    def forecast(self, noutput_items: int, ninputs: int) -> list[int]:
        """Ask for one sample: with what there is, the work goes on."""
        return [0 if len(self._waiting) else 1] * ninputs

    def general_work(self, input_items: Any, output_items: Any) -> int:
        """Take samples only when all earlier ones are handed on."""
        out = output_items[0]
        if not len(self._waiting):
            # A copy: a channel may hand back what it took, and consumed samples are overwritten.
            samples = input_items[0][: min(len(out), _AT_ONCE)].copy()
            self._waiting = self._send(samples)
            self.consume(0, len(samples))
        n_out = min(len(out), len(self._waiting))
        out[:n_out] = self._waiting[:n_out]
        self._waiting = self._waiting[n_out:]
        return n_out

    def _send(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        try:
            return self.channel.apply(samples)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the stream must go on
            if not self.dropped:
                _log.error("%s: %s: %s", self.name(), type(error).__name__, error)
            self.dropped += len(samples)
            return np.zeros(len(samples), np.complex64)
