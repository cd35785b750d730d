# SPDX-License-Identifier: MIT
"""The transmitting end: pictures into a sample stream, channel state back."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import Schedule
from gsc_sdr.blocks.recording_sink import RecordingSink
from gsc_sdr.blocks.stream_out import StreamOut
from gsc_sdr.blocks.transmitter import Transmitter
from gsc_sdr.config.radio import RadioProfile
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.address import AIR_IN, CONTROL
from gsc_sdr.link.engine import Engine
from gsc_sdr.link.feedback import Feedback
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.message import MessageReceiver
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.device import sink as radio_sink
from gsc_sdr.radio.feed import PictureFeed
from gsc_sdr.radio.feedback import FeedbackIn
from gsc_sdr.radio.live import LiveGraph, only_lost
from gsc_sdr.radio.patience import silence_length
from gsc_sdr.recording.sigmf import RecordingInfo

__all__ = ["TransmitGraph", "TransmitSettings"]

_IMAGE = pmt.intern("image")
_ITEM = np.dtype(np.complex64).itemsize
_AHEAD = 3  # pictures that may wait for the air; more would only fill the memory
_DRAIN_S = 0.5  # for a radio to send what it has, and for silence to go on being taken
_ECHO_S = 2.0  # for the receiver to tell of the last frame
_SILENCE_S = 5.0  # for somebody to go on taking the silence behind the last picture


@dataclass(frozen=True)
class TransmitSettings:
    """All that decides a transmission but the pictures.

    Attributes
    ----------
    rate : str
        Name of the transmission rate.
    sample_rate : float, samples per second
        Of the stream; with a radio it is the radio's.
    ofdm : OfdmConfig
        Shape of a frame.
    address : str
        Where the stream can be had.
    control : str
        Where receivers send channel state; empty for nowhere.
    keys : Keys or None
        Who may send channel state.
    radio : RadioProfile or None
        Send by this radio, and not over ``address``.
    record : str
        SigMF recording of what is sent; empty for none.
    seed : int or None
        Of the silences before pictures, and number 0 for the first picture; None
        draws both, so that a transmitter that is started again is not mistaken for
        the one before.
    is_realtime : bool
        Whether to keep to the sample rate. Without it the stream runs as fast as it
        is taken.
    """

    rate: str = "1/48"
    sample_rate: float = 1e6
    ofdm: OfdmConfig = field(default_factory=OfdmConfig)
    address: str = AIR_IN
    control: str = CONTROL
    keys: Keys | None = None
    radio: RadioProfile | None = None
    record: str = ""
    seed: int | None = None
    is_realtime: bool = False

    def __post_init__(self) -> None:
        """Check what no block checks."""
        rate_by_name(self.rate)
        if self.seed is not None and not 0 <= self.seed < 2**31:
            raise ConfigError(f"seed is {self.seed}; choose 0 to {2**31 - 1}")
        if self.radio is not None:
            object.__setattr__(self, "sample_rate", self.radio.sample_rate)

    @property
    def recording(self) -> RecordingInfo:
        """What a recording says of itself."""
        radio = self.radio
        return RecordingInfo(
            self.sample_rate,
            radio.centre_frequency_hz if radio else 0.0,
            self.ofdm,
            description="what gsc-sdr transmit sent",
            hw=radio.name if radio else "",
            facts={"side": "transmit", "rate": self.rate, "seed": self.seed}
            | ({"gain_db": radio.tx.gain_db} if radio else {}),
        )


class TransmitGraph(LiveGraph):
    """Pictures, transmitter, and the way to the channel.

    ::

        PictureFeed ─► Transmitter ═►(Throttle)═╦═► StreamOut, or a radio
                                                ╚═► RecordingSink
        FeedbackIn ◄── control

    Parameters
    ----------
    pictures : iterable of (path, str)
        Files with their prompts.
    engine : Engine
        What holds the networks.
    settings : TransmitSettings
        Everything else.

    Raises
    ------
    ConfigError
        If an address is no address or in use, or the recording exists.
    """

    def __init__(
        self, pictures: Iterable[tuple[Path, str]], engine: Engine, settings: TransmitSettings
    ) -> None:
        LiveGraph.__init__(self, "gsc_transmit")
        self.settings, self.n_frames = settings, 0
        seed = secrets.randbits(31) if settings.seed is None else settings.seed
        first_id = 0 if settings.seed is not None else seed
        self.schedule = Schedule(
            settings.ofdm.frame_length, silence_length(settings.ofdm), seed=seed
        )
        self.transmitter = Transmitter(engine, settings.rate, settings.ofdm, self.schedule)
        self.feed = PictureFeed(pictures, self._has_room, first_id)
        self.recorder = RecordingSink(settings.record, settings.recording)
        self.out = self._open_out()
        self.pace = blocks.throttle(_ITEM, settings.sample_rate, ignore_tags=True)
        self.transmitter.source.on_burst = self._note_burst
        self.msg_connect(self.feed, "image", self.transmitter, "image")
        sent = (self.transmitter, self.pace) if settings.is_realtime else (self.transmitter,)
        self.connect(*sent, self.out)
        if settings.record:
            self.connect(sent[-1], self.recorder)
        inner = self.transmitter
        self.watched = [self.feed, inner.encoder, inner.builder, inner.source, self.device]
        self._n_taken, self._taken_s = 0, time.monotonic()
        self.feedback = _feedback_in(settings)  # last: its thread would outlive what fails
        self._last_frame: tuple[int, int] | None = None

    def _open_out(self) -> Any:
        """Return what takes the samples; ``device`` is its last block."""
        settings = self.settings
        if settings.radio is None:
            self.device = StreamOut(settings.address, settings.sample_rate, settings.ofdm)
            return self.device
        radio = radio_sink(settings.radio, settings.ofdm)
        radio.mark(self.transmitter.source)
        self.device = radio.device
        return radio

    def status(self) -> dict[str, Any]:
        """Return what was sent, what was lost, and what the receiver says."""
        source = self.transmitter.source
        state = "sending"
        if not getattr(self.device, "connected", True):
            state = "waiting for a receiver"
        elif source.ended and not source.n_queued:
            state = "done" if self.is_done() else "ending"
        return {
            "state": state,
            "failed": bool(
                self.feed.lost
                or self.transmitter.dropped
                or self.feed.error
                or self.recorder.counts["unrecorded"]
            ),
            "pictures": source.n_sent,
            "frames": self.n_frames,
            "samples": source.n_samples,
            "samples_per_s": self.rate_sps(source.n_samples),
            "queued": source.n_queued,
            "lost": self.lost(),
            "radio": only_lost(getattr(self.out, "counts", {})) if self.settings.radio else {},
            "feedback": None if self.feedback is None else self.feedback.status(),
            "elapsed_s": round(self.elapsed_s, 2),
        }

    def lost(self) -> dict[str, int]:
        """Return what did not go out, or did not arrive at the next program, by cause."""
        link = getattr(self.device, "counts", Counter())
        link = link if isinstance(link, Counter) else Counter()
        causes = dict(self.feed.lost) | {
            "picture_refused": self.transmitter.dropped,
            "samples_at_dead_receiver": link["lost_samples"],
            "receiver_mismatched": link["mismatched"],
            "receiver_refused": link["refused"],
            "malformed": link["malformed"],
            "stranger": link["strangers"],
            "unrecorded_samples": self.recorder.counts["unrecorded"],
        }
        return only_lost(causes)

    def notices(self) -> list[str]:
        """Return what somebody should mend."""
        found = [getattr(self.device, "mismatch", "")]
        errors = (self.transmitter.error, self.feed.error, self.recorder.error)
        found += [f"{type(error).__name__}: {error}" for error in errors if error is not None]
        return [sentence for sentence in found if sentence]

    def is_done(self) -> bool:
        """Tell whether everything is sent, and has been taken by the next program."""
        source = self.transmitter.source
        if not source.ended or source.n_queued:
            return False
        if source.tags.kind or source.n_samples - source.end_sample >= self.schedule.tail:
            source.schedule = replace(self.schedule, tail=0)  # once is enough
        n_taken = self.device.nitems_read(0)
        if n_taken != self._n_taken:
            self._n_taken, self._taken_s = n_taken, time.monotonic()
        waited_s = time.monotonic() - self._taken_s
        if n_taken < source.end_sample or (self.settings.radio and waited_s < _DRAIN_S):
            return False
        is_out = source.schedule.tail == 0 and n_taken >= source.n_samples
        if self._last_frame is None or self._is_last_told():
            return is_out or waited_s > _DRAIN_S
        hears_more = self.feedback is not None and self.feedback.is_connected
        if is_out:
            return not hears_more or waited_s > _ECHO_S
        return waited_s > _SILENCE_S  # who has ended at the last picture takes no silence

    def _is_last_told(self) -> bool:
        """Tell whether a receiver has told of the last frame."""
        latest = None if self.feedback is None else self.feedback.latest
        return latest is not None and (latest.image_id, latest.frame_index) == self._last_frame

    def close(self) -> None:
        """Say goodbye, before blocks are waited for, and hear no more feedback."""
        if isinstance(self.device, StreamOut):
            self.device.stop()
        if self.feedback is not None:
            self.feedback.close()

    def _has_room(self) -> bool:
        """Tell whether another picture should be opened."""
        inner = self.transmitter
        return bool(inner.encoder.nmsgs(_IMAGE) == 0 and inner.source.n_queued < _AHEAD)

    def _note_burst(self, meta: dict[str, Any]) -> None:
        """Remember when the frames of a picture went out."""
        count = int(meta.get("frame_count", 0))
        self.n_frames += count
        self._last_frame = (int(meta.get("image_id", 0)), count - 1)
        if self.feedback is not None:
            for index in range(count):
                self.feedback.times.note(int(meta["image_id"]), index)


def _feedback_in(settings: TransmitSettings) -> FeedbackIn | None:
    """Listen for channel state, if there is an address for it."""
    if not settings.control:
        return None
    return FeedbackIn(MessageReceiver(settings.control, Feedback.from_message, settings.keys))
