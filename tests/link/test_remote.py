# SPDX-License-Identifier: MIT
"""An engine behind a socket answers as it does without one, whatever else comes in."""

import threading
import time

import numpy as np
import pytest
import zmq

from gsc_sdr import errors
from gsc_sdr.errors import ConfigError, FrameError, GscError, ShapeError
from gsc_sdr.link.calls import error_from, error_message, from_message, to_message
from gsc_sdr.link.engine import Decoded, Encoded, FakeEngine, Received
from gsc_sdr.link.keys import new_keys
from gsc_sdr.link.remote import ZmqEngine
from gsc_sdr.link.serve import EngineServer, serve
from gsc_sdr.link.wire import Message

ANY = "tcp://127.0.0.1:*"
IMAGE = np.random.default_rng(1).integers(0, 256, (40, 56, 3), dtype=np.uint8)
SERVER = """
import os, sys
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.link.serve import serve
class Engine(FakeEngine):
    def encode(self, image, prompt, rate):
        if prompt == "die":
            os._exit(9)
        return super().encode(image, prompt, rate)
serve(Engine(), sys.argv[1], ready=lambda server: print(server.address, flush=True))
"""


class Moody(FakeEngine):
    """An engine that fails as it is told to."""

    def __init__(self):
        super().__init__()
        self.models = {"vae": "tiny@12"}
        self.busy, self.go_on = threading.Event(), threading.Event()

    def encode(self, image, prompt, rate):
        if prompt.startswith("raise "):
            raise getattr(errors, prompt.split()[1], RuntimeError)("as told")
        if prompt == "wait":
            self.busy.set()
            assert self.go_on.wait(60)
        return super().encode(image, prompt, rate)


@pytest.fixture
def serving():
    """Return a function that serves an engine in a thread; it ends with the test."""
    done, threads = threading.Event(), []

    def start(engine, address=ANY, keys=None):
        ready, servers = threading.Event(), []
        thread = threading.Thread(
            target=serve,
            args=(engine, address, keys, done.is_set, lambda s: (servers.append(s), ready.set())),
        )
        thread.start()
        threads.append(thread)
        assert ready.wait(60)
        return servers[0]

    yield start
    done.set()
    for thread in threads:
        thread.join(60)


@pytest.fixture
def moody(serving):
    engine = Moody()
    yield engine, serving(engine)
    engine.go_on.set()


def received(sent, rng):
    stream = np.concatenate([sent.prompt_symbols, sent.symbols])
    noise_var = rng.random(len(stream)).astype(np.float32)
    noise_var[::7] = np.inf
    numbers = (sent.width, sent.height, sent.rate_id, sent.prompt_bytes, sent.level)
    return Received(stream, noise_var, *numbers)


def same(one, other):
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            assert value.dtype == getattr(other, name).dtype
            assert np.array_equal(value, getattr(other, name))
        else:
            assert value == getattr(other, name)


def test_it_answers_as_the_engine_itself_does(serving, rng):
    server, here = serving(FakeEngine()), FakeEngine()
    with ZmqEngine(server.address) as there:
        sent = here.encode(IMAGE, "ö, 1", "1/48")
        same(sent, there.encode(IMAGE, "ö, 1", "1/48"))
        same(here.decode(received(sent, rng)), there.decode(received(sent, rng)))
        assert there.models == {}
        assert there.counts == {"encode": 1, "decode": 1, "about": 1}
    assert {"encode": 1, "decode": 1, "about": 1}.items() <= server.counts.items()


def test_a_picture_may_have_two_thousand_pixels_a_side(serving):
    large = np.zeros((2048, 2048, 3), np.uint8)
    with ZmqEngine(serving(FakeEngine()).address) as engine:
        assert len(engine.encode(large, "", "1/48").symbols) == 262_144


def test_what_the_engine_raises_comes_back_as_what_it_was(moody):
    with ZmqEngine(moody[1].address) as engine:
        for name in errors.__all__:
            with pytest.raises(getattr(errors, name), match="as told") as caught:
                engine.encode(IMAGE, f"raise {name}", "1/48")
            assert type(caught.value).__name__ == name
        with pytest.raises(GscError, match="the engine failed: RuntimeError: as told"):
            engine.encode(IMAGE, "raise RuntimeError", "1/48")
        with pytest.raises(ConfigError):
            engine.encode(IMAGE, "", "1/7")
        assert engine.encode(IMAGE, "", "1/48").width == 56
        assert engine.models == {"vae": "tiny@12"}
    assert moody[1].counts["failed"] == len(errors.__all__) + 2


