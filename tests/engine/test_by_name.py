# SPDX-License-Identifier: MIT
"""Codecs by name: each name opens what it says, and a wrong one is told the right ones."""

import pytest

from gsc_sdr.engine.by_name import CodecOptions, codec_names, is_bound, open_codec, read_name
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.learn


def test_the_products_own_codec_opens():
    assert isinstance(open_codec("gsc"), LocalEngine)


@pytest.mark.parametrize("name", [name for name in codec_names() if name.endswith("+ldpc")])
def test_a_digital_codec_knows_its_snr(name):
    assert open_codec(name, CodecOptions(snr_db=7.5)).snr_db == 7.5
    assert open_codec(f"{name}@12", CodecOptions(snr_db=7.5)).snr_db == 12


def test_a_name_may_say_what_its_modulation_is_chosen_for():
    codec, options = read_name("heic+ldpc@-2.5:tdl-c", CodecOptions(device="auto"))
    assert codec == "heic+ldpc"
    assert (options.snr_db, options.channel, options.device) == (-2.5, "tdl-c", "auto")


@pytest.mark.parametrize("name", ["", "gif+ldpc", "avif", "@10", "avif+ldpc@", "avif+ldpc@ten"])
def test_an_unknown_name_is_refused_with_those_that_exist(name):
    with pytest.raises(ConfigError, match=r"avif\+ldpc"):
        open_codec(name)


def test_an_snr_is_for_digital_codecs_alone():
    with pytest.raises(ConfigError, match="only digital"):
        read_name("gsc@10")


def test_a_bound_does_not_go_over_the_air():
    assert is_bound("avif+capacity")
    assert not is_bound("avif+ldpc")
    with pytest.raises(ConfigError, match="bench sweep"):
        open_codec("avif+capacity")
