# SPDX-License-Identifier: MIT
"""What the receiver tells the transmitter of the channel, and how old that is.

The age is measured at the transmitter, from when it sent the frame that the
feedback is about to when the feedback is looked at: one clock, not two.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.errors import FrameError, ShapeError
from gsc_sdr.link.wire import Message, whole
from gsc_sdr.phy.header import MAX_FRAMES, MAX_IMAGE_ID

__all__ = ["Feedback", "SentTimes"]

_MAX_CARRIERS = 4096
_KIND = "feedback"
_NUMBERS = ("snr_db", "noise_var", "cfo_hz")


@dataclass(frozen=True)
class Feedback:
    """Channel state of one frame.

    Attributes
    ----------
    image_id, frame_index : int
        Which frame, 0 to 255 and 0 to 510.
    snr_db : float, dB
        Mean Es/N0 of the carriers.
    noise_var : float
        Noise power of one carrier, linear.
    cfo_hz : float, Hz
        Carrier offset.
    gain : [n_active], complex64
        Gain of each carrier; at most 4096.

    Raises
    ------
    ShapeError
        If a value is out of range or not finite.
    """

    image_id: int
    frame_index: int
    snr_db: float
    noise_var: float
    cfo_hz: float
    gain: NDArray[np.complex64]

    def __post_init__(self) -> None:
        """Check ranges, so that nothing else is sent or believed."""
        if not 0 <= self.image_id <= MAX_IMAGE_ID or not 0 <= self.frame_index < MAX_FRAMES:
            raise ShapeError(
                f"frame {self.frame_index} of image {self.image_id} cannot be; frames count from "
                f"0 to {MAX_FRAMES - 1}, images to {MAX_IMAGE_ID}"
            )
        numbers = [getattr(self, name) for name in _NUMBERS]
        if not all(map(math.isfinite, numbers)) or self.noise_var < 0:
            raise ShapeError(f"{', '.join(_NUMBERS)} are {numbers}; they must be finite")
        gain = self.gain
        if gain.dtype != np.complex64 or gain.ndim != 1 or not 1 <= len(gain) <= _MAX_CARRIERS:
            raise ShapeError(
                f"gain is {gain.dtype} {gain.shape}; expected complex64 [1..{_MAX_CARRIERS}]"
            )
        if not np.isfinite(gain).all():
            raise ShapeError("gain is not finite on every carrier; leave this frame out")

    def to_message(self) -> Message:
        """Return what :meth:`from_message` reads."""
        values: dict[str, int | float] = {name: float(getattr(self, name)) for name in _NUMBERS}
        values |= {"image_id": int(self.image_id), "frame_index": int(self.frame_index)}
        return Message(_KIND, values, {"gain": self.gain})

    @classmethod
    def from_message(cls, message: Message) -> Feedback:
        """Read a message that came over the wire.

        Raises
        ------
        FrameError
            If it is of another kind, or something in it is missing.
        ShapeError
            If a value is out of range.
        """
        expected = {*_NUMBERS, "image_id", "frame_index"}
        values = message.values
        if message.kind != _KIND or set(values) != expected or set(message.arrays) != {"gain"}:
            raise FrameError(f"{message.kind[:40]!r} is no feedback", "malformed")
        if not all(type(values[name]) in (int, float) for name in _NUMBERS):
            raise FrameError("feedback has text where numbers should be", "malformed")
        snr_db, noise_var, cfo_hz = (_number(values[name]) for name in _NUMBERS)
        return cls(
            whole(values, "image_id"),
            whole(values, "frame_index"),
            snr_db,
            noise_var,
            cfo_hz,
            message.arrays["gain"],
        )


class SentTimes:
    """When each frame was sent, for the latest frames.

    Parameters
    ----------
    keep : int
        How many frames are remembered.
    """

    def __init__(self, keep: int = 16384) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._times: OrderedDict[tuple[int, int], float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._times)

    def note(self, image_id: int, frame_index: int, when_s: float | None = None) -> None:
        """Remember that a frame is sent now, or at a time of ``time.monotonic``."""
        key = (image_id, frame_index)
        with self._lock:
            self._times.pop(key, None)
            self._times[key] = time.monotonic() if when_s is None else when_s
            if len(self._times) > self._keep:
                self._times.popitem(last=False)

    def age_s(self, feedback: Feedback, now_s: float | None = None) -> float | None:
        """Return the seconds since the frame was sent; None if that is not known."""
        with self._lock:
            sent = self._times.get((feedback.image_id, feedback.frame_index))
        if sent is None:
            return None
        return (time.monotonic() if now_s is None else now_s) - sent


def _number(value: int | float) -> float:
    """Return a whole number, however long, as a float."""
    try:
        return float(value)
    except OverflowError:
        return math.inf
