# SPDX-License-Identifier: MIT
"""GNU Radio block: pictures and prompts in, one message each out."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
import pmt
from gnuradio import gr
from numpy.typing import NDArray

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.errors import ConfigError
from gsc_sdr.picture import open_picture

__all__ = ["ImageSource"]

_OUT = pmt.intern("image")
_N_IDS = 256  # picture numbers that the frame header can tell apart


class ImageSource(gr.basic_block):
    """Send pictures, once or again and again.

    Each picture sent has the next number, modulo 256. Sent once, the pictures
    are followed by the mark ``end``.

    Message ports
    -------------
    image : PDU, u8vector of [height * width * 3]
        sRGB pixels; metadata ``image_id``, ``width``, ``height``, ``prompt``.

    Parameters
    ----------
    images : sequence of ([height, width, 3] uint8, or path)
        The pictures, in order; files are opened here, once.
    prompts : sequence of str
        One a picture.
    interval_s : float, seconds
        Time between pictures, repeated for ever; 0 sends each once, at once.

    Raises
    ------
    ConfigError
        If there is no picture, or not one prompt a picture.
    ImageError
        If a file cannot be opened.
    """

    def __init__(
        self,
        images: Sequence[NDArray[np.uint8] | str | PathLike[str]],
        prompts: Sequence[str],
        interval_s: float = 0.0,
    ) -> None:
        gr.basic_block.__init__(self, name="gsc_image_source", in_sig=None, out_sig=None)
        if not images or len(images) != len(prompts):
            raise ConfigError(
                f"{len(images)} pictures and {len(prompts)} prompts; pass one prompt a picture"
            )
        self.images = [i if isinstance(i, np.ndarray) else open_picture(i) for i in images]
        self.prompts = list(prompts)
        self.interval_s = interval_s
        self.n_sent = 0
        self.message_port_register_out(_OUT)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> bool:
        """Begin to send, in a thread of its own."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._send, name="gsc_image_source", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> bool:
        """End sending."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        return True

    def set_prompts(self, prompts: Sequence[str]) -> None:
        """Change what the next pictures say; as many as there are pictures."""
        if len(prompts) == len(self.images):
            self.prompts = list(prompts)

    def set_interval_s(self, interval_s: float) -> None:
        """Change the time between pictures."""
        self.interval_s = interval_s

    def _send(self) -> None:
        """Send every picture; again, if there is an interval."""
        while not self._stopped.is_set():
            for index in range(len(self.images)):
                self._send_one(index)
                if self._stopped.wait(self.interval_s):
                    return
            if not self.interval_s:
                self.message_port_pub(_OUT, mark("end"))
                return

    def _send_one(self, index: int) -> None:
        """Send one picture."""
        image = self.images[index]
        meta: dict[str, Any] = {
            "image_id": self.n_sent % _N_IDS,
            "height": image.shape[0],
            "width": image.shape[1],
            "prompt": self.prompts[index],
        }
        self.message_port_pub(_OUT, pack(meta, image))
        self.n_sent += 1
