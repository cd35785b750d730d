# SPDX-License-Identifier: MIT
"""Schemes: one list that a header can name, and a choice that the measured table allows."""

import json
from importlib.resources import files

import pytest

from gsc_sdr.baselines.mcs import MCS, choose_mcs, mcs_by_index, threshold_db
from gsc_sdr.errors import ConfigError

TABLE = json.loads(files("gsc_sdr").joinpath("data", "mcs.json").read_text())


def test_each_scheme_has_a_name_and_an_index_of_six_bits():
    assert [mcs.index for mcs in MCS] == list(range(len(MCS)))
    assert len({mcs.name for mcs in MCS}) == len(MCS) <= 64
    assert {mcs.bits_per_symbol for mcs in MCS} == {1, 2, 4, 6, 8}
    assert all(0.2 <= mcs.code_rate < 0.93 for mcs in MCS)
    half = next(mcs for mcs in MCS if mcs.name == "16qam-1/2")
    assert (half.bits_per_symbol, half.code_rate, half.efficiency) == (4, 0.5, 2.0)
    assert mcs_by_index(half.index) is half


@pytest.mark.parametrize("index", [-1, 64])
def test_an_index_that_names_none_is_refused(index):
    with pytest.raises(ConfigError, match=f"MCS index is {index}; known ones are 0 to"):
        mcs_by_index(index)


def test_the_table_rests_on_points_that_were_measured():
    assert {cell["channel"] for cell in TABLE["cells"]} >= {"awgn", "tdl-c"}
    for cell in TABLE["cells"]:
        for row in cell["rows"]:
            assert MCS[row["index"]].name == row["mcs"]
            best = [one for one in row["points"] if one["snr_db"] == row["threshold_db"]]
            assert row["threshold_db"] is None or any(
                one["blocks"] >= cell["least_blocks"]
                and one["pictures"] >= cell["least_draws"]
                and one["blocks_failed"] <= TABLE["target_bler"] * one["blocks"]
                for one in best
            )


def test_on_awgn_no_threshold_beats_shannon():
    for mcs in MCS:
        at = threshold_db(mcs, "awgn", 2048)
        assert 10 ** (at / 10) > 2 ** (0.98 * mcs.efficiency) - 1


@pytest.mark.parametrize("channel", ["awgn", "tdl-c"])
def test_more_snr_never_chooses_fewer_bits(channel):
    chosen = [choose_mcs(0.5 * step, channel, 2048) for step in range(-20, 101)]
    bits = [0 if mcs is None else mcs.efficiency for mcs in chosen]
    assert bits == sorted(bits)
    assert chosen[0] is None
    assert chosen[-1].efficiency >= (7 if channel == "awgn" else 2)


def test_what_is_chosen_is_the_most_that_is_allowed():
    snr_db = 10.0
    chosen = choose_mcs(snr_db, "awgn", 2048)
    assert threshold_db(chosen, "awgn", 2048) <= snr_db
    better = [mcs for mcs in MCS if mcs.efficiency > chosen.efficiency + 1e-9]
    assert all(threshold_db(mcs, "awgn", 2048) > snr_db for mcs in better)
    alike = [mcs for mcs in MCS if abs(mcs.efficiency - chosen.efficiency) < 1e-9]
    assert threshold_db(chosen, "awgn", 2048) == min(
        threshold_db(mcs, "awgn", 2048) for mcs in alike
    )


def test_a_channel_that_was_not_measured_is_taken_for_one_that_was():
    mcs = MCS[8]
    for channel in ("ideal", "usrp", "harsh"):
        assert threshold_db(mcs, channel, 2048) == threshold_db(mcs, "awgn", 2048)
    for channel in ("tdl-e", "cdl-b", "of-my-own"):
        assert threshold_db(mcs, channel, 2048) == threshold_db(mcs, "tdl-c", 2048)


def test_a_size_takes_the_largest_measured_one_below_it():
    sizes = sorted(c["n_symbols"] for c in TABLE["cells"] if c["channel"] == "awgn")
    for size in sizes:
        assert threshold_db(MCS[5], "awgn", size) == threshold_db(MCS[5], "awgn", size + 1)
    assert threshold_db(MCS[5], "awgn", 70) == threshold_db(MCS[5], "awgn", sizes[0])
