# SPDX-License-Identifier: MIT
"""Messages one way: nobody waits, what is lost is counted, garbage changes nothing."""

import socket as plain_socket
import threading
import time

import numpy as np
import pytest
import zmq

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.wire import Chunk, Message

ANY = "tcp://127.0.0.1:*"
SENDER = """
import sys
from gsc_sdr.link.message import MessageSender
from gsc_sdr.link.wire import Message
with MessageSender(sys.argv[1]) as sender:
    n = 0
    while n < 50:
        n += sender.send(Message("k", {"n": n}))
"""


def number(message):
    if not isinstance(message.values.get("n"), int):
        raise ShapeError("n is no number; give one")
    return message.values["n"]


@pytest.fixture
def receiver():
    with MessageReceiver(ANY, number) as end:
        yield end


@pytest.fixture
def stranger(receiver):
    """Return a bare socket that is connected to the receiver."""
    context = zmq.Context()
    socket = context.socket(zmq.PUSH)
    socket.linger = 0
    socket.connect(receiver.address)
    yield socket
    socket.close()
    context.term()


def send(sender, within, *numbers):
    for n in numbers:
        within(lambda n=n: sender.send(Message("k", {"n": n})))


def take(receiver, within, n):
    got = []
    within(lambda: (x := receiver.receive(0.1)) is None or got.append(x) or len(got) >= n)
    while len(got) < n:
        within(lambda: (x := receiver.receive(0.1)) is not None and (got.append(x) or True))
    return got


def test_messages_come_in_order(receiver, within):
    with MessageSender(receiver.address) as sender:
        send(sender, within, *range(40))
        assert take(receiver, within, 40) == list(range(40))
        assert sender.counts["messages"] == receiver.counts["messages"] == 40
    assert receiver.counts["lost"] == 0


def test_arrays_come_along():
    with (
        MessageReceiver(ANY, lambda m: m.arrays["gain"]) as receiver,
        MessageSender(receiver.address) as sender,
    ):
        gain = np.array([1, 1j], np.complex64)
        while not sender.send(Message("k", {}, {"gain": gain})):
            pass
        assert np.array_equal(receiver.receive(60.0), gain)


def test_nobody_there_is_no_wait_but_a_count():
    with MessageSender("tcp://127.0.0.1:9") as sender:
        began = time.monotonic()
        assert [sender.send(Message("k", {"n": n})) for n in range(1000)] == [False] * 1000
        assert time.monotonic() - began < 20
        assert sender.counts["undelivered"] == 1000
    assert not sender.send(Message("k"))


def test_a_receiver_that_does_not_look_holds_nobody_up(within):
    with (
        MessageReceiver(ANY, number, queue=4) as receiver,
        MessageSender(receiver.address, queue=4) as sender,
    ):
        big = Message("k", {"n": 1}, {"a": np.zeros(100_000)})
        within(lambda: sender.send(big))
        within(lambda: not sender.send(big))
        assert sender.counts["messages"] < 200
        n_sent = sender.counts["messages"]
        assert take(receiver, within, n_sent) == [1] * n_sent
        assert receiver.counts["lost"] == 0


def test_a_receiver_that_is_busy_for_long_loses_nothing(within):
    with (
        MessageReceiver(ANY, number, queue=2) as receiver,
        MessageSender(receiver.address, queue=2) as sender,
    ):
        big = Message("k", {"n": 1}, {"a": np.zeros(100_000)})
        within(lambda: sender.send(big))
        until = time.monotonic() + 3  # twice a heartbeat's patience, had it one
        within(lambda: sender.send(big) is None or time.monotonic() > until)
        n_sent = sender.counts["messages"]
        assert take(receiver, within, n_sent) == [1] * n_sent
        assert receiver.counts["lost"] == receiver.counts["disconnections"] == 0


def test_the_latest_wins(receiver, within):
    with MessageSender(receiver.address) as sender:
        send(sender, within, *range(30))
        seen = []
        within(lambda: (x := receiver.latest()) is not None and (seen.append(x) or x == 29))
    counts = receiver.counts
    assert counts["superseded"] == 30 - len(seen)
    assert receiver.latest() is None


