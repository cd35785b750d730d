# SPDX-License-Identifier: MIT
"""Rows: read whole from any file, or refused with the line and the mend."""

import gzip
import json
import lzma

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.rows import Choice, choose, found, read_rows, split


def text_of(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "opener"), [("a.jsonl", open), ("a.xz", lzma.open), ("a.gz", gzip.open)]
)
def test_plain_and_packed_files_hold_the_same_rows(tmp_path, make_row, name, opener):
    rows = [make_row(snr_db=snr_db, models={"not": "drawn"}) for snr_db in (0.0, 5.0)]
    with opener(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(text_of(rows))
    found_rows = read_rows([tmp_path / name])
    assert [row["psnr_db"] for row in found_rows] == [row["psnr_db"] for row in rows]
    assert "models" not in found_rows[0]


@pytest.mark.parametrize("left", [1, 40, -2])
def test_a_torn_last_line_is_left_out_and_said(tmp_path, make_row, caplog, left):
    lines = text_of([make_row(snr_db=0.0), make_row(snr_db=5.0)]).splitlines()
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{lines[0]}\n{lines[1][:left]}")
    assert [row["snr_db"] for row in read_rows([path])] == [0.0]
    assert "torn" in caplog.text


def test_of_rows_that_tell_of_the_same_the_last_counts(tmp_path, make_row, caplog):
    path = tmp_path / "rows.jsonl"
    path.write_text(text_of([make_row(psnr_db=20.0), make_row(psnr_db=21.0)]))
    assert [row["psnr_db"] for row in read_rows([path])] == [21.0]
    assert "1 rows" in caplog.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no rows"),
        ("\n\n", "holds no rows"),
        ("{}\n", "schema None"),
        ('{"schema": 2}\n', "schema 2, this version draws schema 1"),
        ("[1]\n", "line 1 is no object"),
        ('{"schema": 1, "codec": "gsc"}\n', "lacks image, rate, channel, snr_db"),
        ("not JSON\n", "line 1 is no JSON"),
        ("torn\n{}\n", "line 1 is no JSON"),
    ],
)
def test_what_is_no_file_of_rows_is_refused(tmp_path, content, said):
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigError, match=said):
        read_rows([path])


def test_a_rate_that_is_none_is_refused(tmp_path, make_row):
    path = tmp_path / "rows.jsonl"
    path.write_text(text_of([make_row() | {"rate": "low"}]))
    with pytest.raises(ConfigError, match="'low'; a rate is like 1/96"):
        read_rows([path])


def test_a_file_that_is_missing_damaged_or_no_text_is_refused(tmp_path, make_row):
    with pytest.raises(ConfigError, match="does not exist"):
        read_rows([tmp_path / "none.jsonl"])
    packed = lzma.compress(text_of([make_row(snr_db=float(snr)) for snr in range(99)]).encode())
    (tmp_path / "half.xz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "wrong.gz").write_bytes(packed)
    (tmp_path / "picture.jsonl").write_bytes(b"\x89PNG\xff")
    for name in ("half.xz", "wrong.gz", "picture.jsonl"):
        with pytest.raises(ConfigError, match=f"{name} cannot be read"):
            read_rows([tmp_path / name])


def test_choosing_keeps_what_is_wanted(sweep_rows):
    kept = choose(sweep_rows, Choice(codecs=("gsc",), rates=("1/96",), snrs_db=(0.0,)))
    assert {(row["codec"], row["rate"], row["snr_db"]) for row in kept} == {("gsc", "1/96", 0.0)}
    assert choose(sweep_rows, Choice()) == sweep_rows


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(codecs=("mine",)), "codec mine; there is: avif"),
        (Choice(channels=("cdl-a",)), "channel cdl-a; there is: awgn"),
        (Choice(rates=("1/8",)), "rate 1/8; there is: 1/384, 1/192, 1/96, 1/48"),
        (Choice(snrs_db=(3.0,)), "snr_db 3; there is: -5, 0, 5"),
        (Choice(sizes=("full",)), "size full; there is: 256"),
    ],
)
def test_what_no_row_has_is_refused_by_what_there_is(sweep_rows, choice, said):
    with pytest.raises(ConfigError, match=said):
        choose(sweep_rows, choice)


def test_rates_are_in_order_of_size(sweep_rows):
    assert found(sweep_rows, "rate") == ["1/384", "1/192", "1/96", "1/48"]
    parts = split(sweep_rows, "rate")
    assert list(parts) == found(sweep_rows, "rate")
    assert sum(map(len, parts.values())) == len(sweep_rows)
