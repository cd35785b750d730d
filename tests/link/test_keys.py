# SPDX-License-Identifier: MIT
"""Keys: who knows them is let in, who does not is refused and counted."""

import stat

import pytest
import zmq

from gsc_sdr.errors import ConfigError
from gsc_sdr.link.endpoint import Endpoint, Plan
from gsc_sdr.link.keys import Keys, new_keys, require_keys
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.wire import Message

ANY = "tcp://127.0.0.1:*"


@pytest.fixture
def keys(tmp_path):
    return new_keys(tmp_path / "keys")


@pytest.fixture
def receiver(keys):
    with MessageReceiver(ANY, lambda message: message.values, keys) as end:
        yield end


def copied(tmp_path, keys, names):
    """Return the keys of a folder that has only some of the files."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((tmp_path / "keys" / name).read_bytes())
        (folder / name).chmod(0o600)
    return Keys.load(folder)


def test_secrets_can_be_read_by_their_owner_only(tmp_path, keys):
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "keys").iterdir()}
    assert modes == {
        "server.key": 0o644,
        "server.key_secret": 0o600,
        "client.key": 0o644,
        "client.key_secret": 0o600,
    }
    assert keys == Keys.load(tmp_path / "keys")
    assert keys.welcome == {keys.client}
    secrets = [keys.server_secret, keys.client_secret]
    assert all(secret.decode() not in repr(keys) for secret in secrets)
    public = [(tmp_path / "keys" / f"{n}.key").read_bytes() for n in ("server", "client")]
    assert not any(secret in text for secret in secrets for text in public)


def test_keys_are_not_overwritten(tmp_path, keys):
    with pytest.raises(ConfigError, match=r"has keys already .*another folder"):
        new_keys(tmp_path / "keys")
    assert Keys.load(tmp_path / "keys") == keys


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file/keys cannot hold keys"):
        new_keys(tmp_path / "file" / "keys")


def test_who_knows_the_keys_is_let_in(tmp_path, keys, receiver, within):
    client = copied(tmp_path, keys, ["server.key", "client.key", "client.key_secret"])
    with MessageSender(receiver.address, client) as sender:
        within(lambda: sender.send(Message("k", {"n": 1})))
        assert within(lambda: receiver.receive(0.1)) == {"n": 1}
    assert receiver.counts["strangers"] == 0


def test_another_client_is_let_in_once_its_public_key_is_there(tmp_path, keys, within):
    other = new_keys(tmp_path / "other")
    (tmp_path / "keys" / "laptop.key").write_bytes((tmp_path / "other" / "client.key").read_bytes())
    client = Keys(keys.server, frozenset(), None, other.client, other.client_secret)
    with (
        MessageReceiver(ANY, lambda m: m.kind, Keys.load(tmp_path / "keys")) as receiver,
        MessageSender(receiver.address, client) as sender,
    ):
        within(lambda: sender.send(Message("hello")))
        assert within(lambda: receiver.receive(0.1)) == "hello"


@pytest.mark.parametrize("kind", ["no keys", "another client", "another server"])
def test_a_stranger_is_refused_and_counted(tmp_path, keys, receiver, within, kind):
    other = new_keys(tmp_path / "other")
    stranger = {
        "no keys": None,
        "another client": Keys(keys.server, frozenset(), None, other.client, other.client_secret),
        "another server": Keys(other.server, frozenset(), None, keys.client, keys.client_secret),
    }[kind]
    with MessageSender(receiver.address, stranger) as sender:
        within(lambda: receiver.counts["strangers"] >= 1)
        assert not sender.send(Message("k"))
        assert sender.counts["undelivered"] == 1
    assert receiver.receive(0.0) is None
    assert receiver.counts["connections"] == 0
    with MessageSender(receiver.address, keys) as friend:
        within(lambda: friend.send(Message("k", {"n": 2})))
        assert within(lambda: receiver.receive(0.1)) == {"n": 2}


def test_a_client_with_keys_does_not_speak_with_a_server_without(keys, within):
    with (
        MessageReceiver(ANY, lambda m: m.kind) as receiver,
        MessageSender(receiver.address, keys) as sender,
    ):
        within(lambda: receiver.counts["strangers"] >= 1)
        assert not sender.send(Message("k"))


def test_beyond_this_machine_there_must_be_keys(keys):
    for address in ("tcp://*:5899", "tcp://0.0.0.0:5899", "tcp://192.0.2.1:5899"):
        with pytest.raises(ConfigError, match="gsc-sdr keys new") as caught:
            require_keys(address, None)
        assert address in str(caught.value)
        require_keys(address, keys)
    with pytest.raises(ConfigError, match="without keys"):
        MessageReceiver("tcp://*:*", lambda m: m)
    require_keys("tcp://127.0.0.1:5899", None)


@pytest.mark.parametrize("binds", [True, False])
def test_an_end_without_its_secret_is_told_which_file_is_missing(tmp_path, keys, binds):
    few = copied(tmp_path, keys, ["server.key", "client.key"])
    name = "server.key_secret" if binds else "client.key_secret"
    kind = zmq.SocketType.PULL if binds else zmq.SocketType.PUSH
    with pytest.raises(ConfigError, match=f"{name} is missing"):
        Endpoint(ANY if binds else "tcp://127.0.0.1:9", Plan(kind, binds, keys=few))


def test_files_that_are_no_keys_are_named(tmp_path, keys):
    folder = tmp_path / "keys"
    (folder / "client.key_secret").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Keys.load(folder)
    (folder / "client.key_secret").chmod(0o600)
    (folder / "client.key_secret").write_bytes((folder / "client.key").read_bytes())
    with pytest.raises(ConfigError, match="has no secret key"):
        Keys.load(folder)
    (folder / "client.key_secret").unlink()
    (folder / "server.key").write_text("public-key = short")
    with pytest.raises(ConfigError, match=r"server\.key cannot be read as a key"):
        Keys.load(folder)
    with pytest.raises(ConfigError, match="keys new"):
        Keys.load(tmp_path / "nowhere")
