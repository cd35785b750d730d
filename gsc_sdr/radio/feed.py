# SPDX-License-Identifier: MIT
"""Pictures from files, one after the other, as fast as they are taken."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pmt
from gnuradio import gr

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import GscError
from gsc_sdr.picture import open_picture

__all__ = ["PictureFeed"]

_log = logging.getLogger(__name__)

_OUT = pmt.intern("image")
_N_IDS = 256  # picture numbers that the frame header can tell apart
_LOOK_S = 0.01  # between two questions whether there is room


class PictureFeed(gr.basic_block):
    """Send pictures of any number, each opened when its turn comes.

    Unlike ImageSource it holds one picture at a time and waits while those
    ahead of it are still on their way; a file that cannot be opened is logged,
    counted in ``lost`` and passed over.

    Message ports
    -------------
    image : PDU, u8vector of [height * width * 3]
        sRGB pixels; metadata ``image_id``, ``width``, ``height``, ``prompt``. The
        mark ``end`` follows the last.

    Parameters
    ----------
    pictures : iterable of (path, str)
        Files with their prompts; may take its time, as standard input does.
    has_room : () -> bool
        Asked before each picture.
    first_id : int
        Number of the first picture, taken modulo 256.

    Attributes
    ----------
    n_sent : int
        Pictures handed on.
    lost : Counter
        Pictures that could not be, by cause.
    error : Exception or None
        What ended the pictures before their end.
    """

    def __init__(
        self,
        pictures: Iterable[tuple[Path, str]],
        has_room: Callable[[], bool] = lambda: True,
        first_id: int = 0,
    ) -> None:
        gr.basic_block.__init__(self, name="gsc_picture_feed", in_sig=None, out_sig=None)
        self.pictures = pictures
        self.has_room = has_room
        self.first_id = first_id
        self.n_sent = 0
        self.lost: Counter[str] = Counter()
        self.error: Exception | None = None
        self.message_port_register_out(_OUT)
        self._stopped = threading.Event()

    def start(self) -> bool:
        """Begin to send, in a thread of its own."""
        self._stopped.clear()
        threading.Thread(target=self._send_all, name="gsc_feed", daemon=True).start()
        return True

    def stop(self) -> bool:
        """End sending; does not wait for a file, or a line of input, that is being read."""
        self._stopped.set()
        return True

    def _send_all(self) -> None:
        """Send every picture and the mark of the end."""
        try:
            for path, prompt in self.pictures:
                while not self._stopped.is_set() and not self.has_room():
                    self._stopped.wait(_LOOK_S)
                if self._stopped.is_set():
                    return
                self._send(path, prompt)
        except Exception as error:  # noqa: BLE001 -- whatever it is, what was sent must go out
            self.error = error
            _log.error("no more pictures: %s: %s", type(error).__name__, error)
        self.message_port_pub(_OUT, mark("end"))

    def _send(self, path: Path, prompt: str) -> None:
        """Send one picture, if it can be opened."""
        try:
            image = open_picture(path)
        except GscError as error:
            self.lost["picture_unreadable"] += 1
            _log.warning("passed over: %s", error)
            return
        meta = {
            "image_id": (self.first_id + self.n_sent) % _N_IDS,
            "height": image.shape[0],
            "width": image.shape[1],
            "prompt": prompt,
        }
        self.message_port_pub(_OUT, pack(meta, image))
        self.n_sent += 1
