# SPDX-License-Identifier: MIT
"""Where sockets stand: on this machine, unless a user names another address."""

from __future__ import annotations

import re

from gsc_sdr.errors import ConfigError

__all__ = ["AIR_IN", "AIR_OUT", "CONTROL", "ENGINE", "PDU", "check_address"]

AIR_IN = "tcp://127.0.0.1:5801"  # samples, transmitter to channel
AIR_OUT = "tcp://127.0.0.1:5802"  # samples, channel to receiver
CONTROL = "tcp://127.0.0.1:5803"  # channel state, receiver back to transmitter
ENGINE = "tcp://127.0.0.1:5804"  # pictures and symbols, to the networks and back
PDU = "tcp://127.0.0.1:5805"  # frames and pictures, receiver to decoder

_TCP = re.compile(r"tcp://(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):(?P<port>\*|\d{1,5})")
_IPC_BYTES = 107  # the longest path of a Unix socket


def check_address(text: str) -> str:
    """Return an address that a socket can have, as it came.

    Parameters
    ----------
    text : str
        ``tcp://HOST:PORT`` or ``ipc://PATH``. For who binds, a port of ``*`` is any
        that is free.

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> check_address("tcp://127.0.0.1:5801")
    'tcp://127.0.0.1:5801'
    """
    if not isinstance(text, str):
        raise ConfigError(f"address is {text!r}; give text such as {AIR_IN}")
    if text.startswith("ipc://"):
        if not 0 < len(text.encode()) - len("ipc://") <= _IPC_BYTES or "\0" in text:
            raise ConfigError(
                f"address is {text[:200]!r}; the path of a Unix socket has 1 to {_IPC_BYTES} bytes"
            )
        return text
    found = _TCP.fullmatch(text)
    if not found or not (found["port"] == "*" or 1 <= int(found["port"]) <= 65535):
        raise ConfigError(
            f"address is {text[:200]!r}; give tcp://HOST:PORT with a port from 1 to 65535, such "
            f"as {AIR_IN}, or ipc://PATH"
        )
    return text
