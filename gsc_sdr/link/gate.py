# SPDX-License-Identifier: MIT
"""Who comes and goes at a socket, and who is let in.

ZeroMQ tells of peers by events, and asks over an inner socket (ZAP, its RFC 27)
whether a key is welcome. A thread answers both, so that strangers are refused
and counted also while the program is busy elsewhere.
"""

from __future__ import annotations

import struct
import threading
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any
from weakref import WeakMethod

import zmq
from zmq.utils import z85

__all__ = ["Gate"]

_ZAP = "inproc://zeromq.zap.01"
_TICK_MS = 50
_BEGUN = {zmq.EVENT_ACCEPTED, zmq.EVENT_CONNECTED}
_DENIED = {zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL}
_EVENTS = {
    *_BEGUN,
    *_DENIED,
    zmq.EVENT_HANDSHAKE_SUCCEEDED,
    zmq.EVENT_DISCONNECTED,
    zmq.EVENT_MONITOR_STOPPED,
}


class Gate:
    """A thread beside one socket.

    Parameters
    ----------
    socket : zmq.Socket
        Neither bound nor connected yet, alone in its context.
    welcome : collection of bytes, optional
        Public keys (Z85) of the clients that may come in; None asks for none.

    Attributes
    ----------
    counts : Counter
        ``connections``, ``disconnections``, and ``strangers``: connections that were
        refused, because they had no key that is welcome or did not speak ZeroMQ.
    is_denied : bool
        Whether the other end's keys and this one's do not fit; then ZeroMQ does not
        try again.
    """

    def __init__(self, socket: zmq.Socket[bytes], welcome: Collection[bytes] | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self.is_denied = False
        self._socket = socket
        self._strange: list[int] = []  # connections that are not let in yet, oldest first
        self._tend: Callable[[], Callable[[], None] | None] = lambda: None
        self._welcome = None if welcome is None else set(map(z85.decode, welcome))
        self._poller = zmq.Poller()
        self._zap: zmq.Socket[bytes] | None = None
        if welcome is not None:
            self._zap = socket.context.socket(zmq.REP)
            self._zap.linger = 0
            self._zap.bind(_ZAP)
            self._poller.register(self._zap, zmq.POLLIN)
        self._events = socket.get_monitor_socket(sum(_EVENTS))
        self._events.linger = 0
        self._poller.register(self._events, zmq.POLLIN)
        self._thread = threading.Thread(target=self._run, name="gsc-gate", daemon=True)
        self._thread.start()

    @property
    def is_here(self) -> bool:
        """Whether it is the gate's own thread that asks."""
        return self._thread is threading.current_thread()

    def tend_by(self, method: Callable[[], None]) -> None:
        """Have a method called every 50 ms or so; it is not kept alive by this."""
        self._tend = WeakMethod(method)

    def close(self) -> None:
        """End the thread; call it from where the socket is used, before closing that."""
        if self._thread.is_alive():
            self._socket.disable_monitor()  # which is an event too
            self._thread.join()

    def _run(self) -> None:
        """Answer until the socket is no longer watched."""
        try:
            while self._step():
                if (tend := self._tend()) is not None:
                    tend()
                    del tend  # or it would live as long as this thread
        finally:
            self._events.close()
            if self._zap is not None:
                self._zap.close()

    def _step(self) -> bool:
        """Handle what comes within a tick; return False when there is nothing to watch."""
        for source, _ in self._poller.poll(_TICK_MS):
            parts = source.recv_multipart()
            if source is not self._events:
                source.send_multipart(self._judge(parts))
                continue
            event, value = struct.unpack("=Hi", parts[0])
            if event == zmq.EVENT_MONITOR_STOPPED:
                return False
            self._note(event, value)
        return True

    def _note(self, event: int, value: int) -> None:
        """Count one event; the value is the connection's, but for one that is let in."""
        if event in _BEGUN:
            self._strange.append(value)
        elif event in _DENIED:
            self.is_denied = True
        elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.counts["connections"] += 1
            del self._strange[:1]
        elif value in self._strange:
            self.counts["strangers"] += 1
            self._strange.remove(value)
        else:
            self.counts["disconnections"] += 1

    def _judge(self, request: list[bytes]) -> list[Any]:
        """Answer one question of ZAP: version, id, domain, address, identity, how, key."""
        known = len(request) == 7 and request[5] == b"CURVE" and request[6] in (self._welcome or ())
        status = [b"200", b"OK"] if known else [b"400", b"unknown key"]
        return [b"1.0", request[1] if len(request) > 1 else b"", *status, b"", b""]
