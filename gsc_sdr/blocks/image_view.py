# SPDX-License-Identifier: MIT
"""GNU Radio block with a Qt widget: the picture that arrived last."""

from __future__ import annotations

from typing import Any

import pmt
from gnuradio import gr
from PyQt5 import QtCore, QtGui, QtWidgets

from gsc_sdr.blocks.guard import guarded
from gsc_sdr.blocks.pdu import read_mark, unpack

__all__ = ["ImageView"]

_IN = pmt.intern("image")


class _Screen(QtWidgets.QWidget):
    """A picture over a line of text; ``show_image`` may be called from any thread."""

    arrived = QtCore.pyqtSignal(QtGui.QImage, str)

    def __init__(self, title: str) -> None:
        super().__init__()
        self.picture = QtWidgets.QLabel("waiting for the first picture")
        self.picture.setAlignment(QtCore.Qt.AlignCenter)
        self.picture.setMinimumSize(200, 150)
        self.text = QtWidgets.QLabel()
        self.text.setWordWrap(True)
        self.text.setAlignment(QtCore.Qt.AlignCenter)
        self.text.setTextFormat(QtCore.Qt.PlainText)
        heading = QtWidgets.QLabel(title)
        heading.setAlignment(QtCore.Qt.AlignCenter)
        column = QtWidgets.QVBoxLayout(self)
        for widget, stretch in ((heading, 0), (self.picture, 1), (self.text, 0)):
            column.addWidget(widget, stretch)
        self._image = QtGui.QImage()
        self.arrived.connect(self.show_image)

    def show_image(self, image: QtGui.QImage, text: str) -> None:
        """Show a picture and what is said of it."""
        self._image = image
        self.text.setText(text)
        self._scale()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 -- Qt's name
        """Fit the picture to the new size."""
        super().resizeEvent(event)
        self._scale()

    def _scale(self) -> None:
        """Draw the picture as large as there is room."""
        if not self._image.isNull():
            whole = QtGui.QPixmap.fromImage(self._image)
            mode = (QtCore.Qt.KeepAspectRatio, QtCore.Qt.SmoothTransformation)
            self.picture.setPixmap(whole.scaled(self.picture.size(), *mode))


class ImageView(gr.basic_block):
    """Show the picture that arrived last, its prompt and its figures.

    Message ports
    -------------
    image : PDU, u8vector of [height * width * 3]
        As SemanticDecoder sends it.

    Parameters
    ----------
    title : str
        Written above the picture.

    Attributes
    ----------
    widget : QWidget
        To put into a window; a QApplication must exist before the block is made.
    """

    def __init__(self, title: str = "received") -> None:
        gr.basic_block.__init__(self, name="gsc_image_view", in_sig=None, out_sig=None)
        self.dropped = self.n_images = 0
        self.error: Exception | None = None
        self.widget = _Screen(title)
        self.message_port_register_in(_IN)
        self.set_msg_handler(_IN, self.handle_image)

    @guarded
    def handle_image(self, message: Any) -> None:
        """Hand one picture to Qt's thread."""
        if read_mark(message):
            return
        meta, pixels = unpack(message)
        width, height = meta["width"], meta["height"]
        pixels.reshape(height, width, 3)  # raises where the sizes do not agree
        rgb = QtGui.QImage.Format_RGB888
        image = QtGui.QImage(pixels.tobytes(), width, height, 3 * width, rgb).copy()
        self.widget.arrived.emit(image, _caption(meta))
        self.n_images += 1


def _caption(meta: dict[str, Any]) -> str:
    """Return two lines: the prompt, and figures where there are any."""
    prompt = meta.get("prompt", "") if meta.get("prompt_ok", True) else "(prompt lost)"
    if "snr_db" not in meta:
        return str(prompt)
    figures = (
        f"picture {meta['image_id']}   SNR {meta['snr_db']:.1f} dB   "
        f"offset {meta['cfo_hz']:+.0f} Hz   frames {meta['n_received']}/{meta['frame_count']}"
    )
    return f"{prompt}\n{figures}"
