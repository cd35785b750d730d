# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The view shows the picture and the prompt that came last, from any thread."""

import threading

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
QtWidgets = pytest.importorskip("PyQt5.QtWidgets", reason="needs PyQt5")

from gsc_sdr.blocks.image_view import ImageView
from gsc_sdr.blocks.pdu import mark, pack

pytestmark = pytest.mark.radio
META = {"image_id": 1, "height": 20, "width": 10, "prompt": "a <b>red</b> sheet"}
RED = np.tile(np.array([255, 0, 0], np.uint8), (20, 10, 1))
FIGURES = {"prompt_ok": True, "snr_db": 9.96, "cfo_hz": -3.2, "n_received": 4, "frame_count": 5}


@pytest.fixture(scope="module")
def app():
    return QtWidgets.QApplication.instance() or QtWidgets.QApplication(["test"])


def show(app, *messages):
    view = ImageView("received")
    view.widget.resize(300, 400)
    view.widget.show()
    for message in messages:
        thread = threading.Thread(target=view.handle_image, args=[message])
        thread.start()
        thread.join()
    app.processEvents()
    return view


def test_picture_and_prompt_are_shown(app):
    view = show(app, pack(META, RED))
    assert view.widget.text.text() == "a <b>red</b> sheet"
    shown = view.widget.picture.pixmap().toImage()
    assert shown.pixelColor(shown.width() // 2, shown.height() // 2).getRgb()[:3] == (255, 0, 0)
    assert shown.height() == pytest.approx(2 * shown.width(), abs=2)


def test_figures_stand_below_the_prompt(app):
    text = show(app, pack(META | FIGURES, RED)).widget.text.text()
    assert text.splitlines() == [
        "a <b>red</b> sheet",
        "picture 1   SNR 10.0 dB   offset -3 Hz   frames 4/5",
    ]


def test_a_lost_prompt_is_said_to_be_lost(app):
    text = show(app, pack(META | FIGURES | {"prompt": "", "prompt_ok": False}, RED)).widget.text
    assert text.text().startswith("(prompt lost)")


def test_outlives_a_bad_message(app):
    view = show(app, pack(META, RED[:3]), pack({}, RED), mark("idle"), pack(META, RED))
    assert (view.dropped, view.n_images) == (2, 1)
