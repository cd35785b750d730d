# SPDX-License-Identifier: MIT
"""What a link did with each picture, noted while it runs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.link.engine import Decoded, Encoded, Engine, Received
from gsc_sdr.phy.assemble import Picture
from gsc_sdr.transceiver.chain import Trip

__all__ = ["Recorder", "SamplesTap"]

_IN = pmt.intern("samples")
_N_IDS = 256  # picture numbers that the frame header can tell apart


class Recorder:
    """An Engine that hands on to another, and keeps what went through.

    Parameters
    ----------
    engine : Engine
        Does the work.

    Attributes
    ----------
    n_working : int
        Calls to the engine that have not returned.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.n_working = 0
        self.sent: list[tuple[Encoded, float]] = []  # with the seconds that it took
        self.samples: list[tuple[NDArray[np.complex64], float]] = []  # and when ready
        self.arrived: dict[int, tuple[Picture, Decoded, float, float]] = {}
        self._latest = 0  # place of the picture that arrived last
        self._decoding = (0.0, 0.0)  # when the latest decoding began and ended

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture and its prompt."""
        self.n_working += 1
        try:
            began = time.perf_counter()
            encoded = self.engine.encode(image, prompt, rate)
            self.sent.append((encoded, time.perf_counter() - began))
        finally:
            self.n_working -= 1
        return encoded

    def decode(self, received: Received) -> Decoded:
        """Recover picture and prompt."""
        self.n_working += 1
        try:
            began = time.perf_counter()
            decoded = self.engine.decode(received)
            self._decoding = (began, time.perf_counter())
        finally:
            self.n_working -= 1
        return decoded

    def note_samples(self, samples: NDArray[np.complex64]) -> None:
        """Keep the samples [n] of the next picture."""
        self.samples.append((samples, time.perf_counter()))

    def note_picture(self, picture: Picture, decoded: Decoded) -> None:
        """Keep a picture that arrived; the first of two with one number counts."""
        away = picture.header.image_id - self._latest
        self._latest += (away + _N_IDS // 2) % _N_IDS - _N_IDS // 2
        self.arrived.setdefault(self._latest, (picture, decoded, *self._decoding))

    def trips(self) -> list[Trip]:
        """Return what is known of each picture, in the order in which they were sent."""
        return [self._trip(place) for place in range(len(self.samples))]

    def _trip(self, place: int) -> Trip:
        """Return what is known of one picture."""
        (encoded, encode_s), (samples, ready) = self.sent[place], self.samples[place]
        if place not in self.arrived:
            return Trip(encoded, samples, None, None, {"encode": encode_s})
        picture, decoded, began, ended = self.arrived[place]
        seconds = {"encode": encode_s, "air": began - ready, "decode": ended - began}
        return Trip(encoded, samples, picture, decoded, seconds)


class SamplesTap(gr.basic_block):
    """Show a recorder the samples that go on the air.

    Message ports
    -------------
    samples : PDU, c32vector of [n]
        As Transmitter sends them.

    Parameters
    ----------
    recorder : Recorder
        What keeps them.
    """

    def __init__(self, recorder: Recorder) -> None:
        gr.basic_block.__init__(self, name="gsc_samples_tap", in_sig=None, out_sig=None)
        self.recorder = recorder
        self.dropped = 0
        self.error: Exception | None = None
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_samples)

    @guarded
    def handle_samples(self, message: Any) -> None:
        """Note one picture's samples."""
        if not read_mark(message):
            self.recorder.note_samples(unpack(message)[1])