def test_clients_are_served_in_turn(moody):
    _, server = moody
    n_each = 20

    def ask(prompt):
        with ZmqEngine(server.address) as engine:
            for _ in range(n_each):
                assert engine.encode(IMAGE, prompt, "1/48").prompt_bytes == len(prompt)

    threads = [threading.Thread(target=ask, args=("x" * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert server.counts["encode"] == 4 * n_each


def test_threads_may_share_one(moody):
    with ZmqEngine(moody[1].address) as engine:
        lengths = []
        threads = [
            threading.Thread(
                target=lambda n=n: lengths.append(
                    engine.encode(IMAGE, "x" * n, "1/48").prompt_bytes == n
                )
            )
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert lengths == [True] * 8


def test_a_server_that_dies_at_work_is_asked_again_when_it_is_back(tmp_path, program, within):
    address = f"ipc://{tmp_path}/engine"
    server = program(SERVER, address)
    server.stdout.readline()
    with ZmqEngine(address) as engine:
        assert engine.encode(IMAGE, "hi", "1/48").prompt_bytes == 2
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(engine.encode(IMAGE, "x", "1/48").prompt_bytes)
        )
        server.kill()
        server.wait()
        thread.start()
        heir = program(SERVER, address)
        heir.stdout.readline()
        thread.join(60)
        assert answers == [1]


def test_a_request_that_kills_servers_is_not_repeated_for_ever(tmp_path, program):
    address = f"ipc://{tmp_path}/engine"
    program(SERVER, address).stdout.readline()
    codes = []

    def replace_it():
        codes.append(program(SERVER, address).wait(60))

    with ZmqEngine(address) as engine:
        engine.models  # noqa: B018 -- it is connected now
        thread = threading.Thread(target=replace_it)
        thread.start()
        with pytest.raises(GscError, match=r"went away twice|has answered within"):
            engine.encode(IMAGE, "die", "1/48")
        thread.join(60)
        assert codes == [9]


def test_nobody_there_is_said_in_time():
    with ZmqEngine("tcp://127.0.0.1:9", timeout_s=0.3) as engine:
        with pytest.raises(GscError, match=r"127.0.0.1:9 has answered within 0.3 s: start one"):
            engine.encode(IMAGE, "", "1/48")
        assert engine.counts["failed"] == 1


def test_requests_of_the_past_are_not_served(tmp_path, serving):
    address = f"ipc://{tmp_path}/engine"
    with ZmqEngine(address, timeout_s=0.1) as client:
        for _ in range(6):
            with pytest.raises(GscError, match="start one"):
                client.encode(IMAGE, "", "1/48")
        engine, client.timeout_s = FakeEngine(), 60.0
        serving(engine, address)
        assert client.encode(IMAGE, "", "1/48").width == 56
    assert engine.encoded == 1


def test_an_engine_that_takes_too_long_is_said_and_does_not_confuse_what_follows(moody):
    engine, server = moody
    with ZmqEngine(server.address, timeout_s=1.0) as client:
        with pytest.raises(GscError, match=r"longer than 1 s: raise the timeout|within 1 s"):
            client.encode(IMAGE, "wait", "1/48")
        engine.go_on.set()
        client.timeout_s = 60.0
        assert client.encode(IMAGE, "abc", "1/48").prompt_bytes == 3


def test_closing_ends_a_request_that_waits(moody):
    engine, server = moody
    client, said = ZmqEngine(server.address), []

    def ask():
        with pytest.raises(GscError, match="was closed") as caught:
            client.encode(IMAGE, "wait", "1/48")
        said.append(str(caught.value))

    thread = threading.Thread(target=ask)
    thread.start()
    assert engine.busy.wait(60)
    began = time.monotonic()
    client.close()
    thread.join(60)
    assert time.monotonic() - began < 20
    assert said
    with pytest.raises(GscError, match="was closed"):
        client.models  # noqa: B018


def test_work_of_a_client_that_is_gone_is_not_done(moody, within):
    engine, server = moody
    holder = threading.Thread(
        target=lambda: ZmqEngine(server.address).encode(IMAGE, "wait", "1/48")
    )
    holder.start()
    assert engine.busy.wait(60)
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.connect(server.address)
    request = Message("encode", {"prompt": "", "rate": "1/48"}, {"image": IMAGE})
    for _ in range(3):
        socket.send_multipart([bytes(16), *request.pack()])
    within(lambda: server.counts["connections"] == 2)
    socket.close(linger=5000)
    context.term()
    within(lambda: server.counts["disconnections"] == 1)
    engine.go_on.set()
    holder.join(60)
    within(lambda: server.counts["abandoned"] == 3)
    assert engine.encoded == 1


def test_a_client_without_the_key_is_told_and_counted(tmp_path, serving):
    keys = new_keys(tmp_path / "keys")
    server = serving(FakeEngine(), ANY, keys)
    for stranger in (None, new_keys(tmp_path / "other")):
        said = pytest.raises(GscError, match=r"refuses this program: give the keys")
        with ZmqEngine(server.address, stranger) as engine, said:
            engine.encode(IMAGE, "", "1/48")
    assert server.counts["strangers"] > 0
    with ZmqEngine(server.address, keys) as engine:
        assert engine.encode(IMAGE, "", "1/48").width == 56
    with pytest.raises(ConfigError, match="keys new"):
        EngineServer(FakeEngine(), "tcp://*:*")


def test_an_address_in_use_is_named(moody):
    with pytest.raises(ConfigError, match="in use"):
        EngineServer(FakeEngine(), moody[1].address)


GOOD = to_message("decode", Received(np.ones(9, np.complex64), np.ones(9, np.float32), 8, 8, 0, 0))


def changed(values=None, arrays=None, kind="decode"):
    return Message(kind, {**GOOD.values, **(values or {})}, {**GOOD.arrays, **(arrays or {})})


@pytest.mark.parametrize(
    "request_",
    [
        changed({"width": 0}),
        changed({"width": 2049}),
        changed({"height": "8"}),
        changed({"rate_id": 16}),
        changed({"prompt_bytes": 1001}),
        changed({"level": None}),
        changed(arrays={"stream": np.ones(8, np.complex64)}),
        changed(arrays={"stream": np.ones((3, 3), np.complex64)}),
        changed(arrays={"noise_var": np.ones(9, np.float64)}),
        changed(kind="reboot"),
        changed(kind="encode"),
        Message("decode"),
        Message("encode", {"prompt": 1, "rate": "1/48"}, {"image": IMAGE}),
        Message("encode", {"prompt": "", "rate": "1/48"}, {"image": IMAGE[..., :2]}),
        Message("encode", {"prompt": "", "rate": "1/48"}, {"image": IMAGE[:0]}),
        Message("encode", {"prompt": "", "rate": "x" * 5000}, {"image": IMAGE}),
    ],
)
def test_requests_that_do_not_fit_are_refused_with_a_reason(moody, request_):
    engine, server = moody
    with ZmqEngine(server.address) as client:
        with pytest.raises(FrameError):
            client._ask(request_)
        assert client.models == engine.models
    assert server.counts["malformed"] == 1


def test_garbage_is_counted_and_changes_nothing(moody, within):
    _, server = moody
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    socket.linger = 0
    socket.connect(server.address)
    for parts in ([b""], [b"x" * 17], [bytes(16)], [bytes(16), b"garbage"], [b""] * 100):
        socket.send_multipart(parts)
    within(lambda: server.counts["malformed"] == 5)
    with ZmqEngine(server.address) as client:
        assert client.encode(IMAGE, "", "1/48").width == 56
    socket.close()
    context.term()


def test_answers_that_do_not_fit_are_refused():
    for kind in (Encoded, Received, Decoded):
        with pytest.raises(FrameError):
            from_message(kind, Message("done"))
    picture = Decoded(IMAGE, "text", True)
    same(picture, from_message(Decoded, to_message("done", picture)))


def test_errors_that_are_not_ours_become_ours():
    assert type(error_from(error_message(ValueError("x" * 10_000)))) is GscError
    assert len(str(error_from(error_message(ValueError("x" * 10_000))))) <= 4000
    lost = error_from(error_message(FrameError("gone", "crc")))
    assert (type(lost), lost.cause) == (FrameError, "crc")
    assert type(error_from(error_message(ShapeError("s")))) is ShapeError
    odd = Message("error", {"type": "SystemExit", "text": "out", "cause": ""})
    assert type(error_from(odd)) is GscError
