# SPDX-License-Identifier: MIT
"""The whole path on one page: picture to samples, samples to picture.

::

    image, prompt -> Engine.encode -> symbols -> frames -> samples
                                                             | channel
    image, prompt <- Engine.decode <- symbols <- frames <- samples

No GNU Radio here: blocks/ and radio/ run the same functions on a sample stream.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.link.engine import Decoded, Encoded, Engine, Received
from gsc_sdr.phy.assemble import Assembler, Picture
from gsc_sdr.phy.frame import Frame, build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import FrameDetector

__all__ = ["Receiver", "Transmitter", "Trip"]

_N_IDS = 256  # picture numbers that a header can tell apart


@dataclass(frozen=True)
class Trip:
    """One picture's way over the link.

    Attributes
    ----------
    encoded : Encoded
        What was sent.
    samples : [n], complex64
        The frames of the picture, as they left the transmitter.
    picture : Picture or None
        What the air left of the symbols; None if no frame arrived.
    decoded : Decoded or None
        What the user sees; None if no frame arrived.
    seconds : dict of str to float
        Time spent in ``encode``, ``air`` and ``decode``.
    """

    encoded: Encoded
    samples: NDArray[np.complex64]
    picture: Picture | None
    decoded: Decoded | None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def stream(self) -> NDArray[np.complex64]:
        """Prompt symbols, then semantic symbols, as they were sent."""
        return np.concatenate([self.encoded.prompt_symbols, self.encoded.symbols])


class Transmitter:
    """Pictures to samples.

    Parameters
    ----------
    engine : Engine
        Holds the networks.
    rate : str
        Name of the rate.
    ofdm : OfdmConfig
        Size and carriers of the symbols; the same at the receiver.

    Attributes
    ----------
    last_id : int
        Number of the picture sent last.
    """

    def __init__(self, engine: Engine, rate: str, ofdm: OfdmConfig) -> None:
        self.engine, self.rate, self.ofdm = engine, rate, ofdm
        self.last_id = _N_IDS - 1

    def send(self, image: NDArray[np.uint8], prompt: str) -> tuple[Encoded, NDArray[np.complex64]]:
        """Return what an image [h, w, 3] is coded as, and its samples [n]."""
        encoded = self.engine.encode(image, prompt, self.rate)
        self.last_id = (self.last_id + 1) % _N_IDS
        header = Header(
            image_id=self.last_id,
            rate_id=encoded.rate_id,
            width=encoded.width,
            height=encoded.height,
            prompt_bytes=encoded.prompt_bytes,
            level=encoded.level,
        )
        stream = np.concatenate([encoded.prompt_symbols, encoded.symbols])
        return encoded, build_frames(stream, header, self.ofdm).ravel()


class Receiver:
    """Samples to pictures.

    Parameters
    ----------
    engine : Engine
        Holds the networks.
    ofdm : OfdmConfig
        As at the transmitter.

    Attributes
    ----------
    lost : Counter
        Captures that were no frame, by cause.
    """

    def __init__(self, engine: Engine, ofdm: OfdmConfig) -> None:
        self.engine, self.ofdm = engine, ofdm
        self.detector, self.assembler = FrameDetector(ofdm), Assembler(ofdm)
        self.lost: Counter[str] = Counter()

    def receive(self, samples: NDArray[np.complex64]) -> list[Picture]:
        """Take in samples [n], a whole transmission; return what arrived."""
        captures = self.detector.push(samples) + self.detector.flush()
        pictures: list[Picture] = []
        if captures:
            stacked = np.stack([capture.samples for capture in captures])
            offsets = np.array([capture.cfo for capture in captures])
            for frame in parse_frames(stacked, offsets, self.ofdm):
                if isinstance(frame, Frame):
                    pictures += self.assembler.push(frame)
                else:
                    self.lost[frame.cause] += 1
        return pictures + self.assembler.idle()

    def decode(self, picture: Picture) -> Decoded:
        """Return the picture and the prompt that received symbols stand for."""
        header = picture.header
        return self.engine.decode(
            Received(
                picture.stream,
                picture.noise_var,
                header.width,
                header.height,
                header.rate_id,
                header.prompt_bytes,
                header.level,
            )
        )
