# SPDX-License-Identifier: MIT
"""A sample stream: nothing is lost unseen, either end may come, go and come back."""

import gc
import signal
import threading
import time
import weakref

import numpy as np
import pytest
import zmq

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.link.stream import StreamInfo, StreamReceiver, StreamSender
from gsc_sdr.link.wire import MAX_SAMPLES, Chunk, Message, unpack
from gsc_sdr.phy.ofdm import OfdmConfig

ANY = "tcp://127.0.0.1:*"
INFO = StreamInfo(1e6)
RECEIVER = """
import signal
import sys
from gsc_sdr.link.stream import StreamInfo, StreamReceiver
with StreamReceiver(sys.argv[1], StreamInfo(1e6)) as receiver:
    while True:
        if receiver.receive(1.0) is not None:
            print("samples", flush=True)
            signal.pause() if len(sys.argv) > 2 else None
"""
SENDER = """
import sys
import numpy as np
from gsc_sdr.link.stream import StreamInfo, StreamSender
with StreamSender(sys.argv[1], StreamInfo(1e6)) as sender:
    print(sender.address, flush=True)
    while True:
        sender.send(np.full(100, sys.argv[2], np.complex64), 1.0)
"""


def ramp(start, n):
    return np.arange(start, start + n).astype(np.complex64)


@pytest.fixture
def sender():
    with StreamSender(ANY, INFO) as end:
        yield end


@pytest.fixture
def pair(sender):
    with StreamReceiver(sender.address, INFO) as receiver:
        yield sender, receiver


@pytest.fixture
def deliver(within):
    """Return a function that sends samples and returns those that come out."""

    def run(sender, receiver, samples):
        assert_sent = threading.Thread(
            target=lambda: within(lambda: sender.send(samples, 1.0)), daemon=True
        )
        assert_sent.start()
        came = within(lambda: (x := receiver.receive(0.1)) is not None and [x])
        assert_sent.join()
        return came[0]

    return run


def test_samples_come_out_as_they_went_in(pair, deliver):
    sender, receiver = pair
    for n in (1, 4096, MAX_SAMPLES):
        assert np.array_equal(deliver(sender, receiver, ramp(n, n)), ramp(n, n))
    counts = {"messages": 3, "samples": 1 + 4096 + MAX_SAMPLES}
    assert counts.items() <= sender.counts.items()
    assert counts.items() <= receiver.counts.items()
    assert (sender.connected, receiver.connected) == (True, True)
    assert (sender.mismatch, receiver.mismatch, receiver.refusal) == ("", "", "")


def test_the_sixth_version_of_the_internet_is_one_too(deliver):
    try:
        sender = StreamSender("tcp://[::1]:*", INFO)
    except ConfigError as error:
        pytest.skip(str(error))
    with sender, StreamReceiver(sender.address, INFO) as receiver:
        assert np.array_equal(deliver(sender, receiver, ramp(0, 3)), ramp(0, 3))


def test_values_that_are_not_finite_pass(pair, deliver):
    odd = np.array([np.nan, np.inf, complex(0, -np.inf)], np.complex64)
    assert deliver(*pair, odd).tobytes() == odd.tobytes()


def test_strided_samples_pass_and_none_is_nothing(pair, deliver):
    assert np.array_equal(deliver(*pair, ramp(0, 10)[::2]), ramp(0, 10)[::2])
    assert pair[0].send(np.zeros(0, np.complex64), 0.0)
    assert pair[0].counts["messages"] == 1


@pytest.mark.parametrize("receiver_first", [True, False])
def test_either_end_may_start_first(tmp_path, deliver, receiver_first):
    address = f"ipc://{tmp_path}/air"
    ends = {}
    for kind in (StreamReceiver, StreamSender)[:: 1 if receiver_first else -1]:
        ends[kind] = kind(address, INFO)
        if receiver_first:
            assert kind is not StreamReceiver or ends[kind].receive(0.3) is None
        elif kind is StreamSender:
            assert not ends[kind].send(ramp(0, 3), 0.3)
    with ends[StreamSender] as sender, ends[StreamReceiver] as receiver:
        assert np.array_equal(deliver(sender, receiver, ramp(5, 3)), ramp(5, 3))
        assert receiver.counts["samples"] == 3


