# SPDX-License-Identifier: MIT
"""GNU Radio block: keeps and saves the pictures that arrive."""

from __future__ import annotations

import json
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
from gsc_sdr.errors import GscError
from gsc_sdr.picture import save_picture

__all__ = ["Arrival", "ImageSink"]

_IN = pmt.intern("image")


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
        Pictures held in memory; the oldest go first.

    Attributes
    ----------
    n_images : int
        Pictures that arrived.
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
        self._arrivals: deque[Arrival] = deque(maxlen=keep)
        self._news = threading.Condition()
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_image)

    @property
    def arrivals(self) -> list[Arrival]:
        """The pictures held, oldest first."""
        with self._news:
            return list(self._arrivals)

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
            self._save(arrival, self.folder)
        with self._news:
            self._arrivals.append(arrival)
            self.n_images += 1
            self._news.notify_all()

    def _save(self, arrival: Arrival, folder: Path) -> None:
        """Write one picture and its line."""
        name = f"{self.n_images:04d}.png"
        save_picture(arrival.image, folder / name)
        plain = {k: v for k, v in arrival.meta.items() if not isinstance(v, np.ndarray)}
        with (folder / "images.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"file": name, **plain}, ensure_ascii=False) + "\n")
