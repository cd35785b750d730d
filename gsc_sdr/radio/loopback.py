# SPDX-License-Identifier: MIT
"""Pictures over a running flowgraph and back: flowgraphs/loopback.grc without a canvas."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.burst_source import Schedule
from gsc_sdr.blocks.channel import Channel
from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.image_source import ImageSource
from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.blocks.stream_channel import StreamChannel
from gsc_sdr.blocks.transmitter import Transmitter
from gsc_sdr.channel.fading import Fading
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.errors import GscError
from gsc_sdr.link.engine import Engine
from gsc_sdr.radio.recorder import Recorder, SamplesTap
from gsc_sdr.radio.watch import Limits, run_until
from gsc_sdr.transceiver.loopback import LinkSettings, LoopbackRun

__all__ = ["LoopbackGraph", "run_loopback"]


class LoopbackGraph(gr.top_block):
    """Source, transmitter, channel, receiver and sink, connected.

    ::

        ImageSource ─► Transmitter ═► Channel ═► Receiver ─► ImageSink

    Parameters
    ----------
    pictures : sequence of ([height, width, 3] uint8, str)
        What is sent: images with their prompts.
    engine : Engine
        What holds the networks.
    settings : LinkSettings
        Channel and rate.
    """

    def __init__(
        self,
        pictures: Sequence[tuple[NDArray[np.uint8], str]],
        engine: Engine,
        settings: LinkSettings,
    ) -> None:
        gr.top_block.__init__(self, "gsc_loopback")
        self.recorder = Recorder(engine)
        self.tap = SamplesTap(self.recorder)
        self.source = ImageSource([i for i, _ in pictures], [p for _, p in pictures])
        ofdm = settings.ofdm
        tail = 100 * ofdm.frame_length + 256 * ofdm.n_fft  # long enough for the air to be idle
        schedule = Schedule(lead=ofdm.frame_length, tail=tail, seed=settings.seed)
        self.transmitter = Transmitter(self.recorder, settings.rate, ofdm, schedule)
        self.channel = _channel(settings)
        self.receiver = Receiver(self.recorder, settings.sample_rate, ofdm)
        self.receiver.decoder.on_picture = self.recorder.note_picture
        self.sink = ImageSink(keep=1)
        self.connect(self.transmitter, self.channel, self.receiver)
        self.msg_connect(self.source, "image", self.transmitter, "image")
        self.msg_connect(self.transmitter, "samples", self.tap, "samples")
        self.msg_connect(self.receiver, "image", self.sink, "image")

    def is_done(self) -> bool:
        """Tell whether all that was sent has been searched, decoded and kept.

        Raises
        ------
        Exception
            What the engine, or a block, could not do.
        """
        self._raise_error()
        sent = self.transmitter.source
        n = len(self.source.images)
        is_sent = sent.ended and sent.n_sent == len(self.recorder.samples) == n
        return is_sent and self.sink.idle_sample >= sent.end_sample

    def progress(self) -> dict[str, int]:
        """Return counts that grow until the work is done."""
        sent = self.transmitter.source
        heard = self.receiver.detector.n_samples
        return {
            "pictures": len(self.source.images),
            "encoded": len(self.recorder.sent),
            "on_air": sent.n_sent,
            "received": self.receiver.decoder.n_images,
            "samples": min(heard, sent.end_sample) if sent.ended and not sent.n_queued else heard,
        }

    def _raise_error(self) -> None:
        """Raise what ended the work of a block, if something did."""
        if self.channel.dropped:
            raise GscError("the channel could not fade its samples; the log has the error")
        error = self.transmitter.error
        if error is None and not isinstance(self.receiver.error, GscError):
            error = self.receiver.error  # one of ours is a lost picture, no more
        if error is not None:
            raise error


def run_loopback(
    pictures: Sequence[tuple[NDArray[np.uint8], str]],
    engine: Engine,
    settings: LinkSettings,
    on_progress: Callable[[dict[str, int]], None] | None = None,
    limits: Limits | None = None,
) -> LoopbackRun:
    """Send pictures with their prompts through GNU Radio and a simulated channel.

    The twin of :func:`gsc_sdr.transceiver.loopback.loopback`. One seed gives one
    result: the sample stream does not depend on how fast the machine is.

    Parameters
    ----------
    pictures : sequence of ([height, width, 3] uint8, str)
        What is sent: images with their prompts.
    engine : Engine
        What holds the networks.
    settings : LinkSettings
        Channel and rate.
    on_progress : (counts) -> None
        Called many times a second with LoopbackGraph.progress.
    limits : Limits or None
        How long it may take; None for the usual.

    Returns
    -------
    LoopbackRun
        What came of it.

    Raises
    ------
    GscError
        If an image or a prompt cannot be sent, or the flowgraph stalls.
    """
    graph = LoopbackGraph(pictures, engine, settings)

    def progress() -> tuple[object, ...]:
        counts = graph.progress()
        if on_progress is not None:
            on_progress(counts)
        # An engine at work is progress: full-size pictures take it a while.
        return (counts, time.monotonic()) if graph.recorder.n_working else (counts,)

    run_until(graph, graph.is_done, progress, limits or Limits(), graph.receiver.close)
    detector = graph.receiver.detector
    speed = detector.n_samples / max(detector.latest_s - detector.began_s, 1e-9)
    return LoopbackRun(graph.recorder.trips(), dict(graph.receiver.counts), speed)


def _channel(settings: LinkSettings) -> Channel | StreamChannel:
    """Return the channel of a profile: GNU Radio's own noise where no radio is out of order."""
    profile, seed = settings.channel, settings.seed
    snr_db = settings.snr_db if profile.noise else None
    if profile.front_end.is_on:
        rate, cfo_hz = settings.sample_rate, settings.cfo_hz
        return StreamChannel(SimulatedChannel(profile, rate, snr_db, cfo_hz, seed))
    fades = profile.model != "none"
    fading = Fading(profile, settings.sample_rate, seed) if fades else None
    return Channel(settings.sample_rate, snr_db, settings.cfo_hz, fading, seed)
