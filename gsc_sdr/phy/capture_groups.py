# SPDX-License-Identifier: MIT
"""Captured frames put together to be read at once, by their places in the stream alone."""

from __future__ import annotations

from gsc_sdr.errors import ConfigError
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import Capture

__all__ = ["CaptureGroups"]

_GROUP = 32  # frame lengths of the stream whose frames go out together, to be read at once
_GAP = 2  # frame lengths without a new frame that end a group


class CaptureGroups:
    """Put captures together as the stream goes on, and tell when the air is idle.

    What settles is a list of captures, or the sample index up to which the air was
    idle: every frame before it has been given out. Which frames go together depends
    on their places alone, and so does every figure that is computed from them.

    Parameters
    ----------
    ofdm : OfdmConfig
        Shape of a frame.
    idle_frames : int
        Lengths of a frame without a frame before the air is idle, and again.
    delay : int, samples
        How long after its first sample a frame is reported at most.

    Attributes
    ----------
    next_idle : int
        Sample index at which the air is idle, if no frame comes.
    """

    def __init__(self, ofdm: OfdmConfig, idle_frames: int, delay: int) -> None:
        self._gap_length = _GAP * ofdm.frame_length
        self._group_length = _GROUP * ofdm.frame_length
        self._idle_length = self.next_idle = idle_frames * ofdm.frame_length
        if self._idle_length <= delay:
            least = delay // ofdm.frame_length + 1
            raise ConfigError(f"idle_frames is {idle_frames}; pass {least} or more")
        self._delay = delay
        self._group: list[Capture] = []
        self._is_open = False  # whether a frame was given out since the air was idle

    def take(self, captures: list[Capture], n_samples: int) -> list[list[Capture] | int]:
        """Take new captures of a stream searched up to n_samples; return what has settled."""
        settled: list[list[Capture] | int] = []
        for capture in captures:
            if self._group and capture.start > self._group_end():
                settled += self._close_group()
            self._group.append(capture)
            self.next_idle = capture.start + self._idle_length
        if self._group and n_samples >= self._group_end() + self._delay:
            settled += self._close_group()
        if n_samples >= self.next_idle:
            settled += self._idle(n_samples - self._delay)
            self.next_idle += self._idle_length
        return settled

    def end(self, captures: list[Capture], n_samples: int) -> list[list[Capture] | int]:
        """Take the last captures of a stream that ends at n_samples; return all that is left."""
        settled = self.take(captures, n_samples) + self._idle(n_samples)
        self.next_idle = n_samples + self._idle_length
        return settled

    @property
    def is_open(self) -> bool:
        """Whether a frame came since the air was idle."""
        return self._is_open or bool(self._group)

    def _idle(self, index: int) -> list[list[Capture] | int]:
        """Return the group that waits, and up to where the air is idle."""
        settled = [*self._close_group(), index]
        self._is_open = False
        return settled

    def _group_end(self) -> int:
        """Return the sample index up to which a frame belongs to the group."""
        first, last = self._group[0].start, self._group[-1].start
        return min(first + self._group_length, last + self._gap_length)

    def _close_group(self) -> list[list[Capture] | int]:
        """Return the frames that wait, if there are any."""
        group, self._group = self._group, []
        self._is_open |= bool(group)
        return [group] if group else []
