# SPDX-License-Identifier: MIT
"""GNU Radio block: counts the samples that a radio lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.phy.gaps import GapFinder

__all__ = ["StreamGaps"]

_TIME = pmt.intern("rx_time")


class StreamGaps(gr.sync_block):
    """Count holes in a received stream by the radio's own time tags.

    UHD's source tags the first sample after each overflow (``O`` or ``D`` on its
    console) with ``rx_time``. The block looks at tags only, and changes nothing.

    Parameters
    ----------
    sample_rate : float, samples per second
        Of the stream.
    """

    def __init__(self, sample_rate: float) -> None:
        gr.sync_block.__init__(self, name="gsc_stream_gaps", in_sig=[np.complex64], out_sig=None)
        self.finder = GapFinder(sample_rate)
        self.dropped = 0

    @property
    def counts(self) -> Counter[str]:
        """What GapFinder counts, and ``malformed``: tags that are no time."""
        return self.finder.counts + Counter(malformed=self.dropped)

    def work(self, input_items: Any, output_items: Any) -> int:
        """Read the tags of some samples."""
        n = len(input_items[0])
        for tag in self.get_tags_in_window(0, 0, n, _TIME):
            try:
                whole = pmt.to_uint64(pmt.tuple_ref(tag.value, 0))
                self.finder.note(tag.offset, whole, pmt.to_double(pmt.tuple_ref(tag.value, 1)))
            except (IndexError, RuntimeError, ValueError, TypeError):
                self.dropped += 1
        return n
