# SPDX-License-Identifier: MIT
"""Ways to run a block in a real flowgraph, each with a deadline."""

import time

import numpy as np
import pytest

DEADLINE_S = 60.0


@pytest.fixture
def within():
    """Return a function that waits until a claim holds, and fails at the deadline."""

    def wait(claim):
        deadline = time.monotonic() + DEADLINE_S
        while not claim():
            assert time.monotonic() < deadline, "the flowgraph did not get there in time"
            time.sleep(0.002)

    return wait


@pytest.fixture
def running():
    """Return a function that starts a flowgraph; it is stopped when the test ends.

    Its Python blocks go with it: one that nothing refers to ends in a segmentation fault.
    """
    started = []

    def start(top, *blocks):
        started.append((top, blocks))
        top.start()
        return top

    yield start
    for top, _ in started:
        top.stop()
        top.wait()


@pytest.fixture
def post():
    """Return a function that puts a message into a block's port."""
    pmt = pytest.importorskip("pmt", reason="needs GNU Radio")

    def send(block, port, message):
        block.to_basic_block()._post(pmt.intern(port), message)

    return send


@pytest.fixture
def through(running, within, post):
    """Return a function that sends messages through a block and returns its answers."""
    pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
    from gnuradio import blocks, gr

    def run(block, ports, messages, n_answers=1):
        port_in, port_out = ports
        top, sink = gr.top_block(), blocks.message_debug()
        top.msg_connect((block, port_out), (sink, "store"))
        running(top, block, sink)
        for message in messages:
            post(block, port_in, message)
        within(lambda: sink.num_messages() >= n_answers)
        return [sink.get_message(i) for i in range(sink.num_messages())]

    return run


@pytest.fixture
def stream(running):
    """Return a function that sends samples [n] through stream blocks to their end.

    ``cut`` is the most samples that a block gets at a time.
    """
    pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
    from gnuradio import blocks, gr

    def run(samples, *chain, cut=8192):
        top = gr.top_block()
        source = blocks.vector_source_c(np.asarray(samples, np.complex64).tolist())
        sink = blocks.vector_sink_c()
        top.connect(source, *chain, sink)
        top.start(cut)
        top.wait()
        return np.array(sink.data(), np.complex64)

    return run
