# SPDX-License-Identifier: MIT
"""The receiving end: a sample stream into pictures, channel state back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pmt

from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.blocks.recording_sink import RecordingSink
from gsc_sdr.blocks.recording_source import RecordingSource
from gsc_sdr.config.radio import RadioProfile
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.address import AIR_OUT, CONTROL
from gsc_sdr.link.engine import Decoded, Encoded, Engine, Received
from gsc_sdr.link.keys import Keys
from gsc_sdr.link.message import MessageSender
from gsc_sdr.phy.assemble import Picture
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.device import source as radio_source
from gsc_sdr.radio.feedback import FeedbackOut
from gsc_sdr.radio.live import LiveGraph, only_lost
from gsc_sdr.radio.patience import PatientIn, silence_length
from gsc_sdr.recording.sigmf import RecordingInfo

__all__ = ["ReceiveGraph", "ReceiveSettings"]

_CAPTURES, _FRAMES = pmt.intern("captures"), pmt.intern("frames")
_MOST_WAITING = 64  # groups of frames that may wait to be read, or decoded: some 50 MB


@dataclass(frozen=True)
class ReceiveSettings:
    """All that decides a reception but the networks.

    Attributes
    ----------
    out : str
        Folder for pictures; empty keeps them in memory only.
    sample_rate : float, samples per second
        Of the stream; with a radio or a recording it is theirs.
    ofdm : OfdmConfig
        Shape of a frame; with a recording it is the recording's.
    source : str
        Where the stream comes from: an address, or a recording.
    control : str
        Where channel state goes; empty for nowhere.
    keys : Keys or None
        For ``control``, where the transmitter asks for keys.
    radio : RadioProfile or None
        Receive by this radio, and not from ``source``.
    record : str
        SigMF recording of what is received; empty for none.
    count : int
        Pictures after which to end; 0 for never.
    """

    out: str = ""
    sample_rate: float = 1e6
    ofdm: OfdmConfig = field(default_factory=OfdmConfig)
    source: str = AIR_OUT
    control: str = CONTROL
    keys: Keys | None = None
    radio: RadioProfile | None = None
    record: str = ""
    count: int = 0

    def __post_init__(self) -> None:
        """Check what no block checks."""
        if self.count < 0:
            raise ConfigError(f"count is {self.count}; give 0 (never) or more pictures")
        if self.radio is not None:
            object.__setattr__(self, "sample_rate", self.radio.sample_rate)

    @property
    def is_replay(self) -> bool:
        """Whether the stream is a recording."""
        return self.radio is None and "://" not in self.source

    @property
    def recording(self) -> RecordingInfo:
        """What a recording says of itself."""
        radio = self.radio
        return RecordingInfo(
            self.sample_rate,
            radio.centre_frequency_hz if radio else 0.0,
            self.ofdm,
            description="what gsc-sdr receive received",
            hw=radio.name if radio else "",
            facts={"side": "receive"} | ({"gain_db": radio.rx.gain_db} if radio else {}),
        )


class ReceiveGraph(LiveGraph):
    """The way from the channel, receiver, and pictures.

    ::

        PatientIn, a radio, ═╦═► Receiver ─┬─► ImageSink
        or a recording       ║             └─► FeedbackOut ─► control
                             ╚═► RecordingSink

    Parameters
    ----------
    engine : Engine
        What holds the networks.
    settings : ReceiveSettings
        Everything else.

    Raises
    ------
    ConfigError
        If an address is no address, or a recording cannot be read or exists.
    """

    def __init__(self, engine: Engine, settings: ReceiveSettings) -> None:
        LiveGraph.__init__(self, "gsc_receive")
        self.source, settings = _open_source(settings)
        self.settings, ofdm = settings, settings.ofdm
        self.engine = _Attended(engine)
        self.receiver = Receiver(self.engine, settings.sample_rate, ofdm)
        self.sink = ImageSink(settings.out, keep=64)
        sender = MessageSender(settings.control, settings.keys) if settings.control else None
        self.feedback = FeedbackOut(sender, settings.sample_rate / ofdm.n_fft)
        self.recorder = RecordingSink(settings.record, settings.recording)
        self.n_missing = 0
        self.receiver.decoder.on_picture = self._note_picture
        if isinstance(self.source, PatientIn):
            self.source.is_full = self._is_full
        self.connect(self.source, self.receiver)
        self.msg_connect(self.receiver, "image", self.sink, "image")
        inner = self.receiver
        self.msg_connect(inner.parser, "batches", self.feedback, "frames")
        if settings.record:
            self.connect(self.source, self.recorder)
            self.msg_connect(inner.parser, "frames", self.recorder, "annotations")
        self.watched = [inner.detector, inner.parser, inner.decoder, self.sink, self.feedback]
        if settings.radio is None:
            self.watched.append(self.source)

    def status(self) -> dict[str, Any]:
        """Return what was received, how well, what was lost and what waits."""
        detector, parser = self.receiver.detector, self.receiver.parser
        return {
            "state": self._state(),
            "failed": bool(self.sink.n_unsaved or self.recorder.counts["unrecorded"]),
            "is_quiet": self._is_quiet(),
            "pictures": self.sink.n_images,
            "frames": parser.n_frames,
            "samples": detector.n_samples,
            "samples_per_s": self.rate_sps(detector.n_samples),
            "snr_db": _rounded(self.feedback.snr_db),
            "mean_snr_db": _rounded(self.feedback.mean_snr_db),
            "cfo_hz": _rounded(self.feedback.cfo_hz),
            "queued": self._n_waiting(),
            "lost": self.lost(),
            "radio": only_lost(self.source.counts) if self.settings.radio else {},
            "feedback": only_lost(self.feedback.counts),
            "elapsed_s": round(self.elapsed_s, 2),
        }

    def lost(self) -> dict[str, int]:
        """Return what did not arrive, or was refused, by cause."""
        counts, link = self.receiver.counts, Counter[str]()
        if isinstance(self.source, PatientIn):
            link = self.source.counts
        causes = {f"frames_{cause}": n for cause, n in self.receiver.parser.lost.items()}
        causes |= {
            "frames_missing": self.n_missing,
            "pictures_incomplete": counts["picture_incomplete"],
            "pictures_inconsistent": counts["picture_inconsistent"],
            "frames_duplicate": counts["picture_duplicate"],
            "dropped": counts["dropped"],
            "pictures_unsaved": self.sink.n_unsaved,
            "samples_missing": link["lost_samples"],
            "mismatched": link["mismatched"],
            "malformed": link["malformed"],
            "refused": link["refusals"],
            "unrecorded_samples": self.recorder.counts["unrecorded"],
        }
        return only_lost(causes)

    def notices(self) -> list[str]:
        """Return what somebody should mend."""
        found = [getattr(self.source, "mismatch", ""), getattr(self.source, "refusal", "")]
        if self.receiver.parser.lost["config"]:
            found.append("frames come whose OFDM settings are not these: compare --ofdm of both")
        errors = (self.receiver.error, self.sink.error, getattr(self.source, "error", None))
        found += [f"{type(error).__name__}: {error}" for error in errors if error is not None]
        if self.recorder.writer is not None and self.recorder.writer.error is not None:
            found.append(f"the recording stopped: {self.recorder.writer.error}")
        return [sentence for sentence in found if sentence]

    def is_done(self) -> bool:
        """Tell whether there are as many pictures as wanted, or the recording is over."""
        if self.settings.count and self.sink.n_images >= self.settings.count:
            return not self.feedback.nmsgs(_FRAMES)
        if not isinstance(self.source, RecordingSource):
            return False
        end = self.source.recording.n_samples
        return self.source.ended and self.sink.idle_sample >= min(end, self.source.n_sent)

    def work_left(self) -> object:
        """Return counts that move while frames wait and the networks are not at work."""
        waiting = self._n_waiting()
        if not waiting or self.engine.n_working:
            return None
        return waiting, self.receiver.parser.n_frames, self.receiver.decoder.n_images

    def close(self) -> None:
        """Pass over all that waits to be read or decoded."""
        self.receiver.close()
        self.feedback.closed = True
        if isinstance(self.source, PatientIn):
            self.source.stop()

    def _state(self) -> str:
        """Return what goes on, in a word or two."""
        if isinstance(self.source, RecordingSource):
            return "done" if self.is_done() else "replaying"
        if not getattr(self.source, "connected", True):
            return "waiting for samples"
        return "quiet" if self._is_quiet() else "receiving"

    def _is_quiet(self) -> bool:
        """Tell whether all that came is dealt with, and nothing more seems to come."""
        is_quiet = isinstance(self.source, PatientIn) and self.source.is_quiet
        return is_quiet and self._n_waiting() == 0 and not self.engine.n_working

    def _n_waiting(self) -> int:
        """Return how many messages wait to be read or decoded."""
        parser, decoder = self.receiver.parser, self.receiver.decoder
        return int(parser.nmsgs(_CAPTURES) + decoder.nmsgs(_FRAMES))

    def _is_full(self) -> bool:
        """Tell whether samples should wait."""
        parser, decoder = self.receiver.parser, self.receiver.decoder
        return max(parser.nmsgs(_CAPTURES), decoder.nmsgs(_FRAMES)) > _MOST_WAITING

    def _note_picture(self, picture: Picture, _decoded: Decoded) -> None:
        """Count the frames that a picture misses."""
        self.n_missing += picture.frame_count - picture.n_received


class _Attended:
    """An Engine that hands on to another; ``n_working`` calls have not returned."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.n_working = 0

    def encode(self, image: Any, prompt: str, rate: str) -> Encoded:
        """Code a picture and its prompt."""
        return self.engine.encode(image, prompt, rate)

    def decode(self, received: Received) -> Decoded:
        """Recover picture and prompt."""
        self.n_working += 1
        try:
            return self.engine.decode(received)
        finally:
            self.n_working -= 1


def _open_source(settings: ReceiveSettings) -> tuple[Any, ReceiveSettings]:
    """Return what the samples come from, and the settings that it asks for."""
    if settings.radio is not None:
        return radio_source(settings.radio, settings.ofdm), settings
    if not settings.is_replay:
        ofdm = settings.ofdm
        silence = silence_length(ofdm)
        return PatientIn(settings.source, settings.sample_rate, ofdm, silence), settings
    replayed = RecordingSource(settings.source)
    info = replayed.recording.info
    ofdm = info.ofdm or settings.ofdm
    return replayed, replace(settings, sample_rate=info.sample_rate, ofdm=ofdm, control="")


def _rounded(value: float | None) -> float | None:
    """Return a figure as people read it."""
    return None if value is None else round(value, 2)