def test_a_receiver_that_takes_nothing_holds_the_sender_back(pair, deliver, within):
    sender, receiver = pair
    deliver(sender, receiver, ramp(0, 10))
    while sender.send(ramp(0, 10), 0.2):
        assert sender.counts["messages"] < 100
    n_sent = sender.counts["messages"]
    assert n_sent <= 1 + 16 + 16
    for _ in range(n_sent - 1):
        assert within(lambda: receiver.receive(0.1) is not None)
    assert receiver.counts["lost_samples"] == sender.counts["lost_samples"] == 0
    assert receiver.counts["samples"] == 10 * n_sent


def test_no_call_takes_longer_than_it_may(sender):
    began = time.monotonic()
    with StreamReceiver("tcp://127.0.0.1:9", INFO) as receiver:
        assert receiver.receive(0.2) is None
        assert receiver.receive(0.0) is None
    assert not sender.send(ramp(0, 3), 0.2)
    assert not sender.send(ramp(0, 3), 0.0)
    assert time.monotonic() - began < 10  # the machine may be loaded; never is the promise


def test_a_long_stream_comes_whole_and_in_order(pair):
    sender, receiver = pair
    cuts = np.random.default_rng(1).integers(1, 5000, 400)
    sent = ramp(0, int(cuts.sum()))

    def send():
        for part in np.split(sent, np.cumsum(cuts)[:-1]):
            while not sender.send(part, 1.0):
                pass

    thread = threading.Thread(target=send)
    thread.start()
    parts, n_samples = [], 0
    while n_samples < len(sent):
        part = receiver.receive(1.0)
        if part is not None:
            parts.append(part)
            n_samples += len(part)
    thread.join()
    assert np.array_equal(np.concatenate(parts), sent)
    assert receiver.counts["lost_messages"] == 0


def test_a_second_receiver_is_refused_and_takes_over_when_the_first_ends(sender, deliver, within):
    with StreamReceiver(sender.address, INFO) as second:
        with StreamReceiver(sender.address, INFO) as first:
            within(lambda: first.receive(0.05) is None and first.connected)
            within(lambda: second.receive(0.05) is None and second.refusal)
            assert "has a receiver already" in second.refusal
            assert np.array_equal(deliver(sender, first, ramp(0, 9)), ramp(0, 9))
            assert second.receive(0.3) is None
            assert sender.counts["refused"] == 1
        within(lambda: second.receive(0.02) is None and sender.counts["receivers"] == 2)
        assert np.array_equal(deliver(sender, second, ramp(9, 9)), ramp(9, 9))
        assert second.refusal == ""
        assert second.counts["lost_samples"] == 0
    assert sender.counts["receivers"] == 2


def test_a_killed_receiver_is_missed_and_replaced(sender, program, within, deliver):
    victim = program(RECEIVER, sender.address)
    within(lambda: sender.send(ramp(0, 50), 0.1))
    assert victim.stdout.readline() == "samples\n"
    victim.kill()
    began = time.monotonic()
    within(lambda: not sender.connected)
    noticed_s = time.monotonic() - began
    with StreamReceiver(sender.address, INFO) as heir:
        assert np.array_equal(deliver(sender, heir, ramp(7, 5)), ramp(7, 5))
        assert sender.counts["receivers"] == 2
    assert noticed_s < 20  # two seconds on a machine that is not loaded


def test_what_a_killed_receiver_had_not_taken_is_counted(sender, program, within):
    victim = program(RECEIVER, sender.address, "stop after the first")
    within(lambda: sender.send(ramp(0, 10), 0.1))
    assert victim.stdout.readline() == "samples\n"
    while sender.send(ramp(0, 10), 0.3):
        pass
    n_sent = sender.counts["samples"]
    victim.kill()
    within(lambda: not sender.connected)
    assert 0 < sender.counts["lost_samples"] <= n_sent
    assert sender.counts["lost_samples"] == 10 * sender.counts["lost_messages"]


