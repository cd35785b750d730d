# SPDX-License-Identifier: MIT
"""The gallery: every figure that rows allow, under fixed names, and the reason for none."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.gallery import Wish, figures
from gsc_sdr.plots.rows import Choice


def names(paths):
    return {path.name for path in paths}


def test_rates_that_ours_lacks_and_what_is_published_have_figures_of_their_own(make_row, tmp_path):
    rows = [
        make_row(codec, "kodim01.png", rate, snr_db, size="full")
        for codec, rates in (("gsc", ["1/48"]), ("avif+ldpc", ["1/48", "1/16"]))
        for rate in rates
        for snr_db in (1.0, 10.0)
    ]
    kinds = ("over_snr", "over_snr_1-16", "over_cbr", "over_cbr_published")
    wish = Wish(("over-snr", "over-cbr"), ("psnr_db",))
    paths = figures(rows, tmp_path / "new", wish)
    assert names(paths) == {f"{k}_awgn_full.{form}" for k in kinds for form in ("png", "svg")}
    assert all(path.stat().st_size > 2000 for path in paths)


def test_what_rows_do_not_allow_is_left_out_unless_asked_for(make_row, tmp_path):
    rows = [make_row(lpips=None, papr_db=None)]
    drawn = {path.stem for path in figures(rows, tmp_path)}
    assert drawn == {"over_snr_awgn_256", "over_cbr_awgn_256", "ccdf_awgn_256", "latency_256"}
    with pytest.raises(ConfigError, match="no row has lpips"):
        figures(rows, tmp_path, Wish(kinds=("scatter",)))
    with pytest.raises(ConfigError, match="no row has dists"):
        figures(rows, tmp_path, Wish(kinds=("over-snr",), measures=("dists",)))


def test_only_the_kinds_measures_and_rows_that_are_wanted(sweep_rows, tmp_path):
    choice = Choice(codecs=("gsc", "avif+ldpc"), rates=("1/96",), snrs_db=(0.0, 10.0))
    wish = Wish(("ccdf",), ("lpips", "ms_ssim"), choice)
    drawn = names(figures(sweep_rows, tmp_path, wish))
    stems = ("ccdf_lpips_awgn_256", "ccdf_ms_ssim_awgn_256")
    assert drawn == {f"{stem}.{form}" for stem in stems for form in ("png", "svg")}


def test_rows_of_no_noise_have_no_place_and_it_is_said(make_row, tmp_path):
    rows = [make_row(channel="ideal") | {"snr_db": None, "encode_s": None, "papr_db": None}]
    rows[0] |= {"air_s": None, "decode_s": None}
    with pytest.raises(ConfigError, match="none of the 1 rows can be drawn"):
        figures(rows, tmp_path)


def test_an_unknown_kind_is_refused_by_those_there_are():
    with pytest.raises(ConfigError, match="'pie'; choose among: over-snr, over-cbr"):
        Wish(kinds=("pie",))


def test_names_of_files_are_safe_whatever_a_profile_is_called(make_row, tmp_path):
    rows = [make_row(channel="../my channel")]
    (path, _) = figures(rows, tmp_path, Wish(kinds=("over-cbr",)))
    assert path.parent == tmp_path
    assert path.name == "over_cbr_..-my-channel_256.png"
