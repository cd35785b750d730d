# SPDX-License-Identifier: MIT
"""The search: within half a dB of the best of a simulated link, from below, and honest."""

import math

import numpy as np
import pytest

from gsc_sdr.errors import GscError
from gsc_sdr.radio.gain_search import GainReading, search_gains

TX, RX = (0.0, 89.75), (0.0, 76.0)


class Link:
    """Two radios: amplifier and converter that clip, noise before and behind the gain.

    Powers in dBm as at the antenna ports. The noise figure falls as the receive gain
    rises, as that of real receivers does.
    """

    def __init__(self, loss_db=60.0, full_dbm=10.0, quantisation_db=-60.0):
        self.loss_db, self.full_dbm, self.quantisation_db = loss_db, full_dbm, quantisation_db
        self.asked = []

    def __call__(self, tx, rx):
        self.asked.append((tx, rx))
        return self.reading(tx, rx)

    def reading(self, tx, rx):
        out_dbm = self.full_dbm - 13.0 - (TX[1] - tx)  # mean power behind the back-off
        arrived = out_dbm - self.loss_db
        figure = 6.0 + 20.0 * max(0.0, 1 - rx / 50.0)
        headroom = -(arrived + rx + 20.0)  # dB below the converter's full scale
        distortion = -60.0 + 2 * max(0.0, out_dbm + 5.0) * 2  # of the amplifier
        errors = [
            -114.0 + figure - arrived,  # noise in 1 MHz
            self.quantisation_db + max(headroom, 0.0),
            distortion,
        ]
        clipped = 10 ** (-max(headroom, 0.0) / 2.0)
        if clipped > 1e-4:
            errors.append(-30.0 + 10 * math.log10(clipped / 1e-4))
        evm = 10 * math.log10(sum(10 ** (error / 10) for error in errors))
        return GainReading(tx, rx, evm if evm < -3 else math.inf, min(clipped, 1.0))


def best_of(link):
    """Return the least error of a fine grid."""
    grid = [
        link.reading(tx, rx) for tx in np.arange(TX[0], TX[1], 0.5) for rx in np.arange(*RX, 0.5)
    ]
    return min(r.evm_db for r in grid if r.is_usable)


@pytest.mark.parametrize("loss_db", [30.0, 60.0, 90.0])
@pytest.mark.parametrize("full_dbm", [5.0, 20.0])
def test_the_best_gains_are_found(loss_db, full_dbm):
    link = Link(loss_db, full_dbm)
    best, readings = search_gains(link, TX, RX)
    assert best.is_usable
    assert best.evm_db <= best_of(link) + 0.75
    assert [(r.tx_gain_db, r.rx_gain_db) for r in readings] == link.asked
    assert len(link.asked) == len(set(link.asked)) < 200


def test_of_gains_that_do_as_well_the_lowest_transmit_gain_wins():
    best, _ = search_gains(lambda tx, rx: GainReading(tx, rx, -40.0, 0.0), (3.0, 30.0), RX)
    assert (best.tx_gain_db, best.rx_gain_db) == (3.0, 0.0)


def test_the_search_stays_in_range_and_stops_where_the_receiver_clips():
    link = Link(loss_db=0.0)
    search_gains(link, TX, RX)
    assert all(TX[0] <= tx <= TX[1] and RX[0] <= rx <= RX[1] for tx, rx in link.asked)
    coarse = link.asked[: len([a for a in link.asked if a[0] == TX[0]])]
    assert sum(link.reading(*asked).is_clipped for asked in coarse) <= 1


def test_no_better_error_is_bought_with_clipping():
    link = Link(loss_db=30.0)
    best, readings = search_gains(link, TX, RX)
    assert best.clipped <= 1e-4
    assert any(reading.is_clipped for reading in readings)


def test_silence_and_clipping_everywhere_are_told_apart():
    with pytest.raises(GscError, match="no frame arrived at any gain"):
        search_gains(lambda tx, rx: GainReading(tx, rx, math.inf, 0.0), TX, RX)
    with pytest.raises(GscError, match="clips at every gain"):
        search_gains(lambda tx, rx: GainReading(tx, rx, -9.0, 0.5), TX, RX)


def test_a_radio_of_one_gain_is_no_trouble():
    best, readings = search_gains(
        lambda tx, rx: GainReading(tx, rx, -20.0, 0.0), (5.0, 5.0), (7.0, 7.0)
    )
    assert (best.tx_gain_db, best.rx_gain_db, len(readings)) == (5.0, 7.0, 1)
