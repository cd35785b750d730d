# SPDX-License-Identifier: MIT
"""One socket with a context of its own: opened with clear errors, closed in bounded time."""

from __future__ import annotations

import re
import socket as unix
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from weakref import finalize

import zmq

from gsc_sdr.errors import ConfigError
from gsc_sdr.link.address import check_address
from gsc_sdr.link.gate import Gate
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.wire import MAX_PARTS

__all__ = ["Endpoint", "Plan"]

# No heartbeats: where one is due on a connection that broke while its queue was full,
# libzmq 4.3.5 ends the program (assertion !_io_error), and any stranger can bring that
# about. The kernel finds out whether the other machine is there.
_LIVELY = {
    zmq.SocketOption.TCP_KEEPALIVE: 1,
    zmq.SocketOption.TCP_KEEPALIVE_IDLE: 2,
    zmq.SocketOption.TCP_KEEPALIVE_INTVL: 1,
    zmq.SocketOption.TCP_KEEPALIVE_CNT: 3,
    zmq.SocketOption.HANDSHAKE_IVL: 5000,
    zmq.SocketOption.RECONNECT_IVL: 50,
    zmq.SocketOption.RECONNECT_IVL_MAX: 500,
    zmq.SocketOption.LINGER: 0,
}


@dataclass(frozen=True)
class Plan:
    """How to open a socket.

    Attributes
    ----------
    kind : zmq.SocketType
        ``zmq.ROUTER``, ``zmq.PULL`` ...
    binds : bool
        Whether the address is this end's own.
    options : mapping of zmq.SocketOption to int
        Limits of queues and messages.
    keys : Keys or None
        For a socket that takes only those whom it knows.
    """

    kind: zmq.SocketType
    binds: bool
    options: Mapping[zmq.SocketOption, int] = field(default_factory=dict)
    keys: Keys | None = None


class Endpoint:
    """A socket and the thread at its gate.

    Parameters
    ----------
    address : str
        See :func:`gsc_sdr.link.address.check_address`.
    plan : Plan
        How to open it.

    Raises
    ------
    ConfigError
        If the address is no address, or in use, or not of this machine.
    """

    def __init__(self, address: str, plan: Plan) -> None:
        check_address(address)
        self._context = zmq.Context()
        self.socket = self._context.socket(plan.kind)
        for option, value in {**_LIVELY, **plan.options}.items():
            self.socket.setsockopt(option, value)
        if "[" in address:
            self.socket.setsockopt(zmq.IPV6, 1)
        self._gate = Gate(self.socket, plan.keys.welcome if plan.keys and plan.binds else None)
        self._finalize = finalize(self, _close, self._context, self.socket, self._gate)
        try:
            if plan.keys:
                plan.keys.apply(self.socket, plan.binds)
            if plan.binds:
                _refuse_taken(address)
                self.socket.bind(address)
            else:
                _refuse_any(address)
                self.socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            raise ConfigError(
                f"{address} cannot be {'bound' if plan.binds else 'connected to'}: "
                f"{zmq.strerror(error.errno or 0)}; end the program that has it, or choose another "
                "address"
            ) from error
        except BaseException:
            self.close()
            raise
        self.address = self._place() if plan.binds else address

    def _place(self) -> str:
        """Return where the socket is bound."""
        place = self.socket.getsockopt(zmq.LAST_ENDPOINT)
        return place.decode().rstrip("\0") if isinstance(place, bytes) else str(place)

    @property
    def counts(self) -> Counter[str]:
        """Peers that came, went, and were refused."""
        return Counter(self._gate.counts)

    @property
    def is_denied(self) -> bool:
        """Whether the other end's keys and this one's do not fit."""
        return self._gate.is_denied

    def tend_by(self, method: Callable[[], None]) -> None:
        """Have a method called every 50 ms or so, from the gate's thread."""
        self._gate.tend_by(method)

    def receive(self) -> list[zmq.Frame] | None:
        """Return the parts of one message, without waiting; None if there is none.

        Parts beyond what any message of ours has are thrown away unread.
        """
        try:
            parts = [self.socket.recv(zmq.DONTWAIT, copy=False)]
        except zmq.Again:
            return None
        while parts[-1].more:
            part = self.socket.recv(zmq.DONTWAIT, copy=False)
            if len(parts) > MAX_PARTS + 1:
                parts.pop()
            parts.append(part)
        return parts

    def close(self, linger_s: float = 0.0) -> None:
        """Close the socket; what is queued has so long to leave."""
        if self._finalize.detach():
            _close(self._context, self.socket, self._gate, linger_s)


def _close(
    context: zmq.Context[zmq.Socket[bytes]],
    socket: zmq.Socket[bytes],
    gate: Gate,
    linger_s: float = 0.0,
) -> None:
    """Close what an endpoint has; also when it is forgotten, or the program ends."""
    if gate.is_here:  # garbage was collected in the gate's thread: end it from another
        threading.Thread(target=_close, args=(context, socket, gate, linger_s)).start()
        return
    gate.close()
    socket.close(linger=int(linger_s * 1000))
    context.term()


def _refuse_any(address: str) -> None:
    """Raise if an address to connect to leaves the port open."""
    if address.endswith(":*"):
        raise ConfigError(f"{address} names no port; give the one that the other end is bound to")


def _refuse_taken(address: str) -> None:
    """Raise if someone listens at a Unix socket: ZeroMQ would take it over."""
    if not address.startswith("ipc://"):
        return
    with unix.socket(unix.AF_UNIX, unix.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(re.sub("^ipc://(@?)", lambda m: "\0" * len(m[1]), address))
        except OSError:
            return
    raise ConfigError(
        f"{address} cannot be bound: Address already in use; end the program that has it, or "
        "choose another address"
    )
