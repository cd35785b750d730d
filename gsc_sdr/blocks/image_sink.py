# SPDX-License-Identifier: MIT
"""GNU Radio block: keeps and saves the pictures that arrive."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack
from gsc_sdr.errors import GscError, ImageError
from gsc_sdr.picture import save_picture

__all__ = ["Arrival", "ImageSink"]

_log = logging.getLogger(__name__)

_IN = pmt.intern("image")
_NUMBERED = re.compile(r"(\d{4,9})\.png")


@dataclass(frozen=True)
class Arrival:
    """A picture that arrived.

    Attributes
    ----------
    image : [height, width, 3], uint8
        sRGB pixels.
    meta : dict of str
        What SemanticDecoder says of it: ``image_id``, ``prompt``, ``snr_db`` ...
    """

    image: NDArray[np.uint8]
    meta: dict[str, Any]


class ImageSink(gr.basic_block):
    """Keep the pictures that arrive, and save them if there is a folder.

    Files that are there stay as they are: numbers go on behind the highest one.
    What cannot be saved, as on a full disk, is counted in ``dropped``, stays in
    memory, and is tried again with each picture that follows and at the end.

    Message ports
    -------------
    image : PDU, u8vector of [height * width * 3]
        As SemanticDecoder sends it, with its marks.

    Parameters
    ----------
    folder : str
        Where pictures go as ``0000.png`` ..., and what is known of them to
        ``images.jsonl``; made if missing. Empty: nothing is saved.
    keep : int
        Pictures held in memory, and at most so many that wait to be saved; the
        oldest go first.

    Attributes
    ----------
    n_images, n_unsaved : int
        Pictures that arrived; of those, how many are in memory only.
    idle_sample : int
        Sample index up to which the stream was searched when it was last idle.
    """

    def __init__(self, folder: str = "", keep: int = 4096) -> None:
        gr.basic_block.__init__(self, name="gsc_image_sink", in_sig=None, out_sig=None)
        self.folder = Path(folder) if folder else None
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
        self.dropped = self.n_images = 0
        self.error: Exception | None = None
        self.idle_sample = -1
        self._next = _next_number(self.folder) if self.folder else 0
        self._unsaved: deque[Arrival] = deque(maxlen=keep)
        self._arrivals: deque[Arrival] = deque(maxlen=keep)
        self._news = threading.Condition()
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_image)

    @property
    def arrivals(self) -> list[Arrival]:
        """The pictures held, oldest first."""
        with self._news:
            return list(self._arrivals)

    @property
    def n_unsaved(self) -> int:
        """Pictures that could not be saved so far."""
        return len(self._unsaved)

    def wait(self, n_images: int = 1, deadline_s: float = 60.0) -> list[Arrival]:
        """Wait until so many pictures have arrived, and return those held.

        Raises
        ------
        GscError
            If they have not arrived in time.
        """
        with self._news:
            if not self._news.wait_for(lambda: self.n_images >= n_images, deadline_s):
                raise GscError(
                    f"{self.n_images} of {n_images} pictures arrived within {deadline_s:g} s; "
                    "raise the SNR or the deadline"
                )
            return list(self._arrivals)

    def stop(self) -> bool:
        """Try once more to save what could not be saved."""
        self._save_waiting(None)
        return True

    @guarded
    def handle_image(self, message: Any) -> None:
        """Keep one picture."""
        if (found := read_mark(message)) is not None:
            with self._news:
                self.idle_sample = found[1]
                self._news.notify_all()
            return
        meta, pixels = unpack(message)
        arrival = Arrival(pixels.reshape(meta["height"], meta["width"], 3), meta)
        if self.folder:
            self._unsaved.append(arrival)
            self._save_waiting(arrival)
        with self._news:
            self._arrivals.append(arrival)
            self.n_images += 1
            self._news.notify_all()

    def _save_waiting(self, newest: Arrival | None) -> None:
        """Save what waits, oldest first; count the newest picture if it has to wait."""
        try:
            while self.folder and self._unsaved:
                self._save(self._unsaved[0], self.folder)
                self._unsaved.popleft()
        except (ImageError, OSError) as error:
            self.error = error
            if newest is not None:
                self.dropped += 1
                _log.error("%d pictures are in memory only: %s", self.n_unsaved, error)

    def _save(self, arrival: Arrival, folder: Path) -> None:
        """Write one picture and its line, under a number that nothing else has."""
        whole = folder / f".gsc-{os.getpid()}.png"
        try:
            save_picture(arrival.image, whole)
            path = _name(whole, folder, self._next)
        finally:
            whole.unlink(missing_ok=True)
        plain = {k: v for k, v in arrival.meta.items() if not isinstance(v, np.ndarray)}
        line = json.dumps({"file": path.name, **plain}, ensure_ascii=False) + "\n"
        try:
            _append(folder / "images.jsonl", line.encode())
        except OSError:
            path.unlink()
            raise
        self._next = int(path.stem) + 1


def _next_number(folder: Path) -> int:
    """Return the number behind the highest one that a picture of a folder has."""
    found = [_NUMBERED.fullmatch(path.name) for path in folder.iterdir()]
    return max((int(match[1]) + 1 for match in found if match), default=0)


def _name(whole: Path, folder: Path, number: int) -> Path:
    """Give a file the first free number; what another program made stays."""
    while True:
        path = folder / f"{number:04d}.png"
        try:
            os.link(whole, path)  # which never replaces, and leaves no half of a file
        except FileExistsError:
            number += 1
        except OSError:  # a file system without links
            if not path.exists():
                return whole.replace(path)
            number += 1
        else:
            return path


def _append(path: Path, line: bytes) -> None:
    """Write a line behind the others, whole or not at all."""
    with path.open("ab", buffering=0) as lines:
        length = lines.seek(0, 2)
        try:
            if lines.write(line) != len(line):
                raise OSError(f"{path} has no room for another line")
        except OSError:
            lines.truncate(length)
            raise
