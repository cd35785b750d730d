# SPDX-License-Identifier: MIT
"""A calibrated copy differs from its profile in two lines only, and reads as one."""

import dataclasses

import pytest

from gsc_sdr.config.radio import radio_names, radio_profile
from gsc_sdr.config.radio_text import profile_text, with_gains
from gsc_sdr.errors import ConfigError


@pytest.mark.parametrize("name", radio_names())
def test_a_copy_differs_in_its_gains_alone(name, tmp_path):
    profile = radio_profile(name)
    tx, rx = (sum(port.gain_range_db) / 2 for port in (profile.tx, profile.rx))
    copy = tmp_path / "copy.toml"
    copy.write_text(with_gains(profile_text(name), tx, rx), encoding="utf-8")
    read = radio_profile(str(copy))
    assert read == dataclasses.replace(
        profile,
        tx=dataclasses.replace(profile.tx, gain_db=round(tx, 2)),
        rx=dataclasses.replace(profile.rx, gain_db=round(rx, 2)),
    )
    lines = profile_text(name).splitlines(), copy.read_text(encoding="utf-8").splitlines()
    assert len(lines[0]) == len(lines[1])
    assert sum(a != b for a, b in zip(*lines, strict=True)) == 2


def test_tables_and_lines_that_are_not_there_are_made(tmp_path):
    text = 'name = "mine"\ndriver = "uhd"\n\n[tx]\nantenna = "A"\n'
    path = tmp_path / "mine.toml"
    path.write_text(with_gains(text, 7.25, -0.0), encoding="utf-8")
    read = radio_profile(str(path))
    assert (read.tx.gain_db, read.tx.antenna, read.rx.gain_db) == (7.25, "A", 0.0)


def test_none_keeps_a_gain():
    text = profile_text("usrp_b200")
    assert with_gains(text, None, None) == text
    assert "gain_db = 30.0\n" in with_gains(text, 3.0, None)


def test_a_profile_that_is_not_one_has_no_text(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("a = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key 'a'"):
        profile_text(str(path))
