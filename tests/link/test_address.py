# SPDX-License-Identifier: MIT
"""Addresses: what a socket can have passes as it came, the rest is refused with the mend."""

import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.link import address
from gsc_sdr.link.address import check_address
from gsc_sdr.link.keys import is_local


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("tcp://127.0.0.1:5801", True),
        ("tcp://127.1.2.3:1", True),
        ("tcp://localhost:65535", True),
        ("tcp://[::1]:5801", True),
        ("tcp://127.0.0.1:*", True),
        ("ipc:///tmp/air", True),
        ("ipc://@air", True),
        ("tcp://*:5801", False),
        ("tcp://0.0.0.0:5801", False),
        ("tcp://192.168.1.2:5801", False),
        ("tcp://[::]:5801", False),
        ("tcp://eth0:5801", False),
        ("tcp://radio.example.org:5801", False),
    ],
)
def test_what_a_socket_can_have_passes(text, local):
    assert check_address(text) == text
    assert is_local(text) is local


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.0.0.1:5801",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:port",
        "tcp://:5801",
        "tcp://a b:5801",
        "tcp://127.0.0.1:5801 ",
        "udp://127.0.0.1:5801",
        "inproc://here",
        "ipc://",
        "ipc://" + "x" * 108,
        "ipc://a\0b",
        "x" * 100_000,
        None,
        5801,
    ],
)
def test_the_rest_is_refused_with_the_mend(text):
    with pytest.raises(ConfigError, match="address is") as caught:
        check_address(text)
    assert len(str(caught.value)) < 500


def test_the_defaults_are_of_this_machine_and_distinct():
    own = [getattr(address, name) for name in ("AIR_IN", "AIR_OUT", "CONTROL", "ENGINE", "PDU")]
    assert len(set(own)) == 5
    assert all(is_local(check_address(entry)) for entry in own)