def test_many_may_send(receiver, within):
    with MessageSender(receiver.address) as one, MessageSender(receiver.address) as two:
        send(one, within, 1, 2, 3)
        send(two, within, 4, 5, 6)
        assert sorted(take(receiver, within, 6)) == [1, 2, 3, 4, 5, 6]
    assert receiver.counts["lost"] == 0


def test_either_end_may_start_first_and_the_receiver_may_come_back(tmp_path, within):
    address = f"ipc://{tmp_path}/control"
    with MessageSender(address) as sender:
        for generation in range(3):
            with MessageReceiver(address, number) as receiver:
                again = Message("k", {"n": generation})  # the first may go with the one before
                within(lambda m=again: sender.send(m) and receiver.receive(0.2) == m.values["n"])


def test_what_a_program_sent_before_it_ended_arrives(receiver, program, within):
    process = program(SENDER, receiver.address)
    assert take(receiver, within, 50) == list(range(50))
    assert process.wait(60) == 0
    assert receiver.counts["lost"] == 0


def test_a_number_that_is_left_out_is_a_loss(receiver, stranger, within):
    def stamped(who, sequence):
        stamp = who.to_bytes(8, "big") + sequence.to_bytes(8, "big")
        stranger.send_multipart([stamp, *Message("k", {"n": sequence}).pack()])

    for who in range(100):
        stamped(who, 7)
    for sequence in (8, 9, 12):
        stamped(99, sequence)
    stamped(0, 9)  # long forgotten
    assert len(take(receiver, within, 104)) == 104
    assert receiver.counts["lost"] == 2


def test_garbage_is_counted_and_changes_nothing(receiver, stranger, within):
    stamp = bytes(16)
    bad = [
        [b""],
        [b"x" * 15, *Message("k", {"n": 1}).pack()],
        [stamp],
        [stamp, b"garbage"],
        [stamp, *Message("k", {"n": "one"}).pack()],
        [stamp, *Chunk(1, 0, 0, np.zeros(1, np.complex64)).pack()],
        [stamp, *Message("k", {"n": 1}).pack(), b"more"],
        [b""] * 100,
    ]
    for parts in bad:
        stranger.send_multipart(parts)
    within(lambda: receiver.receive(0.05) is None and receiver.counts["malformed"] == len(bad))
    assert "refused" in str(receiver.error)
    with MessageSender(receiver.address) as sender:
        send(sender, within, 5)
        assert take(receiver, within, 1) == [5]


def test_who_sends_too_much_is_disconnected(within):
    with MessageReceiver(ANY, number, max_bytes=10_000) as receiver:
        with MessageSender(receiver.address) as big:
            message = Message("k", {"n": 1}, {"a": np.zeros(10_000)})
            within(lambda: big.send(message))
            within(lambda: receiver.counts["disconnections"])
        with MessageSender(receiver.address) as small:
            send(small, within, 3)
            assert take(receiver, within, 1) == [3]


def test_what_is_no_zeromq_is_a_stranger(receiver, within):
    port = int(receiver.address.rpartition(":")[2])
    with plain_socket.create_connection(("127.0.0.1", port)) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: radio\r\n\r\n" + b"x" * 500)
    within(lambda: receiver.counts["strangers"] == 1)
    assert receiver.counts["connections"] == 0


def test_an_address_in_use_is_named(receiver):
    with pytest.raises(ConfigError, match="in use"):
        MessageReceiver(receiver.address, number)
    with pytest.raises(ConfigError, match="names no port"):
        MessageSender(ANY)


def test_a_call_that_waits_ends_when_its_time_is_over_or_the_end_closes(receiver):
    assert receiver.receive(0.1) is None
    thread = threading.Thread(target=receiver.receive, args=(60.0,))
    thread.start()
    receiver.close()
    thread.join(20)
    assert not thread.is_alive()
    assert receiver.receive(60.0) is None
