# SPDX-License-Identifier: MIT
"""Garbage on every socket: no crash, no growth of memory, and the link works afterwards."""

import contextlib
import json
import socket as plain_socket
import threading

import numpy as np
import psutil
import pytest
import zmq

from gsc_sdr.errors import GscError
from gsc_sdr.link.calls import to_message
from gsc_sdr.link.engine import FakeEngine, Received
from gsc_sdr.link.feedback import Feedback
from gsc_sdr.link.keys import new_keys
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.remote import ZmqEngine
from gsc_sdr.link.serve import EngineServer, serve
from gsc_sdr.link.stream import StreamInfo, StreamReceiver, StreamSender
from gsc_sdr.link.wire import Chunk, Message

ANY = "tcp://127.0.0.1:*"
INFO = StreamInfo(1e6)
IMAGE = np.zeros((16, 16, 3), np.uint8)
SAMPLES = np.arange(50).astype(np.complex64)
PLACE = {"stream": 1, "sequence": 0, "first_sample": 0}
FEEDBACK = Feedback(1, 2, 3.0, 0.5, 6.0, np.ones(52, np.complex64))
MESSAGES = [
    Message("hello", {"receiver": 5, "info": INFO.to_values()}),
    Message("credit", {"stream": 1, "taken": 0, "up_to": 8}),
    Message("bye", {"stream": 1, "taken": 0, "up_to": 8, "sequence": 4}),
    Message("info", PLACE | {"info": INFO.to_values()}),
    Message("refused", {"reason": "no"}),
    Message("ping"),
    Chunk(1, 0, 0, SAMPLES),
    FEEDBACK.to_message(),
    Message("about"),
    Message("encode", {"prompt": "p", "rate": "1/48"}, {"image": IMAGE}),
    to_message("decode", Received(SAMPLES, np.ones(50, np.float32), 16, 16, 0, 0)),
    Message("done", {"models": {}}),
    Message("mark", {"name": "idle", "value": 3}),
    Message("pdu", {"image_id": 3, "prompt": "x"}, {"data": SAMPLES, "meta/gain": SAMPLES}),
    Message("error", {"type": "FrameError", "text": "x", "cause": "y"}),
]
SEEDS = [[bytes(part) for part in message.pack()] for message in MESSAGES]
COUNTS = pytest.mark.parametrize(
    "n_messages", [2000, pytest.param(100_000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
MOST_GROWTH = 48 * 2**20  # bytes: pages of several threads' heaps; 10^5 leaks would be more


def random_value(rng, depth=0):
    kind = rng.integers(0, 8 if depth < 3 else 6)
    if kind == 6:
        return [random_value(rng, depth + 1) for _ in range(rng.integers(0, 4))]
    if kind == 7:
        return {str(n): random_value(rng, depth + 1) for n in range(rng.integers(0, 4))}
    plain = [None, True, int(rng.integers(-5, 2**40)), 1e300 * rng.normal(), "x" * 9, -(10**50)]
    return plain[kind]


def changed(rng, parts):
    """Return parts with some bytes or parts changed, missing or doubled."""
    parts = [bytearray(part) for part in parts]
    which = rng.integers(0, len(parts))
    kind = rng.integers(0, 5)
    if kind == 0:
        parts.insert(which, bytearray(rng.bytes(rng.integers(0, 60))))
    elif kind == 1 and len(parts) > 1:
        del parts[which]
    elif kind == 2:
        del parts[which][rng.integers(0, len(parts[which]) + 1) :]
    else:
        for _ in range(rng.integers(1, 6)):
            if parts[which]:
                parts[which][rng.integers(0, len(parts[which]))] = rng.integers(0, 256)
    return parts


def garbage(rng):
    """Return the parts of one message that nobody should send."""
    kind = rng.integers(0, 8)
    seed = SEEDS[rng.integers(0, len(SEEDS))]
    if kind == 0:
        return [rng.bytes(rng.integers(0, 300)) for _ in range(rng.integers(1, 25))]
    if kind == 1:
        return [b"GSC\x01" + rng.bytes(rng.integers(0, 100)), *seed[1:]]
    if kind == 2:
        head = {"kind": ["hello", "info", "encode"][rng.integers(0, 3)], "arrays": []}
        head["values"] = {name: random_value(rng) for name in ("info", "stream", "prompt")}
        return [b"GSC\x01" + json.dumps(head).encode()]
    return changed(rng, seed)


class Enemy:
    """A socket that floods another, beside it a plain one that knows no ZeroMQ."""

    def __init__(self, kind, address, prefix=0):
        self.context = zmq.Context()
        self.socket = self.context.socket(kind)
        self.socket.linger = 0
        self.socket.sndtimeo = 50
        self.socket.connect(address)
        self.address = address
        self.prefix = prefix
        self.rng = np.random.default_rng(5)

    def flood(self, n_messages, step=lambda: None):
        """Send garbage; call ``step`` now and then, and check that memory does not grow."""
        before = None
        for n in range(n_messages):
            parts = garbage(self.rng)
            if self.prefix and n % 3:
                parts.insert(0, self.rng.bytes(self.prefix))
            while True:
                try:
                    self.socket.send_multipart(parts)
                    break
                except zmq.Again:
                    step()
            if n % 50 == 0:
                step()
            if n == n_messages // 5:
                before = psutil.Process().memory_info().rss
            if n % (n_messages // 40) == 0:
                self.shout()
        step()
        assert psutil.Process().memory_info().rss - before < MOST_GROWTH

    def shout(self):
        """Send random bytes over a plain connection."""
        host, _, port = self.address.removeprefix("tcp://").rpartition(":")
        with (
            contextlib.suppress(OSError),
            plain_socket.create_connection((host, int(port))) as plain,
        ):
            plain.sendall(self.rng.bytes(self.rng.integers(1, 5000)))

    def close(self):
        self.socket.close()
        self.context.term()


@pytest.fixture
def enemy():
    """Return a function that makes an enemy, gone when the test ends."""
    made = []

    def make(*arguments):
        made.append(Enemy(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


@COUNTS
def test_a_stream_runs_on_while_its_sender_is_flooded(enemy, within, n_messages):
    with StreamSender(ANY, INFO) as sender, StreamReceiver(sender.address, INFO) as receiver:
        within(lambda: receiver.receive(0.01) is None and sender.connected)

        def step():
            if sender.send(SAMPLES, 0.0):
                samples = within(lambda: (x := receiver.receive(0.1)) is not None and [x])[0]
                assert np.array_equal(samples, SAMPLES)
            else:
                receiver.receive(0.0)

        enemy(zmq.DEALER, sender.address).flood(n_messages, step)
        within(lambda: step() or sender.counts["malformed"] > n_messages // 2)
        assert sender.counts["receivers"] == 1
        assert receiver.counts["lost_messages"] == receiver.counts["malformed"] == 0
        assert receiver.counts["samples"] >= 50 * (n_messages // 100)


@COUNTS
def test_a_flooded_receiver_gets_its_stream_afterwards(within, n_messages):
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    socket.router_mandatory = 1
    address = f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"
    rng = np.random.default_rng(6)
    with StreamReceiver(address, INFO) as receiver:
        peer = within(lambda: receiver.receive(0.0) is None and socket.poll(20)) and socket.recv()
        while socket.rcvmore:
            socket.recv()
        before = None
        for n in range(n_messages):
            while True:
                try:
                    socket.send_multipart([peer, *garbage(rng)], zmq.DONTWAIT)
                    break
                except zmq.Again:
                    receiver.receive(0.0)
                except zmq.ZMQError:  # garbage of too many bytes: it comes back with a new name
                    within(lambda: receiver.receive(0.0) is None and socket.poll(20))
                    peer = socket.recv_multipart()[0]
            if n % 20 == 0:
                receiver.receive(0.0)
            if n == n_messages // 5:
                before = psutil.Process().memory_info().rss
        within(
            lambda: (
                receiver.receive(0.0) is None
                and receiver.counts["malformed"] + receiver.counts["mismatched"] > n_messages // 3
            )
        )
        assert psutil.Process().memory_info().rss - before < MOST_GROWTH
        socket.close()
        context.term()
        with StreamSender(address, INFO) as sender:
            within(lambda: receiver.receive(0.05) is None and sender.connected)
            within(lambda: sender.send(SAMPLES, 0.1))
            came = within(lambda: (x := receiver.receive(0.1)) is not None and [x])[0]
            assert np.array_equal(came, SAMPLES)
            assert receiver.mismatch == ""


@COUNTS
@pytest.mark.parametrize("with_keys", [False, True], ids=["open", "keys"])
def test_a_flooded_control_channel_gets_feedback_afterwards(
    enemy, within, tmp_path, n_messages, with_keys
):
    keys = new_keys(tmp_path / "keys") if with_keys else None
    with MessageReceiver(ANY, Feedback.from_message, keys) as receiver:
        foe = enemy(zmq.PUSH, receiver.address, 16)
        if with_keys:
            keys.apply(foe.socket, binds=False)  # one that has a key and a fault
            foe.socket.disconnect(receiver.address)
            foe.socket.connect(receiver.address)
        foe.flood(n_messages, receiver.latest)
        within(lambda: receiver.latest() is None and receiver.counts["malformed"] > n_messages / 2)
        with MessageSender(receiver.address, keys) as sender:
            within(lambda: sender.send(FEEDBACK.to_message()))
            came = within(receiver.latest)
            assert came.snr_db == FEEDBACK.snr_db
        assert len(receiver._expected) <= 64


@pytest.mark.radio
@COUNTS
def test_a_flooded_pdu_block_gives_out_what_is_good_afterwards(enemy, within, n_messages):
    from gsc_sdr.blocks.pdu_in import PduIn

    block = PduIn(ANY)
    block.start()
    enemy(zmq.PUSH, block.address, 16).flood(n_messages)
    within(lambda: block.counts["malformed"] > n_messages / 2)
    with MessageSender(block.address) as sender:
        within(lambda: sender.send(Message("mark", {"name": "idle", "value": 7})))
        within(lambda: block._link._expected.get(sender._who) == 1)
    assert len(block._reader._names) <= 256
    block.stop()


@COUNTS
def test_a_flooded_engine_answers_afterwards(enemy, n_messages):
    ready, done, servers = threading.Event(), threading.Event(), []
    thread = threading.Thread(
        target=serve,
        args=(FakeEngine(), ANY, None, done.is_set, lambda s: (servers.append(s), ready.set())),
    )
    thread.start()
    try:
        assert ready.wait(60)
        enemy(zmq.DEALER, servers[0].address, 16).flood(n_messages)
        with ZmqEngine(servers[0].address) as engine:
            assert engine.encode(IMAGE, "p", "1/48").width == 16
        assert servers[0].counts["malformed"] > n_messages / 2
        assert len(servers[0].counts) < 20
    finally:
        done.set()
        thread.join(60)


@COUNTS
def test_an_engine_that_answers_garbage_is_an_error_and_no_more(within, n_messages):
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    address = f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}"
    done, rng = threading.Event(), np.random.default_rng(7)

    def answer():
        while not done.is_set():
            if socket.poll(20):
                peer, name, *_ = socket.recv_multipart()
                for _ in range(50):
                    socket.send_multipart([peer, rng.bytes(16), *garbage(rng)])
                socket.send_multipart([peer, name, b"garbage"])

    thread = threading.Thread(target=answer)
    thread.start()
    with ZmqEngine(address) as engine:
        before = psutil.Process().memory_info().rss
        for _ in range(n_messages // 50):
            with pytest.raises(GscError):
                engine.encode(IMAGE, "", "1/48")
        assert psutil.Process().memory_info().rss - before < MOST_GROWTH
        done.set()
        thread.join(60)
        socket.close()
        context.term()
        with EngineServer(FakeEngine(), address) as server:
            asking = threading.Thread(target=lambda: engine.encode(IMAGE, "", "1/48"))
            asking.start()
            within(lambda: server.step() and server.counts["encode"] == 1)
            asking.join(60)
