# SPDX-License-Identifier: MIT
"""Profiles that ship are known by name; others by their file."""

from dataclasses import dataclass

import pytest

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.config.shipped import read_shipped, shipped_names
from gsc_sdr.errors import ConfigError

FOLDER = "channel/profiles"


@dataclass(frozen=True)
class Thing:
    """Any settings."""

    size: int = 1


def test_names_are_those_of_the_files(root):
    files = sorted(path.stem for path in (root / "gsc_sdr" / FOLDER).glob("*.toml"))
    assert shipped_names(FOLDER) == files
    assert "awgn" in files


def test_a_folder_that_does_not_ship_has_none():
    assert shipped_names("nowhere") == []


def test_a_name_is_read_and_so_is_a_file(tmp_path):
    assert read_shipped(ChannelProfile, FOLDER, "awgn", "channel").name == "awgn"
    (tmp_path / "mine.toml").write_text("size = 7\n", encoding="utf-8")
    assert read_shipped(Thing, FOLDER, str(tmp_path / "mine.toml"), "thing") == Thing(7)


@pytest.mark.parametrize("name", ["nothing", "", "../profiles/awgn", "awgn.tom"])
def test_an_unknown_name_is_refused_with_those_that_exist(name):
    with pytest.raises(ConfigError, match=r"channel is .*; choose one of: awgn, .* \.toml file"):
        read_shipped(ChannelProfile, FOLDER, name, "channel")
