# SPDX-License-Identifier: MIT
"""GNU Radio block: messages to another program."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import GscError
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.message import MessageSender
from gsc_sdr.link.wire import Message

__all__ = ["PduOut"]

_IN = pmt.intern("pdus")
_QUEUE = 256  # messages, some 4 MB of frames


class PduOut(gr.basic_block):
    """Send messages to the PduIn of another program; never wait for it.

    Message ports
    -------------
    pdus : PDU of u8, f32, f64 or c32 numbers
        Metadata of numbers, text, booleans, tuples and arrays; or a mark.

    Parameters
    ----------
    address : str
        Where the other program is bound, such as ``tcp://127.0.0.1:5805``.
    keys : str
        Folder of the keys that it asks for; empty if it asks for none.

    Attributes
    ----------
    dropped : int
        Messages that could not be sent: nobody listens, or too slowly.

    Raises
    ------
    ConfigError
        If the address is no address, or the keys cannot be read.
    """

    def __init__(self, address: str, keys: str = "") -> None:
        gr.basic_block.__init__(self, name="gsc_pdu_out", in_sig=None, out_sig=None)
        self._link = MessageSender(address, Keys.load(keys) if keys else None, _QUEUE)
        self.dropped = 0
        self.error: Exception | None = None
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_pdus)

    @property
    def counts(self) -> Counter[str]:
        """See :attr:`gsc_sdr.link.message.MessageSender.counts`."""
        return self._link.counts

    @guarded
    def handle_pdus(self, message: Any) -> None:
        """Send one message."""
        if not self._link.send(_to_message(message)):
            raise GscError(f"nobody takes messages at {self._link.address}: start who should")

    def stop(self) -> bool:
        """Close; what was sent still leaves."""
        self._link.close()
        return True


def _to_message(message: Any) -> Message:
    """Return a PDU or a mark as what can be sent."""
    if (found := read_mark(message)) is not None:
        return Message("mark", {"name": found[0], "value": found[1]})
    meta, values = unpack(message)
    arrays = {name: entry for name, entry in meta.items() if isinstance(entry, np.ndarray)}
    plain = {name: entry for name, entry in meta.items() if name not in arrays}
    named = {f"meta/{name}": entry for name, entry in arrays.items()}
    return Message("pdu", plain, {"data": values, **named})
