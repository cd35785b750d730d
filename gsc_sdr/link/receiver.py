# SPDX-License-Identifier: MIT
"""The receiving end of a sample stream; see :mod:`gsc_sdr.link.stream`."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from gsc_sdr.errors import ConfigError, FrameError
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.info import StreamInfo
from gsc_sdr.link.wire import MAX_SAMPLES, Chunk, Message, unpack, whole

__all__ = ["StreamReceiver"]

_WINDOW = 16  # chunks that may be under way
_HELLO_S = 0.25  # silence after which to ask for the stream again
_TELL_S = 0.5  # between two words to the sender while this end is busy elsewhere
_GONE_S = 2.0  # silence after which the sender is taken for gone
_SLICE_S = 0.05  # how long to wait before looking whether another thread has closed this
_OPTIONS = {
    zmq.SocketOption.SNDHWM: 16,
    zmq.SocketOption.RCVHWM: 256,
    zmq.SocketOption.MAXMSGSIZE: 8 * MAX_SAMPLES + 4096,
}


class StreamReceiver:
    """Receive samples, asking for no more than it has room for.

    Parameters
    ----------
    address : str
        Where the sender is bound, or will be.
    info : StreamInfo
        What the sender must agree with.

    Attributes
    ----------
    mismatch : str
        In which settings the sender differs, with both values; empty if in none.
        While it is not empty no samples are received.
    refusal : str
        Why the sender refused this receiver; empty if it did not.
    gap : int, samples
        How many are missing just before those that ``receive`` returned last.

    Raises
    ------
    ConfigError
        If the address is no address.
    """

    def __init__(self, address: str, info: StreamInfo) -> None:
        self.address = address
        self.info = info
        self.mismatch = self.refusal = ""
        self.gap = 0
        self._lock = threading.RLock()
        self._closing = False
        self._counts: Counter[str] = Counter()
        self._who = secrets.randbits(62)
        self._stream: int | None = None
        self._sequence = self._first_sample = 0  # of the chunk that should come next
        self._up_to = 0  # granted so far
        self._missing = 0  # samples lost since the last chunk
        self._heard_s = self._asked_s = -np.inf
        self._granted_s = -np.inf
        self._end = Endpoint(address, Plan(zmq.SocketType.DEALER, False, _OPTIONS))
        self._end.tend_by(self._tend)

    def __enter__(self) -> StreamReceiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        """Whether this end is closed."""
        return self._closing

    @property
    def connected(self) -> bool:
        """Whether a sender that agrees was heard of in the last two seconds."""
        return self._stream is not None and time.monotonic() - self._heard_s < _GONE_S

    @property
    def counts(self) -> Counter[str]:
        """What happened so far.

        ``messages``, ``samples`` received; ``lost_messages``, ``lost_samples`` that
        were sent and did not come; ``streams`` begun, ``ended`` with a goodbye;
        ``refused`` chunks of a stream that was not agreed on; ``repeated`` chunks;
        ``mismatched`` senders; ``malformed`` messages; ``connections``,
        ``disconnections`` as of :class:`gsc_sdr.link.gate.Gate`.
        """
        return Counter({**self._counts, **self._end.counts})

    def receive(self, timeout_s: float = 0.1) -> NDArray[np.complex64] | None:
        """Return the samples that come next.

        Parameters
        ----------
        timeout_s : float, seconds
            The longest wait.

        Returns
        -------
        samples : [n], complex64, or None
            1 to 65536 samples that cannot be written to; None if none came in time.
        """
        deadline = time.monotonic() + timeout_s
        while not self._closing:
            with self._lock:
                if self.closed:  # while waiting for the lock
                    break
                samples = self._next()
                if samples is not None:
                    return samples
                left = deadline - time.monotonic()
                if left <= 0 or self._end.socket.closed:
                    break
                self._end.socket.poll(math.ceil(min(left, _SLICE_S) * 1000))
        return None

    def close(self) -> None:
        """Say goodbye, so that another receiver can take over at once."""
        self._closing = True
        with self._lock:
            if self._end.socket.closed:
                return
            linger_s = 0.2 * (self.connected and self._grant("bye"))
        self._end.close(linger_s)

    def _next(self) -> NDArray[np.complex64] | None:
        """Read messages until there are samples, there is none left, or 10 ms are over."""
        if self._end.socket.closed:
            return None
        until = time.monotonic() + 0.01
        while (parts := self._end.receive()) is not None:
            if (samples := self._handle([part.buffer for part in parts])) is not None:
                return samples
            if time.monotonic() > until:
                break
        self._ask()
        return None

    def _handle(self, parts: Sequence[memoryview]) -> NDArray[np.complex64] | None:
        """Read one message; return the samples in it, if there are any that may come now."""
        try:
            message = unpack(parts)
            if isinstance(message, Chunk):
                return self._take(message)
            self._read(message)
        except (FrameError, ConfigError) as error:
            self._refuse(error)
        return None

    def _tend(self) -> None:
        """Say that this end is there while nobody receives; from the gate's thread."""
        if self._closing or not self._lock.acquire(blocking=False):
            return
        try:
            is_due = time.monotonic() - self._granted_s > _TELL_S
            if self._stream is not None and is_due and not self._end.socket.closed:
                self._grant()
        finally:
            self._lock.release()

    def _ask(self) -> None:
        """Ask for the stream if nothing was heard for a while."""
        now = time.monotonic()
        if now - max(self._heard_s, self._asked_s) > _HELLO_S:
            self._asked_s = now
            self._post(Message("hello", {"receiver": self._who, "info": self.info.to_values()}))

    def _take(self, chunk: Chunk) -> NDArray[np.complex64] | None:
        """Return a chunk's samples if they are those that may come now."""
        if chunk.stream != self._stream:
            self._counts["refused"] += 1
            return None
        if chunk.sequence < self._sequence:
            self._counts["repeated"] += 1
            return None
        if chunk.sequence >= self._up_to:
            raise FrameError(f"chunk {chunk.sequence} has no credit", "malformed")
        self._skip(chunk.sequence, chunk.first_sample)
        self.gap, self._missing = self._missing, 0
        self._sequence += 1
        self._first_sample += len(chunk.samples)
        self._counts["messages"] += 1
        self._counts["samples"] += len(chunk.samples)
        self._heard_s = time.monotonic()
        if self._up_to - self._sequence <= _WINDOW // 2:
            self._grant()
        return chunk.samples

    def _skip(self, sequence: int, first_sample: int) -> None:
        """Count what is missing before a place in the stream."""
        n_messages, n_samples = sequence - self._sequence, first_sample - self._first_sample
        if not 0 <= n_messages <= n_samples <= n_messages * MAX_SAMPLES:
            raise FrameError(f"chunk {sequence} at sample {first_sample} cannot be", "malformed")
        self._counts["lost_messages"] += n_messages
        self._counts["lost_samples"] += n_samples
        self._missing += n_samples
        self._sequence, self._first_sample = sequence, first_sample

    def _read(self, message: Message) -> None:
        """Handle what is not samples."""
        if message.kind == "info":
            self._agree(message.values)
        elif message.kind == "refused":
            self.refusal = str(message.values.get("reason", ""))[:500] or "the sender is taken"
            self._counts["refusals"] += 1
            self._stream = None
        elif message.kind == "bye":
            self._part(message.values)
        elif message.kind != "ping":
            raise FrameError(f"a sender said {message.kind[:40]!r}", "malformed")

    def _agree(self, values: Mapping[str, Any]) -> None:
        """Begin a stream, or go on with one, if its settings are ours."""
        stream, sequence, first_sample = _place(values)
        theirs = StreamInfo.from_values(values.get("info", {}))
        differing = "; ".join(self.info.differences(theirs, ("this receiver", "the sender")))
        self._counts["mismatched"] += bool(differing) and differing != self.mismatch
        self.mismatch = differing
        if differing:
            self._stream = None
            return
        if stream == self._stream:
            self._resume(sequence, first_sample)
        else:
            self._counts["streams"] += 1
            self._stream, self._sequence, self._first_sample = stream, sequence, first_sample
            self._missing, self._up_to = 0, sequence
        self.refusal = ""
        self._heard_s = time.monotonic()
        self._grant()

    def _resume(self, sequence: int, first_sample: int) -> None:
        """Count what a broken connection swallowed; if it cannot be, begin anew next time."""
        try:
            self._skip(sequence, first_sample)
        except FrameError:
            self._stream = None
            raise

    def _part(self, values: Mapping[str, Any]) -> None:
        """Take leave of a sender that ends."""
        stream, sequence, _ = _place({"first_sample": 0, **values})
        if stream != self._stream:
            return
        self._counts["lost_messages"] += max(0, sequence - self._sequence)
        self._counts["ended"] += 1
        self._stream = None

    def _grant(self, kind: str = "credit") -> bool:
        """Say what was taken, and how far the sender can go on."""
        up_to = self._sequence + _WINDOW
        values = {"stream": self._stream or 0, "taken": self._sequence, "up_to": up_to}
        sent = self._post(Message(kind, values))
        self._granted_s = time.monotonic()
        if sent:
            self._up_to = up_to
        return sent

    def _post(self, message: Message) -> bool:
        """Send without waiting."""
        try:
            self._end.socket.send_multipart(message.pack(), zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def _refuse(self, error: FrameError | ConfigError) -> None:
        """Count a message that cannot be read; one of another release is a mismatch."""
        is_version = isinstance(error, FrameError) and error.cause == "version"
        if is_version or isinstance(error, ConfigError):
            self.mismatch = str(error)
            self._stream = None
        self._counts["mismatched" if is_version else "malformed"] += 1


def _place(values: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return stream, sequence and first sample of a message."""
    stream, sequence, first_sample = (
        whole(values, name) for name in ("stream", "sequence", "first_sample")
    )
    return stream, sequence, first_sample
