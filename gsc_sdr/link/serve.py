# SPDX-License-Identifier: MIT
"""An engine behind a socket: the networks work there, whoever asks gets an answer."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import zmq

from gsc_sdr.errors import FrameError
from gsc_sdr.link.calls import error_message, from_message, picture_of, text_of, to_message
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.engine import Engine, Received
from gsc_sdr.link.keys import Keys, require_keys
from gsc_sdr.link.message import plain
from gsc_sdr.link.wire import Message, unpack

__all__ = ["EngineServer", "serve"]

_log = logging.getLogger(__name__)
_OPTIONS = {
    zmq.SocketOption.ROUTER_MANDATORY: 1,  # or an answer to who is gone would vanish unseen
    zmq.SocketOption.RCVHWM: 16,  # requests of one client that wait
    zmq.SocketOption.SNDHWM: 64,
    zmq.SocketOption.MAXMSGSIZE: 2**26,  # the longest request, a picture, has 12.6 MB
}
_ID_BYTES = 16


class EngineServer:
    """Answer requests one after the other, of each client in turn.

    A request is its id, then a message: ``encode``, ``decode`` or ``about``. Each is
    answered at once by ``begun``, and then by ``done`` or ``error``, with its id.

    Parameters
    ----------
    engine : Engine
        What does the work.
    address : str
        Where to bind.
    keys : Keys or None
        Who may ask; without keys the address must be one of this machine.

    Attributes
    ----------
    address : str
        Where it is bound, a port of ``*`` replaced by the one that was free.

    Raises
    ------
    ConfigError
        If the address is no address, in use, or beyond this machine without keys.
    """

    def __init__(self, engine: Engine, address: str, keys: Keys | None = None) -> None:
        require_keys(address, keys)
        self._engine = engine
        self._counts: Counter[str] = Counter()
        self._end = Endpoint(address, Plan(zmq.SocketType.ROUTER, True, _OPTIONS, keys))
        self.address = self._end.address

    def __enter__(self) -> EngineServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> Counter[str]:
        """What happened so far.

        ``encode``, ``decode``, ``about`` done; ``failed`` in the engine; ``abandoned``
        by clients that went away; ``malformed`` requests; and as of
        :class:`gsc_sdr.link.gate.Gate`.
        """
        return Counter({**self._counts, **self._end.counts})

    def step(self, timeout_s: float = 0.1) -> bool:
        """Answer one request, if one comes in time; return whether one came."""
        if not self._end.socket.poll(int(timeout_s * 1000)):
            return False
        parts = self._end.receive()
        if parts is None:
            return False
        peer, name = parts[0].bytes, parts[1].bytes[: _ID_BYTES + 1] if len(parts) > 1 else b""
        try:
            if len(name) != _ID_BYTES:
                raise FrameError("a request has no id", "malformed")
            request = plain(unpack([part.buffer for part in parts[2:]]))
            self._answer(peer, name, request)
        except FrameError as error:
            self._counts["malformed"] += 1
            if len(name) == _ID_BYTES:
                self._post(peer, name, error_message(error))
        return True

    def close(self) -> None:
        """Close, and free the address; the last answer still leaves, within 0.5 s."""
        self._end.close(0.5)

    def _answer(self, peer: bytes, name: bytes, request: Message) -> None:
        """Do what is asked, if who asked is still there."""
        work = self._work(request)
        if not self._post(peer, name, Message("begun")):
            return
        try:
            answer = work()
            self._counts[request.kind] += 1
        except Exception as error:  # noqa: BLE001 -- whatever it is, others wait to be served
            self._counts["failed"] += 1
            _log.warning("%s failed: %s: %s", request.kind, type(error).__name__, error)
            answer = error_message(error)
        self._post(peer, name, answer)

    def _work(self, request: Message) -> Callable[[], Message]:
        """Read a request; return what does it."""
        if request.kind == "encode":
            image, prompt = picture_of(request), text_of(request, "prompt")
            rate = text_of(request, "rate")
            return lambda: to_message("done", self._engine.encode(image, prompt, rate))
        if request.kind == "decode":
            received = from_message(Received, request)
            return lambda: to_message("done", self._engine.decode(received))
        if request.kind == "about":
            models: dict[str, Any] = dict(getattr(self._engine, "models", {}))
            return lambda: Message("done", {"models": models})
        raise FrameError(f"{request.kind[:40]!r} is nothing that an engine does", "malformed")

    def _post(self, peer: bytes, name: bytes, message: Message) -> bool:
        """Send to a client without waiting; count one that is gone or does not read."""
        try:
            self._end.socket.send_multipart([peer, name, *message.pack()], zmq.DONTWAIT)
        except zmq.ZMQError:
            self._counts["abandoned"] += 1
            return False
        return True


def serve(
    engine: Engine,
    address: str,
    keys: Keys | None = None,
    until: Callable[[], bool] = lambda: False,
    ready: Callable[[EngineServer], None] = lambda _: None,
) -> Counter[str]:
    """Serve an engine until told to stop.

    Parameters
    ----------
    engine, address, keys
        As of EngineServer.
    until : () -> bool
        Asked ten times a second, and between requests, whether to stop.
    ready : (EngineServer) -> None
        Called once when the address is bound.

    Returns
    -------
    counts : Counter
        What happened, as of :attr:`EngineServer.counts`.
    """
    with EngineServer(engine, address, keys) as server:
        ready(server)
        while not until():
            server.step()
        return server.counts
