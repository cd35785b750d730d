# SPDX-License-Identifier: MIT
"""Room: the best of the rivals, never only the convenient ones."""

import pytest

from gsc_sdr.plots.pick import few, leading


def test_the_best_digital_codecs_and_their_bound_stay(make_row):
    figures = {
        "gsc": 20, "uncoded": 5, "webp+ldpc": 24, "jpeg+ldpc": 15, "avif+ldpc": 26, "jxl+ldpc": 25,
        "avif+capacity": 29, "jxl+capacity": 28, "avif+ldpc@10": 30, "webp+ldpc@10": 31,
    }  # fmt: skip
    rows = [make_row(codec, psnr_db=float(psnr)) for codec, psnr in figures.items()]
    kept = leading(rows)
    assert set(kept) == set(figures) - {"webp+ldpc", "jxl+capacity", "webp+ldpc@10"}
    assert kept[0] == "gsc"
    assert "webp+ldpc" in leading(rows, ours="webp+ldpc")
    assert leading([make_row("jpeg+capacity")]) == ["jpeg+capacity"]


@pytest.mark.parametrize("most", [1, 2, 3, 4])
def test_few_are_few_and_of_those_given(most):
    for values in ([1.0, 4.0, 7.0, 10.0, 13.0], [-5.0, 0.0, 5.0, 10.0, 20.0], [3.0], []):
        kept = few(values, most)
        assert len(kept) == min(most, len(values))
        assert set(kept) <= set(values)
        assert list(kept) == sorted(kept)
