# SPDX-License-Identifier: MIT
"""GNU Radio block: counts what a USRP says went wrong while it transmits."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pmt
from gnuradio import gr

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.errors import ShapeError

__all__ = ["RadioCounts", "event_names"]

_IN = pmt.intern("async_msgs")
_CODES = pmt.intern("event_code")
# UHD's own bits (uhd/types/metadata.hpp), what GNU Radio calls them, and our names.
_EVENTS = (
    (0x01, "burst_ack", "bursts"),
    (0x02, "underflow", "underrun"),
    (0x04, "seq_error", "sequence"),
    (0x08, "time_error", "late"),
    (0x10, "underflow_in_packet", "underrun"),
    (0x20, "seq_error_in_burst", "sequence"),
)


def event_names(code: int | str) -> list[str]:
    """Return our names of the events in one of UHD's codes, or of one of GNU Radio's words.

    Parameters
    ----------
    code : int or str
        ``async_metadata_t::event_code``, several bits at once; or a word that
        GNU Radio makes of one bit.

    Returns
    -------
    names : list of str
        ``bursts`` (acknowledged), ``underrun`` (U), ``sequence`` (S), ``late`` (L);
        ``unknown`` for what UHD does not document.

    Examples
    --------
    >>> event_names(0x0A), event_names("underflow_in_packet")
    (['underrun', 'late'], ['underrun'])
    """
    if isinstance(code, str):
        names = [name for _, word, name in _EVENTS if word == code]
    else:
        names = [name for bit, _, name in _EVENTS if code & bit]
    return names or ["unknown"]


class RadioCounts(gr.basic_block):
    """Count the events of a USRP Sink.

    Message ports
    -------------
    async_msgs : pair (uhd_async_msg . dictionary)
        From the port ``async_msgs`` of a USRP Sink.

    Attributes
    ----------
    counts : Counter
        Events by name, see :func:`event_names`.
    """

    def __init__(self) -> None:
        gr.basic_block.__init__(self, name="gsc_radio_counts", in_sig=None, out_sig=None)
        self.counts: Counter[str] = Counter()
        self.dropped = 0
        self.error: Exception | None = None
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_async)

    @guarded
    def handle_async(self, message: Any) -> None:
        """Count what one message tells."""
        if not pmt.is_pair(message) or not pmt.is_dict(pmt.cdr(message)):
            raise ShapeError(f"message is {str(message)[:80]}; connect a USRP Sink's async_msgs")
        codes = pmt.dict_ref(pmt.cdr(message), _CODES, pmt.PMT_NIL)
        if pmt.is_integer(codes):
            self.counts.update(event_names(pmt.to_long(codes)))
            return
        for index in range(pmt.length(codes)):
            self.counts.update(event_names(pmt.symbol_to_string(pmt.nth(index, codes))))
