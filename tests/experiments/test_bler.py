# SPDX-License-Identifier: MIT
"""Block errors: the tutorial's curve where it was printed, gaps in dB by interpolation."""

import math

import pytest

from gsc_sdr.experiments.bler import CASES, Case, Effort, bler_rows, gaps_db

pytestmark = pytest.mark.learn


def row(ebno_db, bler, tutorial=None, sionna=None):
    return {
        "case": "one",
        "ebno_db": ebno_db,
        "bler": bler,
        "tutorial_bler": tutorial,
        "sionna_bler": sionna,
    }


def test_a_gap_is_how_far_the_curves_lie_apart():
    rows = [row(1.0, 1.0, None), row(2.0, 1e-1, 1.0), row(3.0, 1e-2, 1e-1), row(4.0, 1e-3, 1e-2)]
    at_tenth, at_hundredth = gaps_db(rows)
    assert at_tenth["ours_db"] == pytest.approx(2.0)
    assert at_tenth["gap_to_tutorial_db"] == pytest.approx(-1.0)
    assert at_hundredth["tutorial_db"] == pytest.approx(4.0)
    assert at_hundredth["gap_to_sionna_db"] is None


def test_a_curve_is_read_on_a_logarithmic_scale():
    found = gaps_db([row(0.0, 1.0), row(1.0, 1e-2)])
    assert found[0]["ours_db"] == pytest.approx(0.5)


def test_a_curve_that_does_not_reach_the_target_has_no_gap():
    assert gaps_db([row(0.0, 0.9), row(1.0, 0.2)])[0]["ours_db"] is None
    assert gaps_db([row(0.0, 0.05), row(1.0, 0.0)])[0]["ours_db"] is None


def test_the_tutorials_points_fall_with_snr_and_enclose_the_targets():
    for case in CASES:
        ebno_db, bler = zip(*case.tutorial, strict=True)
        assert list(ebno_db) == sorted(ebno_db)
        if not math.isnan(bler[0]):
            assert list(bler) == sorted(bler, reverse=True)
            assert bler[0] > 0.1 > 0.01 > bler[-1]


def test_block_errors_are_the_tutorials_within_three_tenths_of_a_db():
    case = Case(64, 128, 2, ((1.0, 0.488), (2.0, 0.149), (3.0, 0.022773)))
    rows = list(bler_rows([case], Effort(60, 3000), seed=1))
    (gap, _) = gaps_db(rows)
    assert abs(gap["gap_to_tutorial_db"]) < 0.3
    assert all(one["sionna_bler"] is None for one in rows)
    assert all(one["bler"] == one["failed"] / one["blocks"] for one in rows)


def test_sionnas_chain_runs_beside_ours_with_interleaved_bits():
    case = Case(60, 120, 4, ((3.0, math.nan),), sionna_share=1.0)
    (found,) = bler_rows([case], Effort(100, 400), seed=2)
    assert (found["tutorial_bler"], found["case"]) == (None, "k=60, n=120, 16-QAM")
    assert found["sionna_blocks"] == found["blocks"]
    assert found["bler"] == pytest.approx(found["sionna_bler"], rel=0.35)


def test_effort_ends_with_failures_blocks_or_bits():
    effort = Effort(10, 100, 5000)
    assert effort.enough(1, 10, 10)
    assert effort.enough(100, 0, 10)
    assert effort.enough(5, 0, 1000)
    assert not effort.enough(4, 9, 1000)
