# SPDX-License-Identifier: MIT
"""Known carriers: those of training, header and pilots, and what they show of a gain."""

import numpy as np

from gsc_sdr.phy.carriers import N_TRAINING, to_carriers
from gsc_sdr.phy.csi import GainEstimate
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.known import points_read, points_unread, sent_carriers
from gsc_sdr.phy.ofdm import OfdmConfig

CONFIG = OfdmConfig()
HEADER = Header(1, 3, 64, 64, config_hash=CONFIG.hash)


def gain(values):
    n = len(values)
    return GainEstimate(values, np.zeros(n), np.ones(n), np.ones(n), np.zeros(n, np.int64))


def test_what_is_known_is_what_was_sent(rng):
    stream = rng.normal(size=(CONFIG.capacity, 2)) @ [1, 1j]
    found = to_carriers(build_frames(stream, HEADER, CONFIG), np.zeros(1), CONFIG)
    sent = sent_carriers(HEADER.pack()[None], CONFIG)
    is_known = sent != 0
    assert np.allclose((found.rows * found.scale[0])[is_known], sent[is_known], atol=1e-4)
    assert is_known[0, N_TRAINING : N_TRAINING + CONFIG.n_header].all()
    assert is_known[0, -CONFIG.n_payload :].sum() == 4 * CONFIG.n_payload


def test_a_header_that_is_not_read_is_not_known():
    points = points_unread(CONFIG)
    row, column = points.places
    assert set(column[row >= N_TRAINING]) == set(CONFIG.pilot_columns)
    assert row.max() == N_TRAINING + CONFIG.n_header - 1


def test_points_show_the_gain_that_is_missing(rng):
    sent = sent_carriers(HEADER.pack()[None], CONFIG)
    expected = (rng.normal(size=(2, 52, 2)) @ [1, 1j]).astype(complex)
    received = (sent * expected[:, None] * (0.5 - 2j)).astype(np.complex64)
    points = points_read(CONFIG)
    known = points.match(received, sent, gain(expected))
    assert np.allclose(known.matched, known.weight * (0.5 - 2j), rtol=1e-4, atol=1e-6)
    early = points.match(received, sent, gain(expected), N_TRAINING)
    assert np.array_equal(early.matched, known.matched[:, : early.matched.shape[1]])
    assert early.matched.shape[1] == points.rows.begins[N_TRAINING]
