# SPDX-License-Identifier: MIT
"""A socket is closed when it is forgotten, wherever that is, and when the program ends."""

import subprocess
import sys

import zmq

from gsc_sdr.errors import ConfigError
from gsc_sdr.link.endpoint import Endpoint, Plan

ANY = "tcp://127.0.0.1:*"
PULL = Plan(zmq.SocketType.PULL, binds=True)
FORGETFUL = """
import numpy as np
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.link.message import MessageReceiver, MessageSender
from gsc_sdr.link.remote import ZmqEngine
from gsc_sdr.link.serve import EngineServer
from gsc_sdr.link.stream import StreamInfo, StreamReceiver, StreamSender
address, info = "tcp://127.0.0.1:*", StreamInfo(1e6)
sender = StreamSender(address, info)
receiver = StreamReceiver(sender.address, info)
while not sender.connected:
    receiver.receive(0.01)
sender.send(np.zeros(9, np.complex64), 1.0)
messages = MessageReceiver(address, lambda message: message)
more = MessageSender(messages.address)
server = EngineServer(FakeEngine(), address)
engine = ZmqEngine(server.address)
print("ready", flush=True)
"""


def is_free(address):
    try:
        Endpoint(address, PULL).close()
    except ConfigError:
        return False
    return True


class Owner:
    """Forgets what it holds when its endpoint's thread looks after it."""

    def __init__(self):
        self.held = []

    def tend(self):
        self.held.clear()


def test_an_end_that_is_forgotten_in_its_own_thread_is_closed(within):
    owner = Owner()
    owner.held.append(Endpoint(ANY, PULL))
    address = owner.held[0].address
    assert not is_free(address)
    owner.held[0].tend_by(owner.tend)
    within(lambda: not owner.held and is_free(address))


def test_a_program_that_closes_nothing_ends(program):
    process = program(FORGETFUL)
    assert process.stdout.readline() == "ready\n"
    assert process.wait(60) == 0


def test_closing_twice_is_closing():
    end = Endpoint(ANY, PULL)
    end.close()
    end.close(1.0)
    assert is_free(end.address)


FLOODED = """
import subprocess, sys, time
import zmq
from gsc_sdr.link.endpoint import Endpoint, Plan
end = Endpoint("tcp://127.0.0.1:*", Plan(zmq.ROUTER, True, {zmq.RCVHWM: 4}))
flood = '''
import os, sys, time, zmq
peer = zmq.Context().socket(zmq.DEALER)
peer.connect(sys.argv[1])
for _ in range(900):
    peer.send(bytes(1000))
time.sleep(0.3)
os._exit(0)
'''
subprocess.run([sys.executable, "-c", flood, end.address], check=True)
time.sleep(1.5)  # heartbeats, if there were any, would be due
print("alive", end.receive() is not None)
end.close()
"""


def test_a_peer_that_floods_and_dies_does_not_end_the_program():
    """With heartbeats libzmq 4.3.5 aborts here: assertion !_io_error."""
    done = subprocess.run(
        [sys.executable, "-c", FLOODED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "alive True\n"), done.stderr
