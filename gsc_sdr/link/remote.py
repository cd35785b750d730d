# SPDX-License-Identifier: MIT
"""An Engine that works in another program: a GPU server, or a process of its own."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import Counter

import numpy as np
import zmq
from numpy.typing import NDArray

from gsc_sdr.errors import FrameError, GscError
from gsc_sdr.link.calls import error_from, from_message, to_message
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.engine import Decoded, Encoded, Received
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.message import plain
from gsc_sdr.link.wire import Message, unpack

__all__ = ["ZmqEngine"]

_OPTIONS = {
    zmq.SocketOption.SNDHWM: 4,
    zmq.SocketOption.RCVHWM: 16,
    zmq.SocketOption.MAXMSGSIZE: 2**26,
}
_SLICE_S = 0.05  # how long to wait before looking whether the server has gone
_ID_BYTES = 16


class ZmqEngine:
    """Ask the engine behind an address.

    One request is under way at a time; other threads wait for their turn. A server
    that goes away while it works is asked again when it, or its successor, is back.

    Parameters
    ----------
    address : str
        Where an :class:`gsc_sdr.link.serve.EngineServer` is bound, or will be.
    keys : Keys or None
        What the server asks for, if it asks for keys.
    timeout_s : float, seconds
        The longest that one request may take.

    Raises
    ------
    ConfigError
        If the address is no address, or the client's key is missing.
    """

    def __init__(self, address: str, keys: Keys | None = None, timeout_s: float = 60.0) -> None:
        self.address = address
        self.timeout_s = timeout_s
        self._keys = keys
        self._lock = threading.Lock()
        self._closing = False
        self._counts: Counter[str] = Counter()
        self._end = self._open()

    def __enter__(self) -> ZmqEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def counts(self) -> Counter[str]:
        """``encode``, ``decode``, ``about`` answered, ``failed``, asked ``again``."""
        return Counter(self._counts)

    @property
    def models(self) -> dict[str, str]:
        """Names and checksums of the server's models, for reports."""
        models = self._ask(Message("about")).values.get("models")
        if not isinstance(models, dict):
            raise FrameError(f"{self.address} did not say which models it has", "malformed")
        return {str(name): str(value) for name, value in models.items()}

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture [height, width, 3] and its prompt at a named rate.

        Raises
        ------
        GscError
            What the engine raised, or that it did not answer in time.
        """
        request = Message("encode", {"prompt": prompt, "rate": rate}, {"image": image})
        return from_message(Encoded, self._ask(request))

    def decode(self, received: Received) -> Decoded:
        """Recover picture and prompt from equalised symbols and their noise.

        Raises
        ------
        GscError
            What the engine raised, or that it did not answer in time.
        """
        return from_message(Decoded, self._ask(to_message("decode", received)))

    def close(self) -> None:
        """Close; a request that is under way ends with a GscError."""
        self._closing = True
        with self._lock:
            self._end.close()

    def _open(self) -> Endpoint:
        """Connect."""
        return Endpoint(self.address, Plan(zmq.SocketType.DEALER, False, _OPTIONS, self._keys))

    def _reopen(self) -> None:
        """Connect anew, so that no request of the past is served."""
        self._end.close()
        self._end = self._open()

    def _ask(self, request: Message) -> Message:
        """Return the answer to a request; ask twice if the server goes away."""
        parts = request.pack()
        deadline = time.monotonic() + self.timeout_s
        with self._lock:
            if self._closing:
                raise self._excuse(False)
            for attempt in range(2):
                name = secrets.token_bytes(_ID_BYTES)
                answer = self._try([name, *parts], deadline)
                if answer is not None:
                    self._counts[request.kind] += 1
                    return answer
                self._counts["again"] += attempt == 0
                self._reopen()
        self._counts["failed"] += 1
        raise GscError(
            f"the engine at {self.address} went away twice while it worked on one {request.kind} "
            "request: see what it says where it runs"
        )

    def _try(self, parts: list[bytes | memoryview], deadline: float) -> Message | None:
        """Return the answer, or None if the server has gone before it answered."""
        socket, n_gone = self._end.socket, self._end.counts["disconnections"]
        socket.send_multipart(parts, zmq.DONTWAIT)  # nothing else waits to leave
        has_begun = False
        while (left := deadline - time.monotonic()) > 0 and not self._closing:
            socket.poll(math.ceil(min(left, _SLICE_S) * 1000))
            while (answer := self._read(bytes(parts[0]))) is not None:
                if answer.kind != "begun":
                    return answer
                has_begun = True
            counts = self._end.counts
            if self._end.is_denied or counts["strangers"] > 2:
                break
            if counts["disconnections"] > n_gone:
                return None
        raise self._excuse(has_begun)

    def _read(self, name: bytes) -> Message | None:
        """Return the next message about one request; raise if it is an error."""
        while (parts := self._end.receive()) is not None:
            if parts[0].bytes != name:  # an answer that came too late
                continue
            answer = plain(unpack([part.buffer for part in parts[1:]]))
            if answer.kind == "error":
                self._counts["failed"] += 1
                raise error_from(answer)
            return answer
        return None

    def _excuse(self, has_begun: bool) -> GscError:
        """Return why there is no answer; let go of the request."""
        self._counts["failed"] += 1
        if self._closing:
            return GscError(f"the link to the engine at {self.address} was closed")
        is_refused = self._end.counts["strangers"] > 0
        self._reopen()
        if is_refused:
            return GscError(
                f"the engine at {self.address} refuses this program: give the keys that it was "
                "started with (--keys FOLDER)"
            )
        if has_begun:
            return GscError(
                f"the engine at {self.address} has worked on one request for longer than "
                f"{self.timeout_s:g} s: raise the timeout"
            )
        return GscError(
            f"no engine at {self.address} has answered within {self.timeout_s:g} s: start one "
            "there with `gsc-sdr engine`, or raise the timeout"
        )