@pytest.mark.parametrize("kind", ["tcp", "ipc"])
def test_a_killed_sender_is_waited_for_and_its_heir_begins_a_new_stream(
    tmp_path, program, within, kind
):
    with StreamSender(ANY, INFO) as free:
        address = free.address if kind == "tcp" else f"ipc://{tmp_path}/air"
    with StreamReceiver(address, INFO) as receiver:
        for generation in (1, 2, 3):
            sender = program(SENDER, address, str(generation))
            heard = within(
                lambda g=generation: (x := receiver.receive(0.1)) is not None and x[0] == g and [x]
            )
            assert len(heard[0]) == 100
            sender.kill()
            sender.wait()
        assert receiver.counts["streams"] == 3
        assert receiver.counts["lost_samples"] == 0
        while receiver.receive(0.1) is not None:
            pass
        assert receiver.receive(0.3) is None


def test_a_sender_that_ends_leaves_nothing_behind(within):
    with StreamSender(ANY, INFO) as sender, StreamReceiver(sender.address, INFO) as receiver:
        within(lambda: receiver.receive(0.01) is None and sender.connected)
        receiver.receive(0.1)
        n_sent = 0
        while n_sent < 8 and within(lambda: sender.send(ramp(0, MAX_SAMPLES), 0.5)):
            n_sent += 1
        sender.close()
        for _ in range(n_sent):
            assert (
                within(lambda: (x := receiver.receive(0.2)) is not None and len(x)) == MAX_SAMPLES
            )
        within(lambda: receiver.receive(0.05) is None and receiver.counts["ended"] == 1)
        assert receiver.counts["lost_messages"] == 0
        assert not sender.send(ramp(0, 1), 5.0)


def test_a_receiver_that_stands_still_is_replaced_and_counts_what_it_missed(
    sender, program, within, deliver
):
    sleeper = program(RECEIVER, sender.address)
    within(lambda: sender.send(ramp(0, 50), 0.1))
    assert sleeper.stdout.readline() == "samples\n"
    sleeper.send_signal(signal.SIGSTOP)  # its machine, or it, answers no more
    within(lambda: not sender.connected)
    with StreamReceiver(sender.address, INFO) as heir:
        for n in range(100):
            deliver(sender, heir, ramp(n, 10))
        sleeper.send_signal(signal.SIGCONT)
        within(lambda: heir.receive(0.02) is None and sender.counts["refused"] == 1)
    within(lambda: sender.counts["receivers"] == 3)
    within(lambda: sender.send(ramp(0, 50), 0.1))
    assert sleeper.stdout.readline() == "samples\n"


def test_a_receiver_that_was_away_for_long_counts_what_it_missed(fake, within):
    end, receiver = fake
    end.say(end.info(), Chunk(1, 0, 0, ramp(1, 10)), end.info(1, 1000, 10_000))
    end.say(Chunk(1, 1000, 10_000, ramp(2, 5)))
    assert come(receiver, within, 2) == [(1, 0), (2, 9990)]
    assert (receiver.counts["lost_messages"], receiver.counts["streams"]) == (999, 1)
    end.say(end.info(1, 5, 50), end.info(1, 7, 70), Chunk(1, 7, 70, ramp(3, 5)))  # it went back
    assert come(receiver, within, 1) == [(3, 0)]
    assert (receiver.counts["malformed"], receiver.counts["streams"]) == (1, 2)


def test_a_receiver_that_is_busy_for_long_keeps_its_place(pair, deliver, within):
    sender, receiver = pair
    deliver(sender, receiver, ramp(0, 10))
    until = time.monotonic() + 3  # longer than a receiver may be silent
    while time.monotonic() < until:
        sender.send(ramp(0, 1), 0.05)
        assert sender.connected
    receiver.close()
    within(lambda: not sender.connected)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (StreamInfo(2e6), ("sample_rate", "2e+06", "1e+06")),
        (StreamInfo(1e6, OfdmConfig(n_cp=8)), ("n_cp", "8", "16")),
        (
            StreamInfo(1e6, OfdmConfig(pilot_carriers=(-21, -7, 7))),
            ("pilot_carriers", "-21, -7, 7", "-21, -7, 7, 21"),
        ),
    ],
)
def test_ends_that_differ_say_in_what(sender, within, deliver, theirs, said):
    with StreamReceiver(sender.address, theirs) as wrong:
        within(lambda: wrong.receive(0.05) is None and wrong.mismatch)
        name, there, here = said
        assert wrong.mismatch == f"the sender has {name} {here}, this receiver {there}"
        within(lambda: sender.mismatch)
        assert sender.mismatch == f"the receiver has {name} {there}, this sender {here}"
        assert not sender.connected
        assert wrong.counts["mismatched"] == sender.counts["mismatched"] == 1
        with StreamReceiver(sender.address, INFO) as right:
            assert np.array_equal(deliver(sender, right, ramp(0, 4)), ramp(0, 4))
        assert wrong.counts["samples"] == 0


