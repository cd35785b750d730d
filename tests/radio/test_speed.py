# SPDX-License-Identifier: MIT
"""Speeds are those of modems that work: what was sent was delivered meanwhile."""

import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.radio.speed import our_speed, stock_speed

pytestmark = pytest.mark.radio


def test_our_modem_delivers_every_frame_of_its_own_speed():
    speed = our_speed(0.5)
    assert speed.sps > 0
    assert speed.n_sent > 0
    assert speed.delivery == 1.0


def test_the_stock_modem_delivers_most():
    speed = stock_speed(0.5)
    assert speed.sps > 0
    assert 0 < speed.cpu_s < 1e-4
    assert 0.8 < speed.delivery < 1.0
