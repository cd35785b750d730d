# SPDX-License-Identifier: MIT
"""Profiles: those that ship can be read, those that do not exist are named."""

import pytest

from gsc_sdr.channel.profile import MODELS, ChannelProfile, profile, profile_names
from gsc_sdr.errors import ConfigError


def test_every_model_ships_and_two_sets_of_radios():
    named = {"ideal", "awgn", "usrp", "harsh"} | set(MODELS) - {"none"}
    assert set(profile_names()) == named
    for model in set(MODELS) - {"none"}:
        assert profile(model).model == model
    assert [name for name in profile_names() if profile(name).front_end.is_on] == ["harsh", "usrp"]


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_that_ships_can_be_read(name):
    got = profile(name)
    assert got.name == name
    assert got.model in MODELS
    assert got.summary


def test_only_the_ideal_channel_has_no_noise():
    assert [name for name in profile_names() if not profile(name).noise] == ["ideal"]


def test_a_users_own_file_is_read(tmp_path):
    path = tmp_path / "lift.toml"
    path.write_text('name = "lift"\nmodel = "tdl-b"\nspeed_mps = 2\n')
    assert profile(str(path)) == ChannelProfile("lift", "tdl-b", speed_mps=2.0)


@pytest.mark.parametrize("name", ["", "awgm", "../profiles/awgn"])
def test_an_unknown_name_lists_those_that_exist(name):
    with pytest.raises(ConfigError, match=r"choose one of: awgn, cdl-a, .*, tdl-e, usrp"):
        profile(name)


def test_an_unknown_key_is_refused_with_file_and_mend(tmp_path):
    path = tmp_path / "typo.toml"
    path.write_text('name = "typo"\nspeed_mp = 2\n')
    with pytest.raises(ConfigError, match=r"typo.toml: unknown key 'speed_mp'; did you mean"):
        profile(str(path))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("block_s", 0.0),
        ("delay_spread_s", 1.0),
        ("speed_mps", -1.0),
        ("carrier_hz", float("inf")),
        ("speed_mps", float("nan")),
        ("k_db", 61.0),
    ],
)
def test_a_figure_out_of_range_is_refused(key, value):
    with pytest.raises(ConfigError, match=f"{key} is {value}; give a number from"):
        ChannelProfile("bad", "tdl-a", **{key: value})


def test_an_unknown_model_lists_those_that_exist():
    with pytest.raises(
        ConfigError, match="model is 'cdl-f'; choose one of: none, rayleigh, rician"
    ):
        ChannelProfile("bad", "cdl-f")
