# SPDX-License-Identifier: MIT
"""Thresholds: through real frames, on a grid, the same whoever else is measured."""

import numpy as np
import pytest

from gsc_sdr.baselines.mcs import MCS
from gsc_sdr.baselines.transport import n_blocks
from gsc_sdr.experiments.mcs import Cell, Tally, measure_part, parts, send_at

pytestmark = pytest.mark.learn

BY_NAME = {mcs.name: mcs for mcs in MCS}
QPSK, DENSE = BY_NAME["qpsk-1/2"], BY_NAME["256qam-8/9"]


def test_parts_are_all_schemes_once():
    assert [name for part in parts() for name in part] == [mcs.name for mcs in MCS]


def test_pictures_arrive_with_enough_snr_and_fail_without():
    cell = Cell("awgn", 600)
    came = send_at([(QPSK, 10.0), (DENSE, 10.0)], cell, seed=3)
    assert came[QPSK.index] == [True]
    assert came[DENSE.index] == [False]
    assert send_at([(QPSK, -18.0)], cell, seed=3) == {QPSK.index: None}  # no frame is found


def test_a_pause_keeps_a_fading_channels_time():
    cell = Cell("tdl-c", 600)
    alone = [send_at([None, (QPSK, snr_db)], cell, 5)[QPSK.index] for snr_db in range(-6, 8)]
    paired = [
        send_at([(BY_NAME["qpsk-1/5"], snr_db), (QPSK, snr_db)], cell, 5)[QPSK.index]
        for snr_db in range(-6, 8)
    ]
    passed = [[bool(one and all(one)) for one in list_] for list_ in (alone, paired)]
    assert passed[0].count(True) == pytest.approx(passed[1].count(True), abs=1)  # noise differs


def test_a_threshold_is_found_where_blocks_pass_and_below_it_they_fail():
    cell = Cell("awgn", 600, least_blocks=60, step_db=1.0)
    (row,) = measure_part(cell, ("16qam-1/2",))
    assert 6.0 <= row["threshold_db"] <= 8.0
    by_snr = {}
    for point in row["points"]:
        by_snr.setdefault(point["snr_db"], []).append(point)
    assert any(point["blocks"] >= 60 for point in by_snr[row["threshold_db"]])
    below = max(snr_db for snr_db in by_snr if snr_db < row["threshold_db"])
    assert by_snr[below][-1]["blocks_failed"] > 0
    assert measure_part(cell, ("16qam-1/2",)) == [row]


def test_a_scheme_that_does_not_fit_is_left_out():
    assert measure_part(Cell("awgn", 70, 5, step_db=2.0), ("bpsk-1/5",)) == []


def test_a_picture_of_which_nothing_arrived_is_failed_blocks():
    tally, count = Tally(0.0), n_blocks(24_576, QPSK)
    tally.add(None, count)
    tally.add([True] * (count - 1) + [False], count)
    counts = (tally.blocks, tally.blocks_failed, tally.pictures_failed, tally.pictures_lost)
    assert counts == (2 * count, count + 1, 2, 1)
    assert np.isclose(tally.snr_db, 0)
