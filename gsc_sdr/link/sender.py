# SPDX-License-Identifier: MIT
"""The sending end of a sample stream; see :mod:`gsc_sdr.link.stream`."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, FrameError, ShapeError
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.info import StreamInfo
from gsc_sdr.link.wire import MAX_SAMPLES, Chunk, Message, unpack, whole

__all__ = ["StreamSender"]

_MAX_WINDOW = 64  # chunks that a receiver may ask for before it has taken any
_PROBE_S = 0.5  # a receiver that has been silent so long is asked for
_GONE_S = 2.0  # silence after which a receiver is gone: it speaks twice a second, busy or not
_MAX_PROBES = 60  # so often, and then only when a connection has ended: it may be busy
_SLICE_S = 0.05  # how long to wait before looking whether another thread has closed this
_BATCH = 64  # messages read in one go, so that a flood cannot hold a caller
_OPTIONS = {
    zmq.SocketOption.ROUTER_MANDATORY: 1,  # or what is sent to who is gone would vanish unseen
    zmq.SocketOption.SNDHWM: _MAX_WINDOW + 32,
    zmq.SocketOption.RCVHWM: 256,
    zmq.SocketOption.MAXMSGSIZE: 65536,
}


class StreamSender:
    """Send samples to whoever connects, never more than it can take.

    Parameters
    ----------
    address : str
        Where to bind.
    info : StreamInfo
        What the receiver must agree with.

    Attributes
    ----------
    address : str
        Where it is bound, a port of ``*`` replaced by the one that was free.
    mismatch : str
        Why the last receiver was not served; empty if it was.

    Raises
    ------
    ConfigError
        If the address is no address, or in use.
    """

    def __init__(self, address: str, info: StreamInfo) -> None:
        self.info = info
        self.mismatch = ""
        self._lock = threading.RLock()
        self._closing = False
        self._counts: Counter[str] = Counter()
        self._stream = secrets.randbits(62)
        self._sequence = self._first_sample = 0
        self._peer: bytes | None = None  # the receiver's address as ROUTER knows it
        self._who = 0  # its name for itself, which outlives a broken connection
        self._heard_s = self._probed_s = 0.0
        self._n_probes = self._n_gone = 0
        self._up_to = 0  # first sequence number that may not be sent yet
        self._unconfirmed: deque[tuple[int, int]] = deque()  # sequence, samples
        self._strangers: deque[tuple[str, int]] = deque(maxlen=64)
        self._end = Endpoint(address, Plan(zmq.SocketType.ROUTER, True, _OPTIONS))
        self._end.tend_by(self._tend)
        self.address = self._end.address

    def __enter__(self) -> StreamSender:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether this end is closed."""
        return self._closing

    @property
    def connected(self) -> bool:
        """Whether a receiver that agrees was heard of in the last two seconds."""
        return self._peer is not None and time.monotonic() - self._heard_s < _GONE_S

    @property
    def counts(self) -> Counter[str]:
        """What happened so far.

        ``messages``, ``samples`` sent; ``lost_messages``, ``lost_samples`` sent to a
        receiver that went away before it said that it had taken them; ``receivers``
        that were served, ``refused`` while another was, ``mismatched``;
        ``malformed`` messages, ``stale`` ones to a sender before this one;
        ``connections``, ``disconnections``, ``strangers`` as
        of :class:`gsc_sdr.link.gate.Gate`.
        """
        return Counter({**self._counts, **self._end.counts})

    def send(self, samples: NDArray[np.complex64], timeout_s: float = 0.1) -> bool:
        """Send some samples, or wait until a receiver has room for them.

        Parameters
        ----------
        samples : [n], complex64
            At most 65536; copied.
        timeout_s : float, seconds
            The longest wait.

        Returns
        -------
        sent : bool
            False if there was no room in time, or this is closed; nothing was sent.

        Raises
        ------
        ShapeError
            If the samples are of another type or shape, or too many.
        """
        if samples.dtype != np.complex64 or samples.ndim != 1 or len(samples) > MAX_SAMPLES:
            raise ShapeError(
                f"samples are {samples.dtype} {samples.shape}; send complex64 [n], at most "
                f"{MAX_SAMPLES} at a time"
            )
        samples = np.ascontiguousarray(samples)
        deadline = time.monotonic() + timeout_s
        while not self._closing:
            with self._lock:
                if self._closing or self._end.socket.closed:
                    return False
                self._serve()
                if not len(samples) or (self._sequence < self._up_to and self._push(samples)):
                    return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._end.socket.poll(math.ceil(min(left, _SLICE_S) * 1000))
        return False

    def close(self) -> None:
        """Say goodbye and free the address; what was sent still leaves, within 0.3 s."""
        self._closing = True
        with self._lock:
            if self._end.socket.closed:
                return
            linger_s = 0.0
            if self._peer is not None:
                goodbye = {"stream": self._stream, "sequence": self._sequence}
                linger_s = 0.3 * self._post(self._peer, Message("bye", goodbye))
        self._end.close(linger_s)

    def _push(self, samples: NDArray[np.complex64]) -> bool:
        """Send one chunk to the receiver."""
        chunk = Chunk(self._stream, self._sequence, self._first_sample, samples)
        if self._peer is None or not self.connected or not self._post(self._peer, chunk):
            return False
        self._unconfirmed.append((self._sequence, len(samples)))
        self._sequence += 1
        self._first_sample += len(samples)
        self._counts["messages"] += 1
        self._counts["samples"] += len(samples)
        return True

    def _post(self, peer: bytes, message: Message | Chunk) -> bool:
        """Send to a peer without waiting; forget the receiver if it is gone."""
        try:
            self._end.socket.send_multipart([peer, *message.pack()], zmq.DONTWAIT)
        except zmq.Again:
            return False
        except zmq.ZMQError:
            if peer == self._peer:
                self._forget()
            return False
        return True

    def _forget(self) -> None:
        """Make room for another receiver, and count what this one leaves behind."""
        self._counts["lost_messages"] += len(self._unconfirmed)
        self._counts["lost_samples"] += sum(n for _, n in self._unconfirmed)
        self._unconfirmed.clear()
        self._peer, self._up_to = None, 0

    def _tend(self) -> None:
        """Answer receivers while nobody sends; from the gate's thread."""
        if not self._closing and self._lock.acquire(blocking=False):
            try:
                if not self._end.socket.closed:
                    self._serve()
            finally:
                self._lock.release()

    def _serve(self) -> None:
        """Read what receivers said, and ask for one that says nothing."""
        for _ in range(_BATCH):
            parts = self._end.receive()
            if parts is None:
                break
            peer = parts[0].bytes
            try:
                self._read(peer, unpack([part.buffer for part in parts[1:]]))
            except FrameError as error:
                self._refuse(peer, error)
        if self._peer is not None and time.monotonic() - self._probed_s > _PROBE_S:
            self._probe(self._peer)

    def _refuse(self, peer: bytes, error: FrameError) -> None:
        """Count what cannot be read; answer one of another release, which may know this one."""
        if error.cause != "version":
            self._counts["malformed"] += 1
            return
        self._counts["mismatched"] += self.mismatch != str(error)
        self.mismatch = str(error)
        self._post(peer, self._info())

    def _probe(self, peer: bytes) -> None:
        """Ask for a receiver that is silent; sending is how one learns that it has gone."""
        self._probed_s = time.monotonic()
        n_gone = self._end.counts["disconnections"]
        if n_gone != self._n_gone:
            self._n_gone, self._n_probes = n_gone, min(self._n_probes, _MAX_PROBES - 4)
        if self._probed_s - self._heard_s > _PROBE_S and self._n_probes < _MAX_PROBES:
            self._n_probes += 1
            self._post(peer, Message("ping"))

    def _read(self, peer: bytes, message: Message | Chunk) -> None:
        """Handle one message."""
        if isinstance(message, Chunk):
            raise FrameError("a receiver sent samples", "malformed")
        if message.kind == "hello":
            self._greet(peer, message.values)
        elif message.kind not in ("credit", "bye"):
            raise FrameError(f"a receiver said {message.kind[:40]!r}", "malformed")
        elif peer == self._peer:
            self._confirm(message.values)
            if message.kind == "bye":
                self._forget()
        elif message.kind == "credit":
            self._counts["stale"] += 1

    def _greet(self, peer: bytes, values: Mapping[str, Any]) -> None:
        """Answer a receiver that wants the stream."""
        who = whole(values, "receiver")
        if differing := self._differences(values):
            self._count_once("mismatched", who)
            self.mismatch = differing
            self._post(peer, self._info())
            return
        if self._peer is not None and who != self._who and self._is_alive():
            self._count_once("refused", who)
            reason = f"{self.address} has a receiver already; end that one first"
            self._post(peer, Message("refused", {"reason": reason}))
            return
        if peer != self._peer:
            self._forget()
            self._counts["receivers"] += who != self._who
            self._peer, self._who, self.mismatch = peer, who, ""
        self._hear()
        self._post(peer, self._info())

    def _hear(self) -> None:
        """Note that the receiver is there."""
        self._heard_s, self._n_probes = time.monotonic(), 0

    def _is_alive(self) -> bool:
        """Return whether the receiver's connection stands, and it was heard of lately."""
        if self._peer is not None:
            self._post(self._peer, Message("ping"))  # which forgets one that is gone
        return self.connected

    def _confirm(self, values: Mapping[str, Any]) -> None:
        """Note what the receiver has taken, and how far it can go on."""
        stream, taken, up_to = (whole(values, name) for name in ("stream", "taken", "up_to"))
        if stream != self._stream:
            self._counts["stale"] += 1
            return
        if not taken <= self._sequence or not taken <= up_to <= taken + _MAX_WINDOW:
            raise FrameError(f"credit of {taken} to {up_to} is out of range", "malformed")
        self._hear()
        self._up_to = max(self._up_to, up_to)
        while self._unconfirmed and self._unconfirmed[0][0] < taken:
            self._unconfirmed.popleft()

    def _info(self) -> Message:
        """Return what a receiver must know to begin."""
        values = {
            "stream": self._stream,
            "sequence": self._sequence,
            "first_sample": self._first_sample,
            "info": self.info.to_values(),
        }
        return Message("info", values)

    def _differences(self, values: Mapping[str, Any]) -> str:
        """Return in what a receiver differs, as a sentence; empty if in nothing."""
        try:
            theirs = StreamInfo.from_values(values.get("info", {}))
        except ConfigError as error:
            return str(error)
        return "; ".join(self.info.differences(theirs, ("this sender", "the receiver")))

    def _count_once(self, name: str, who: int) -> None:
        """Count a stranger, who asks again twice a second, once."""
        if (name, who) not in self._strangers:
            self._strangers.append((name, who))
            self._counts[name] += 1
