# SPDX-License-Identifier: MIT
"""Channel state on its way back: sent by the receiver, taken in by the transmitter."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from gsc_sdr.blocks.frame_pdu import frames_from_pdu
from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark
from gsc_sdr.errors import GscError
from gsc_sdr.link.feedback import Feedback, SentTimes
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.phy.frame import Frame

__all__ = ["FeedbackIn", "FeedbackOut"]

_log = logging.getLogger(__name__)

_IN = pmt.intern("frames")
_KEEP = 4096  # ages that percentiles are taken of


class FeedbackOut(gr.basic_block):
    """Send the channel state of each frame to the transmitter.

    Message ports
    -------------
    frames : PDU, c32vector of [n_frames * capacity]
        As FrameParser sends ``batches``, with its marks.

    Parameters
    ----------
    sender : MessageSender or None
        Where it goes; None for nowhere.
    carrier_hz : float, hertz
        Distance of two carriers.

    Attributes
    ----------
    n_frames : int
        Frames whose state came.
    snr_db, mean_snr_db, cfo_hz : float or None
        Of the latest frame; the mean over all; of the latest frame.
    """

    def __init__(self, sender: MessageSender | None, carrier_hz: float) -> None:
        gr.basic_block.__init__(self, name="gsc_feedback_out", in_sig=None, out_sig=None)
        self.sender = sender
        self.carrier_hz = carrier_hz
        self.dropped = self.n_frames = 0
        self.error: Exception | None = None
        self.closed = False
        self.snr_db: float | None = None
        self.cfo_hz: float | None = None
        self._sum_db = 0.0
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_frames)

    @property
    def mean_snr_db(self) -> float | None:
        """Mean of the frames' SNRs, in dB."""
        return self._sum_db / self.n_frames if self.n_frames else None

    @property
    def counts(self) -> dict[str, int]:
        """What was sent, and what found nobody to take it."""
        return {} if self.sender is None else dict(self.sender.counts)

    @guarded
    def handle_frames(self, message: Any) -> None:
        """Send the state of each frame."""
        if read_mark(message):
            return
        for frame in frames_from_pdu(message):
            self.snr_db, self.cfo_hz = frame.csi.snr_db, frame.cfo * self.carrier_hz
            self.n_frames += 1
            self._sum_db += self.snr_db
            if self.sender is not None:
                self.sender.send(self._feedback(frame).to_message())

    def _feedback(self, frame: Frame) -> Feedback:
        """Return what is said of one frame."""
        header, csi = frame.header, frame.csi
        hertz = frame.cfo * self.carrier_hz
        return Feedback(
            header.image_id, header.frame_index, csi.snr_db, csi.noise_var, hertz, csi.gain
        )

    def stop(self) -> bool:
        """Close the way back."""
        if self.sender is not None:
            self.sender.close()
        return True


class FeedbackIn:
    """Take in what a receiver says of the channel, in a thread of its own.

    Parameters
    ----------
    receiver : MessageReceiver of Feedback
        Where it comes in.

    Attributes
    ----------
    times : SentTimes
        To be told when frames are sent: the age of feedback is counted from there.
    latest : Feedback or None
        What came last.
    """

    def __init__(self, receiver: MessageReceiver[Feedback]) -> None:
        self.times = SentTimes()
        self.latest: Feedback | None = None
        self._receiver = receiver
        self._ages_s: deque[float] = deque(maxlen=_KEEP)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="gsc_feedback", daemon=True)
        self._thread.start()

    def status(self) -> dict[str, Any]:
        """Return how much came, the latest SNR, how old it was, and what was refused."""
        counts, ages = self._receiver.counts, list(self._ages_s)
        p50, p95 = np.percentile(ages, [50, 95]).tolist() if ages else (None, None)
        return {
            "frames": counts["messages"],
            "snr_db": None if self.latest is None else round(self.latest.snr_db, 2),
            "age_p50_ms": None if p50 is None else round(1e3 * p50, 1),
            "age_p95_ms": None if p95 is None else round(1e3 * p95, 1),
            "lost": counts["lost"],
            "malformed": counts["malformed"],
            "strangers": counts["strangers"],
        }

    @property
    def is_connected(self) -> bool:
        """Whether a receiver is there."""
        counts = self._receiver.counts
        return counts["connections"] > counts["disconnections"]

    def close(self) -> None:
        """Free the address."""
        self._closed.set()
        self._thread.join()
        self._receiver.close()

    def _listen(self) -> None:
        """Take in messages until closed."""
        while not self._closed.is_set():
            try:
                feedback = self._receiver.receive(0.05)
            except GscError as error:  # not one message's fault: those are counted
                _log.error("no more feedback: %s", error)
                return
            if feedback is None:
                continue
            self.latest = feedback
            if (age_s := self.times.age_s(feedback)) is not None:
                self._ages_s.append(age_s)
