# SPDX-License-Identifier: MIT
"""Samples from another program, for a reader that can be slow, and a sender that can die."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gsc_sdr.blocks.stream_in import StreamIn
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["PatientIn", "silence_length"]

_IDLE_S = 2.0  # without samples, after which nothing more is expected for now
_REST_S = 0.02  # between two looks whether there is room
_STAY_S = 0.5  # a source that gives nothing is left alone for 0.25 s, so it stays a while


def silence_length(ofdm: OfdmConfig) -> int:
    """Return how many samples of silence make a receiver report all that it has.

    The detector reports idle air after 64 frames, and needs a search window more.

    Parameters
    ----------
    ofdm : OfdmConfig
        Shape of a frame.
    """
    return 100 * ofdm.frame_length + 256 * ofdm.n_fft


class PatientIn(StreamIn):
    """A StreamIn that waits for its reader, and that says when the sender is gone.

    While the reader has too much to do it takes no samples, so that the sender
    waits too and nothing is dropped. When samples have come, and then none for two
    seconds, it sends silence once: frames and pictures that are not complete are
    then given out as they are.

    Parameters
    ----------
    address : str
        Where the sender is bound.
    sample_rate : float, samples per second
        What the sender must agree with.
    ofdm : OfdmConfig
        The same of the frames' shape.
    silence : int, samples
        To send when no more samples come; 0 for none.

    Attributes
    ----------
    is_full : () -> bool
        Whether the reader has too much to do.
    is_quiet : bool
        Whether no samples have come for a while, and the silence is out.
    """

    def __init__(
        self, address: str, sample_rate: float, ofdm: OfdmConfig, silence: int = 0
    ) -> None:
        StreamIn.__init__(self, address, sample_rate, ofdm)
        self.is_full: Callable[[], bool] = lambda: False
        self._closed = False
        self._silence = silence
        self._left = 0  # samples of silence still to send
        self._heard_s = time.monotonic()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come for a while, and the silence is out."""
        return not self._left and time.monotonic() - self._heard_s > _IDLE_S

    def start(self) -> bool:
        """Open the link again if the flowgraph was stopped before."""
        self._closed = False
        return StreamIn.start(self)

    def stop(self) -> bool:
        """Say goodbye; may be called before the flowgraph is stopped."""
        self._closed = True
        return StreamIn.stop(self)

    def work(self, input_items: Any, output_items: Any) -> int:
        """Give out samples if there is room for them, or silence."""
        until = time.monotonic() + _STAY_S
        while not self._closed and time.monotonic() < until:
            if self.is_full():
                self._heard_s = time.monotonic()
                time.sleep(_REST_S)
            elif n_done := StreamIn.work(self, input_items, output_items):
                self._heard_s, self._left = time.monotonic(), self._silence
                return n_done
            elif self._left and time.monotonic() - self._heard_s > _IDLE_S:
                n_done = min(self._left, len(output_items[0]))
                output_items[0][:n_done] = 0
                self._left -= n_done
                return n_done
        return 0