def test_a_receiver_gets_on_when_a_sender_comes_that_agrees(tmp_path, within, deliver):
    address = f"ipc://{tmp_path}/air"
    with StreamReceiver(address, INFO) as receiver:
        with StreamSender(address, StreamInfo(5e5)):
            within(lambda: receiver.receive(0.05) is None and receiver.mismatch)
        with StreamSender(address, INFO) as sender:
            assert np.array_equal(deliver(sender, receiver, ramp(0, 4)), ramp(0, 4))
        assert receiver.mismatch == ""


def test_an_address_in_use_is_named(sender, tmp_path):
    with pytest.raises(ConfigError, match=r"in use.*choose another address") as caught:
        StreamSender(sender.address, INFO)
    assert sender.address in str(caught.value)
    local = f"ipc://{tmp_path}/air"
    with StreamSender(local, INFO), pytest.raises(ConfigError, match="in use"):
        StreamSender(local, INFO)
    with StreamSender(local, INFO) as again:
        assert again.address == local


def test_closing_frees_the_address(within):
    sender = StreamSender(ANY, INFO)
    assert not sender.closed
    sender.close()
    sender.close()
    assert sender.closed
    with StreamSender(sender.address, INFO) as again:
        assert again.address == sender.address
    assert not sender.send(ramp(0, 1), 0.0)


def test_an_end_that_is_forgotten_frees_its_address():
    sender = StreamSender(ANY, INFO)
    address, gone = sender.address, weakref.ref(sender)
    del sender
    for _ in range(100):  # the gate's thread may hold it for a moment
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.01)
    assert gone() is None
    for _ in range(100):
        try:
            StreamSender(address, INFO).close()
        except ConfigError:
            time.sleep(0.01)
        else:
            break
    else:
        pytest.fail("the address is still bound")


def test_closing_ends_a_call_that_waits(pair):
    sender, receiver = pair
    threads = [
        threading.Thread(target=receiver.receive, args=(60.0,)),
        threading.Thread(target=StreamSender.send, args=(sender, ramp(0, 1), 60.0)),
    ]
    threads[0].start()
    receiver.close()
    threads[0].join(20)
    threads[1].start()
    sender.close()
    threads[1].join(20)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(3), np.zeros((2, 2), np.complex64), np.zeros(MAX_SAMPLES + 1, np.complex64)],
    ids=["float", "two axes", "too many"],
)
def test_what_are_no_samples_are_refused(sender, samples):
    with pytest.raises(ShapeError, match=str(MAX_SAMPLES)):
        sender.send(samples)


class Fake:
    """A sender that says what a test wants it to."""

    def __init__(self):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.linger = 0
        self.port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.peer = b""

    def hear(self):
        while self.socket.poll(20):
            self.peer, *parts = self.socket.recv_multipart()
            self.heard = unpack(parts)
        return self.peer

    def say(self, *messages):
        for message in messages:
            self.socket.send_multipart([self.peer, *message.pack()])

    def info(self, stream=1, sequence=0, first_sample=0):
        place = {"stream": stream, "sequence": sequence, "first_sample": first_sample}
        return Message("info", place | {"info": INFO.to_values()})


@pytest.fixture
def fake(within):
    fake = Fake()
    with StreamReceiver(f"tcp://127.0.0.1:{fake.port}", INFO) as receiver:
        within(lambda: receiver.receive(0.0) is None and fake.hear())
        yield fake, receiver
    fake.socket.close()
    fake.context.term()


def come(receiver, within, n):
    return [
        within(lambda: (x := receiver.receive(0.1)) is not None and (x[0].real, receiver.gap))
        for _ in range(n)
    ]


def test_a_gap_is_counted_and_stands_before_the_samples_that_follow(fake, within):
    end, receiver = fake
    end.say(end.info(), Chunk(1, 0, 0, ramp(1, 10)), Chunk(1, 3, 37, ramp(2, 5)))
    end.say(Chunk(1, 4, 42, ramp(3, 5)))
    assert come(receiver, within, 3) == [(1, 0), (2, 27), (3, 0)]
    assert (receiver.counts["lost_messages"], receiver.counts["lost_samples"]) == (2, 27)


