# SPDX-License-Identifier: MIT
"""Settings of a stream: they survive the wire, and what differs is said with both values."""

import json

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.link.info import StreamInfo
from gsc_sdr.phy.ofdm import OfdmConfig

WIDE = OfdmConfig(
    n_fft=4096,
    n_cp=64,
    data_carriers=tuple(c for c in range(-2000, 2001) if c and c % 100),
    pilot_carriers=tuple(c for c in range(-2000, 2001, 100) if c),
)


@pytest.mark.parametrize("ofdm", [OfdmConfig(), OfdmConfig(n_cp=8, n_payload=12), WIDE])
def test_settings_survive_the_wire(ofdm):
    info = StreamInfo(1_920_000, ofdm)
    text = json.dumps(info.to_values())
    assert len(text) < 65_000
    assert StreamInfo.from_values(json.loads(text)) == info
    assert info.differences(StreamInfo.from_values(json.loads(text))) == []


def test_every_setting_that_differs_is_named_with_both_values():
    ours, theirs = StreamInfo(1e6), StreamInfo(2e6, OfdmConfig(n_cp=8, n_header=9, n_payload=30))
    assert ours.differences(theirs) == [
        "the other end has sample_rate 2e+06, this end 1e+06",
        "the other end has n_cp 8, this end 16",
        "the other end has n_header 9, this end 8",
        "the other end has n_payload 30, this end 24",
    ]


def test_carriers_are_said_as_ranges():
    (said,) = StreamInfo(1e6).differences(
        StreamInfo(1e6, OfdmConfig(data_carriers=OfdmConfig().data_carriers[:-1]))
    )
    assert "data_carriers -26..-22, -20..-8, -6..-1, 1..6, 8..20, 22..25, this end -26" in said


@pytest.mark.parametrize("rate", [0, -1e6, float("inf"), float("nan")])
def test_a_rate_that_cannot_be_is_refused(rate):
    with pytest.raises(ConfigError, match="sample_rate is"):
        StreamInfo(rate)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"sample_rate": "1e6"},
        {"sample_rate": 1e6, "more": 1},
        {"sample_rate": 1e6, "ofdm": {"n_fft": 7}},
        {"sample_rate": 1e6, "ofdm": {"data_carriers": [[1]]}},
    ],
)
def test_settings_that_cannot_be_read_are_refused(values):
    with pytest.raises(ConfigError, match="settings of the other end"):
        StreamInfo.from_values(values)
