# SPDX-License-Identifier: MIT
"""Figures of a signal: exact on what can be worked out by hand."""

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.papr import evm_db, papr_db


def test_a_pulse_has_the_ratio_of_its_length():
    assert papr_db(np.eye(1, 100, dtype=np.complex64)) == pytest.approx(20)


def test_evm_is_error_over_signal():
    sent = np.full(1000, 2j)
    assert evm_db(sent + 0.2, sent) == pytest.approx(-20)


def test_figures_stay_finite():
    silence = np.zeros(4, np.complex64)
    assert np.isfinite([papr_db(silence), evm_db(silence, silence)]).all()


def test_nothing_to_measure_is_refused():
    with pytest.raises(ShapeError, match="empty"):
        papr_db(np.zeros(0, complex))
    with pytest.raises(ShapeError, match=r"\(3,\) and sent \(4,\)"):
        evm_db(np.zeros(3, complex), np.zeros(4, complex))