def test_a_gap_that_a_broken_connection_left_is_counted(fake, within):
    end, receiver = fake
    end.say(
        end.info(), Chunk(1, 0, 0, ramp(1, 10)), end.info(1, 2, 30), Chunk(1, 2, 30, ramp(2, 5))
    )
    assert come(receiver, within, 2) == [(1, 0), (2, 20)]
    assert (receiver.counts["lost_messages"], receiver.counts["lost_samples"]) == (1, 20)


def test_chunks_that_cannot_be_are_refused_and_counted(fake, within):
    end, receiver = fake
    end.say(Chunk(1, 0, 0, ramp(8, 1)))  # nothing agreed on yet
    end.say(end.info(), Chunk(1, 0, 0, ramp(1, 10)), Chunk(1, 0, 0, ramp(9, 10)))
    end.say(Chunk(2, 1, 10, ramp(9, 10)))  # of another stream
    end.say(Chunk(1, 2**60, 2**61, ramp(9, 1)), Chunk(1, 2, 10, ramp(9, 1)), Message("nonsense"))
    end.say(Message("info", {"stream": -1}), Chunk(1, 1, 10, ramp(2, 1)))
    assert come(receiver, within, 2) == [(1, 0), (2, 0)]
    expected = {"refused": 2, "repeated": 1, "malformed": 4, "messages": 2, "lost_messages": 0}
    assert expected.items() <= receiver.counts.items()


def test_a_sender_of_another_release_is_a_mismatch(fake, within):
    end, receiver = fake
    end.socket.send_multipart([end.peer, b"GSC\x02" + b"{}"])
    within(lambda: receiver.receive(0.05) is None and receiver.mismatch)
    assert "version 2" in receiver.mismatch
    end.say(Message("info", {"stream": 1, "sequence": 0, "first_sample": 0, "info": {"new": 1}}))
    within(lambda: receiver.receive(0.05) is None and "'new'" in receiver.mismatch)
    end.say(end.info())
    within(lambda: receiver.receive(0.05) is None and not receiver.mismatch)


def test_a_goodbye_ends_the_stream_and_another_may_follow(fake, within):
    end, receiver = fake
    bye = Message("bye", {"stream": 1, "sequence": 3})
    end.say(end.info(), Chunk(1, 0, 0, ramp(1, 1)), bye, end.info(2, 5, 50), bye)
    end.say(Chunk(2, 5, 50, ramp(2, 1)))
    assert come(receiver, within, 2) == [(1, 0), (2, 0)]
    assert {"streams": 2, "ended": 1, "lost_messages": 2}.items() <= receiver.counts.items()


def test_a_silent_stranger_says_nothing_that_counts(sender, within):
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(sender.address)
    bad = [
        Message("credit", {"stream": 1, "taken": 0, "up_to": 5}),
        Message("hello", {"receiver": "x"}),
        Message("hello", {"receiver": 1, "info": {"sample_rate": -1}}),
        Message("sing"),
        Chunk(1, 0, 0, ramp(0, 1)),
    ]
    for message in bad:
        socket.send_multipart(message.pack())
    within(lambda: sender.counts["malformed"] == 3 and sender.counts["stale"] == 1)
    assert sender.counts["mismatched"] == 1
    assert "sample_rate is -1" in sender.mismatch
    assert not sender.connected
    socket.send_multipart([b"GSC\x03{}"])
    within(lambda: "version 3" in sender.mismatch)
    hello = Message("hello", {"receiver": 1, "info": INFO.to_values()})
    stream = sender._stream
    socket.send_multipart(hello.pack())
    within(lambda: sender.connected)
    credit = Message("credit", {"stream": stream + 1, "taken": 0, "up_to": 9})
    socket.send_multipart(credit.pack())
    within(lambda: sender.counts["stale"] == 2)
    for taken, up_to in [(0, 10**6), (5, 6), (0, -1), (0, 2)]:
        credit = Message("credit", {"stream": stream, "taken": taken, "up_to": up_to})
        socket.send_multipart(credit.pack())
    within(lambda: sender.counts["malformed"] == 6)
    assert [sender.send(ramp(0, 1), 0.1) for _ in range(3)] == [True, True, False]
    socket.close()
    context.term()
