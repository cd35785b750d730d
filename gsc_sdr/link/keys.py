# SPDX-License-Identifier: MIT
"""CURVE keys: who may speak with the control, engine and PDU sockets.

The program that binds a socket holds the server's secret and knows the public
keys of its clients; a client holds its own secret and the server's public key.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

import zmq
import zmq.auth
from zmq.utils import z85

from gsc_sdr.errors import ConfigError

__all__ = ["Keys", "is_local", "new_keys", "require_keys"]

_KEY_BYTES = 32
_SERVER, _CLIENT = "server", "client"
_MEND = "make a pair with `gsc-sdr keys new FOLDER`"


@dataclass(frozen=True)
class Keys:
    """What one program knows of keys.

    Attributes
    ----------
    server : bytes
        The server's public key, Z85.
    welcome : frozenset of bytes
        Public keys of the clients that the server lets in.
    server_secret : bytes or None
        For who binds.
    client, client_secret : bytes or None
        For who connects.
    folder : str
        Where they were read, for messages.
    """

    server: bytes
    welcome: frozenset[bytes]
    server_secret: bytes | None = field(default=None, repr=False)
    client: bytes | None = None
    client_secret: bytes | None = field(default=None, repr=False)
    folder: str = ""

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Keys:
        """Read the keys of a folder.

        ``server.key`` must be there; who binds needs ``server.key_secret`` too, who
        connects ``client.key_secret``. Every other ``*.key`` is a client that may
        come in.

        Raises
        ------
        ConfigError
            If a file is missing, is no key, or a secret can be read by others.
        """
        place = Path(folder)
        server, _ = _read(place / f"{_SERVER}.key")
        others = [p for p in sorted(place.glob("*.key")) if p.stem != _SERVER]
        secret, client = place / f"{_SERVER}.key_secret", place / f"{_CLIENT}.key_secret"
        pair = _read(client) if client.exists() else (None, None)
        return cls(
            server=server,
            welcome=frozenset(_read(path)[0] for path in others),
            server_secret=_read(secret)[1] if secret.exists() else None,
            client=pair[0],
            client_secret=pair[1],
            folder=str(place),
        )

    def apply(self, socket: zmq.Socket[bytes], binds: bool) -> None:
        """Make a socket speak CURVE.

        Raises
        ------
        ConfigError
            If the secret that this end needs is not there.
        """
        name = _SERVER if binds else _CLIENT
        secret = self.server_secret if binds else self.client_secret
        if secret is None:
            raise ConfigError(
                f"{self.folder}/{name}.key_secret is missing: copy it here, or {_MEND}"
            )
        socket.curve_secretkey = secret
        if binds:
            socket.curve_server = True
        else:
            socket.curve_publickey = self.client or b""
            socket.curve_serverkey = self.server


def new_keys(folder: str | os.PathLike[str]) -> Keys:
    """Make a pair of keys for the server and one for a client.

    Secrets can be read by their owner only. Take ``server.key``, ``client.key`` and
    ``client.key_secret`` to the other machine.

    Raises
    ------
    ConfigError
        If there are keys in the folder already, or it cannot be written.
    """
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if held := sorted(path.name for path in place.glob("*.key*")):
            raise ConfigError(
                f"{place} has keys already ({', '.join(held)}): give another folder, or remove them"
            )
        mask = os.umask(0o077)
        try:
            for name in (_SERVER, _CLIENT):
                zmq.auth.create_certificates(place, name)
        finally:
            os.umask(mask)
        for path in place.glob("*.key"):
            path.chmod(0o644)
    except OSError as error:
        raise ConfigError(
            f"{place} cannot hold keys ({error.strerror}): give a folder that can be written"
        ) from error
    return Keys.load(place)


def is_local(address: str) -> bool:
    """Return whether only programs of this machine can reach an address.

    >>> is_local("tcp://127.0.0.1:5801"), is_local("tcp://*:5801"), is_local("ipc:///tmp/air")
    (True, False, True)
    """
    kind, _, place = address.partition("://")
    host = place.rpartition(":")[0].strip("[]")
    try:
        return kind == "ipc" or host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, or an interface
        return False


def require_keys(address: str, keys: Keys | None) -> None:
    """Refuse to bind where other machines can reach without keys.

    Raises
    ------
    ConfigError
        If the address is beyond loopback and there are no keys.
    """
    if keys is None and not is_local(address):
        raise ConfigError(
            f"{address} can be reached from other machines and is bound without keys: {_MEND} and "
            "give that folder, or bind to tcp://127.0.0.1"
        )


def _read(path: Path) -> tuple[bytes, bytes | None]:
    """Read public and secret key of a file."""
    is_secret = path.suffix == ".key_secret"
    try:
        if is_secret and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: run `chmod 600 {path}`")
        public, secret = zmq.auth.load_certificate(path)
        for key in filter(None, (public, secret)):
            if len(z85.decode(key)) != _KEY_BYTES:
                raise ValueError(f"a key has {_KEY_BYTES} bytes")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as a key ({error}): {_MEND}") from error
    if is_secret and secret is None:
        raise ConfigError(f"{path} has no secret key: {_MEND}")
    return public, secret
