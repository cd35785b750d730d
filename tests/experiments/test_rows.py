# SPDX-License-Identifier: MIT
"""A file of rows is whole after a kill, a full disk and two writers, and refuses strangers."""

import gzip
import json
import lzma
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.experiments.rows import RowsFile, read_rows, row_key


def row(index, **more):
    """Return a row as short as may be."""
    about = {"schema": 1, "codec": "gsc", "image": f"{index}.png", "size": "256", "rate": "1/48"}
    return about | {"channel": "awgn", "snr_db": 5.0, "seed": 0, "psnr_db": 1.5} | more


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows.jsonl"


def write(path, *rows):
    with RowsFile(path) as file:
        file.append(rows)


def test_what_was_added_is_read_and_gone_on_with(path):
    write(path, row(0), row(1, note="ÄÖ\u2028\n"))
    write(path, row(2))
    rows = read_rows(path)
    assert rows == [row(0), row(1, note="ÄÖ\u2028\n"), row(2)]
    assert len({row_key(r) for r in rows}) == 3


@pytest.mark.parametrize("cut", [1, 2, 7, 40, 90])
def test_a_torn_last_line_is_taken_off(path, cut):
    write(path, row(0), row(1))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert read_rows(path) == [row(0)]
    write(path, row(1))
    assert path.read_bytes() == whole


@pytest.mark.parametrize("torn", [b"{", b'{"schema": 1, "co', b"\0\0\0"])
def test_a_file_of_one_torn_line_is_begun_again(path, torn):
    path.write_bytes(torn)
    write(path, row(0))
    assert read_rows(path) == [row(0)]


@pytest.mark.parametrize("content", [b"\x89PNG", b"my notes", b"{}\n", b"my notes\n", b"[1]\n"])
def test_a_file_of_something_else_is_refused_and_stays(path, content):
    path.write_bytes(content)
    for use in (RowsFile, read_rows):
        with pytest.raises(ConfigError, match=r"line 1, is no row of a sweep: choose another"):
            use(path)
    assert path.read_bytes() == content


def test_a_spoilt_line_in_the_middle_is_named(path):
    write(path, row(0), row(1), row(2))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"{'no'\n" + lines[2])
    with pytest.raises(ConfigError, match=r"rows\.jsonl, line 2, is no row"):
        RowsFile(path)


@pytest.mark.parametrize("stranger", [row(1, schema=2), {"schema": 7, "new": "fields"}])
def test_rows_of_another_schema_are_refused(path, stranger):
    path.write_text("".join(json.dumps(r) + "\n" for r in (row(0), stranger)))
    with pytest.raises(ConfigError, match=rf"line 2.*schema {stranger['schema']}; .*writes 1"):
        read_rows(path)


WRITER = """
import sys
from pathlib import Path
from gsc_sdr.experiments.rows import RowsFile

with RowsFile(Path(sys.argv[1])) as file:
    there = {row["image"] for row in file.rows}
    print("began", flush=True)
    for index in range(4000):
        row = {"schema": 1, "codec": "gsc", "image": str(index), "size": "256", "rate": "1/48"}
        row |= {"channel": "awgn", "snr_db": 5.0, "seed": 0, "text": "x" * (index % 500)}
        if row["image"] not in there:
            file.append([row])
"""


def test_a_writer_that_is_killed_again_and_again_loses_and_doubles_nothing(path, rng):
    kills = 0
    for wait_s in [*rng.uniform(0, 0.02, 6), None]:
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"began\n"
            if wait_s is not None:
                time.sleep(wait_s)
                process.kill()
        kills += process.returncode == -signal.SIGKILL
        assert sorted({int(r["image"]) for r in read_rows(path)}) == list(
            range(len(read_rows(path)))
        )
    assert kills > 0
    assert [int(r["image"]) for r in read_rows(path)] == list(range(4000))


def test_two_writers_are_kept_apart(path):
    with RowsFile(path), pytest.raises(ConfigError, match="another sweep: wait for it"):
        RowsFile(path)
    write(path, row(0))


@contextmanager
def at_most(n_bytes):
    """Have files of this process end at a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_whole_lines(path):
    length = len(json.dumps(row(0))) + 1
    with RowsFile(path) as file, at_most(2 * length + 30):
        with pytest.raises(ConfigError, match=r"no more rows .*its 2 rows are whole and stay"):
            file.append(row(i) for i in range(9))
        assert path.stat().st_size == 2 * length
    assert read_rows(path) == [row(0), row(1)]
    write(path, row(2))
    assert len(read_rows(path)) == 3


def test_a_device_without_room_is_told():
    with (
        RowsFile(Path("/dev/full")) as file,
        pytest.raises(ConfigError, match=os.strerror(28)),
    ):
        file.append([row(0)])


def test_order_is_put_in_at_once_or_not_at_all(path):
    def order(row):
        return row["image"]

    with RowsFile(path) as file:
        file.append([row(2), row(0)])
        with at_most(10):
            file.sort(order)
        assert read_rows(path) == [row(2), row(0)]
        file.sort(order)
        file.append([row(3)])
        with pytest.raises(ConfigError, match="another sweep"):
            RowsFile(path)
    assert read_rows(path) == [row(0), row(2), row(3)]
    assert [p.name for p in path.parent.iterdir()] == ["rows.jsonl"]


def test_compressed_rows_are_read_and_not_written(path):
    write(path, row(0))
    for suffix, module in ((".gz", gzip), (".xz", lzma)):
        packed = path.with_suffix(suffix)
        packed.write_bytes(module.compress(path.read_bytes()))
        assert read_rows(packed) == [row(0)]
        with pytest.raises(ConfigError, match="compress them after"):
            RowsFile(packed)
        packed.write_bytes(packed.read_bytes()[:40])
        with pytest.raises(ConfigError, match="cannot be unpacked"):
            read_rows(packed)


def test_figures_that_json_has_not_are_no_rows(path):
    with RowsFile(path) as file, pytest.raises(ValueError, match="JSON"):
        file.append([row(0, psnr_db=float("nan"))])
    assert read_rows(path) == []
