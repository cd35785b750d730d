# SPDX-License-Identifier: MIT
"""GNU Radio block: the fading of a channel profile on a sample stream."""

from __future__ import annotations

import logging
from typing import Any, Protocol

import numpy as np
from gnuradio import gr
from numpy.typing import NDArray

__all__ = ["Fading", "Gains"]

_log = logging.getLogger(__name__)


class Gains(Protocol):
    """Anything that fades samples, such as :class:`gsc_sdr.channel.fading.Fading`."""

    def apply(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return the next samples [n], faded; how the stream is cut plays no part."""
        ...


class Fading(gr.sync_block):
    """Fade a stream of samples.

    Parameters
    ----------
    gains : Gains
        What fades; it keeps its own time.

    Notes
    -----
    Samples that cannot be faded come out as silence, are logged once and counted
    in ``dropped``: a ``work`` that raised would leave the flowgraph running
    without ever ending.
    """

    def __init__(self, gains: Gains) -> None:
        gr.sync_block.__init__(
            self, name="gsc_fading", in_sig=[np.complex64], out_sig=[np.complex64]
        )
        self.gains = gains
        self.dropped = 0

    def work(self, input_items: Any, output_items: Any) -> int:
        """Fade what there is."""
        samples, out = input_items[0], output_items[0]
        try:
            out[:] = self.gains.apply(samples)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the stream must go on
            if not self.dropped:
                _log.error("%s: %s: %s", self.name(), type(error).__name__, error)
            self.dropped += len(samples)
            out[:] = 0
        return len(out)
