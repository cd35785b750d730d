# SPDX-License-Identifier: MIT
"""Messages one way: many may send, one binds and receives; nobody waits for the other.

A sender that nobody listens to, or whose queue is full, keeps nothing: send
says so, and counts. Every message carries its sender's own number, so that the
receiver can tell what was lost on the way; what was under way to a receiver
that ends is lost with it.
"""

from __future__ import annotations

import math
import secrets
import struct
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import zmq

from gsc_sdr.errors import FrameError, GscError
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.keys import Keys, require_keys
from gsc_sdr.link.wire import Chunk, Message, unpack

__all__ = ["MessageReceiver", "MessageSender", "plain"]

T = TypeVar("T")

_STAMP = struct.Struct("!QQ")  # who sends, how many messages it sent before
_MAX_SENDERS = 64  # whose numbers are remembered
# A receiver that is busy does not read, and so would not answer a heartbeat: the kernel
# finds out whether its machine is there.
_PATIENT = {
    zmq.SocketOption.HEARTBEAT_IVL: 0,
    zmq.SocketOption.TCP_KEEPALIVE: 1,
    zmq.SocketOption.TCP_KEEPALIVE_IDLE: 2,
    zmq.SocketOption.TCP_KEEPALIVE_INTVL: 1,
    zmq.SocketOption.TCP_KEEPALIVE_CNT: 3,
}
_SLICE_S = 0.05  # how long to wait before looking whether another thread has closed this


class MessageSender:
    """Send messages to the program that listens at an address.

    Parameters
    ----------
    address : str
        Where the receiver is bound, or will be.
    keys : Keys or None
        What the receiver asks for, if it asks for keys.
    queue : int
        Messages that may wait to leave.

    Raises
    ------
    ConfigError
        If the address is no address, or the client's key is missing.
    """

    def __init__(self, address: str, keys: Keys | None = None, queue: int = 64) -> None:
        options = _PATIENT | {zmq.SocketOption.SNDHWM: queue, zmq.SocketOption.IMMEDIATE: 1}
        self.address = address
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._who = secrets.randbits(62)
        self._sequence = 0
        self._end = Endpoint(address, Plan(zmq.SocketType.PUSH, False, options, keys))

    def __enter__(self) -> MessageSender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> Counter[str]:
        """What happened so far.

        ``messages`` sent, ``undelivered`` ones that found nobody or no room; and as of
        :class:`gsc_sdr.link.gate.Gate`.
        """
        return Counter({**self._counts, **self._end.counts})

    def send(self, message: Message) -> bool:
        """Send a message if there is someone with room for it; never wait.

        Returns
        -------
        sent : bool
            False if it was not, or this is closed; then nothing is kept of it.

        Raises
        ------
        ShapeError
            If a value or an array of the message cannot be sent.
        """
        parts = message.pack()
        with self._lock:
            try:
                if self._end.socket.closed:
                    raise zmq.Again
                stamp = _STAMP.pack(self._who, self._sequence)
                self._end.socket.send_multipart([stamp, *parts], zmq.DONTWAIT)
            except zmq.Again:
                self._counts["undelivered"] += 1
                return False
            self._sequence += 1
            self._counts["messages"] += 1
            return True

    def close(self) -> None:
        """Close; what was sent still leaves, within 0.3 s."""
        with self._lock:
            self._end.close(0.3 if self._sequence else 0.0)


class MessageReceiver(Generic[T]):
    """Receive messages from whoever may send them.

    Parameters
    ----------
    address : str
        Where to bind.
    read : (Message) -> T
        What checks each message and makes something of it, or raises a GscError.
    keys : Keys or None
        Who may send; without keys the address must be one of this machine.
    queue : int
        Messages that may wait.
    max_bytes : int
        Longest part of a message; who sends a longer one is disconnected.

    Attributes
    ----------
    address : str
        Where it is bound, a port of ``*`` replaced by the one that was free.
    error : GscError or None
        Why the latest malformed message was refused.

    Raises
    ------
    ConfigError
        If the address is no address, in use, or beyond this machine without keys.
    """

    def __init__(
        self,
        address: str,
        read: Callable[[Message], T],
        keys: Keys | None = None,
        queue: int = 64,
        max_bytes: int = 2**20,
    ) -> None:
        require_keys(address, keys)
        limits = {zmq.SocketOption.RCVHWM: queue, zmq.SocketOption.MAXMSGSIZE: max_bytes}
        self.error: GscError | None = None
        self._read = read
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._expected: OrderedDict[int, int] = OrderedDict()
        self._end = Endpoint(address, Plan(zmq.SocketType.PULL, True, _PATIENT | limits, keys))
        self.address = self._end.address

    def __enter__(self) -> MessageReceiver[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> Counter[str]:
        """What happened so far.

        ``messages`` received, ``lost`` on the way, ``superseded`` before they were
        looked at, ``malformed``; and as of :class:`gsc_sdr.link.gate.Gate`.
        """
        return Counter({**self._counts, **self._end.counts})

    def receive(self, timeout_s: float = 0.1) -> T | None:
        """Return the message that comes next, or None if none comes in time."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._lock:
                if self._end.socket.closed:
                    return None
                found = self._next()
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._end.socket.poll(math.ceil(min(left, _SLICE_S) * 1000))

    def latest(self) -> T | None:
        """Return the newest message that waits, if any, and throw away those before it."""
        newest, until = None, time.monotonic() + 0.05  # or a flood would hold the caller
        while time.monotonic() < until and (found := self.receive(0.0)) is not None:
            self._counts["superseded"] += newest is not None
            newest = found
        return newest

    def close(self) -> None:
        """Close, and free the address."""
        with self._lock:
            self._end.close()

    def _next(self) -> T | None:
        """Read until a message is good, there is none left, or 10 ms are over."""
        until = time.monotonic() + 0.01
        while time.monotonic() < until and (parts := self._end.receive()) is not None:
            try:
                if len(parts[0]) != _STAMP.size:
                    raise FrameError("message refused: it has no number", "malformed")
                found = self._read(plain(unpack([part.buffer for part in parts[1:]])))
            except GscError as error:
                self._counts["malformed"] += 1
                self.error = error
                continue
            self._number(*_STAMP.unpack(parts[0].buffer))
            self._counts["messages"] += 1
            return found
        return None

    def _number(self, who: int, sequence: int) -> None:
        """Count what one sender sent and did not come."""
        expected = self._expected.pop(who, sequence)
        self._counts["lost"] += max(0, sequence - expected)
        self._expected[who] = sequence + 1
        if len(self._expected) > _MAX_SENDERS:
            self._expected.popitem(last=False)


def plain(found: Message | Chunk) -> Message:
    """Return a message, or raise FrameError if it is a chunk of samples."""
    if isinstance(found, Chunk):
        raise FrameError("message refused: it is a chunk of samples", "malformed")
    return found
