# SPDX-License-Identifier: MIT
"""GNU Radio block: messages from another program."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

import pmt
from gnuradio import gr

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import FrameError
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.message import MessageReceiver
from gsc_sdr.link.wire import Message, whole

__all__ = ["PduIn"]

_OUT = pmt.intern("pdus")
_QUEUE = 256  # messages, some 4 MB of frames
_MAX_BYTES = 2**25  # a picture of 2048 x 2048 pixels has 12.6 MB
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAX_NAMES = 256  # GNU Radio never forgets a name
_MAX_LENGTH = 4096  # characters or numbers of one value


class PduIn(gr.basic_block):
    """Give out the messages that the PduOut of other programs send.

    Message ports
    -------------
    pdus : PDU or mark
        As they went into PduOut.

    Parameters
    ----------
    address : str
        Where to bind, such as ``tcp://127.0.0.1:5805``.
    keys : str
        Folder of keys that senders must know; may be empty on this machine.

    Attributes
    ----------
    dropped : int
        Messages that were lost on the way or refused.

    Raises
    ------
    ConfigError
        If the address is no address, in use, or beyond this machine without keys.
    """

    def __init__(self, address: str, keys: str = "") -> None:
        gr.basic_block.__init__(self, name="gsc_pdu_in", in_sig=None, out_sig=None)
        self._keys = Keys.load(keys) if keys else None
        self._reader = _Reader()
        self._link = self._open(address)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self.message_port_register_out(_OUT)

    @property
    def address(self) -> str:
        """Where the block is bound."""
        return self._link.address

    @property
    def counts(self) -> Counter[str]:
        """See :attr:`gsc_sdr.link.message.MessageReceiver.counts`."""
        return self._link.counts

    @property
    def dropped(self) -> int:
        """Messages that were lost on the way or refused."""
        counts = self._link.counts
        return counts["lost"] + counts["malformed"]

    @property
    def error(self) -> Exception | None:
        """Why the latest message was refused."""
        return self._link.error

    def start(self) -> bool:
        """Begin to give out messages."""
        if self._stopping.is_set():
            self._link = self._open(self._link.address)
            self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="gsc-pdu-in", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> bool:
        """End, and free the address."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
        self._link.close()
        return True

    def _open(self, address: str) -> MessageReceiver[Any]:
        """Bind."""
        return MessageReceiver(address, self._reader.read, self._keys, _QUEUE, _MAX_BYTES)

    def _run(self) -> None:
        """Give out what comes until the flowgraph stops."""
        while not self._stopping.is_set():
            if (message := self._link.receive(0.05)) is not None:
                self.message_port_pub(_OUT, message)


class _Reader:
    """What checks messages, and remembers which names it let through."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def read(self, message: Message) -> Any:
        """Return what was sent, if it is a mark or a PDU."""
        values, arrays = dict(message.values), dict(message.arrays)
        if message.kind == "mark" and set(values) == {"name", "value"} and not arrays:
            return mark(self._name(values["name"]), whole(values, "value"))
        if message.kind != "pdu" or "data" not in arrays:
            raise FrameError(f"{message.kind[:40]!r} is no PDU", "malformed")
        data = arrays.pop("data")
        meta = {self._name(name): _value(value) for name, value in values.items()}
        meta |= {self._name(name.removeprefix("meta/")): a for name, a in arrays.items()}
        return pack(meta, data)

    def _name(self, name: object) -> str:
        """Return a name that may be given to GNU Radio, which keeps it for ever."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise FrameError(f"{str(name)[:40]!r} is no name", "malformed")
        if name not in self._names and len(self._names) >= _MAX_NAMES:
            raise FrameError(f"more than {_MAX_NAMES} names", "malformed")
        self._names.add(name)
        return name


def _value(value: object) -> Any:
    """Return a value of metadata as PDUs have it."""
    if isinstance(value, list) and len(value) <= _MAX_LENGTH and list not in map(type, value):
        return tuple(map(_value, value))
    is_short = not isinstance(value, str) or len(value) <= _MAX_LENGTH
    is_small = not isinstance(value, int) or abs(value) < 2**62
    if isinstance(value, int | float | str) and is_short and is_small:
        return value
    raise FrameError(f"{str(value)[:40]} is no value of a PDU", "malformed")
