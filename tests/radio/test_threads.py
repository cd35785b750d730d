# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""A block whose thread has ended is named; blocks at work are not."""

import sys
import threading
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.radio.threads import BlockThreads

pytestmark = [
    pytest.mark.radio,
    pytest.mark.skipif(sys.platform != "linux", reason="threads have names on Linux"),
]


class Fragile(gr.basic_block):
    """Breaks at its first message."""

    def __init__(self):
        gr.basic_block.__init__(self, name="gsc_fragile_block", in_sig=None, out_sig=None)
        self.message_port_register_in(pmt.intern("in"))
        self.message_port_register_out(pmt.intern("out"))
        self.set_msg_handler(pmt.intern("in"), self.handle)

    def handle(self, message):
        raise ValueError(message)


class Helped(gr.basic_block):
    """Lets a thread of its own work for it, which ends with the work."""

    def __init__(self):
        gr.basic_block.__init__(self, name="gsc_helped", in_sig=None, out_sig=None)
        self.helped = 0
        self.message_port_register_in(pmt.intern("in"))
        self.message_port_register_out(pmt.intern("out"))
        self.set_msg_handler(pmt.intern("in"), self.handle)

    def handle(self, message):
        at_work = threading.Thread(target=time.sleep, args=(0.05,))  # named as what starts it
        at_work.start()
        at_work.join()
        self.helped += 1


class FragileStream(gr.sync_block):
    """Breaks when it is told to."""

    def __init__(self):
        gr.sync_block.__init__(self, name="gsc_stream", in_sig=None, out_sig=[np.complex64])
        self.breaks = False

    def work(self, input_items, output_items):
        if self.breaks:
            raise ValueError("broken")
        return len(output_items[0])


@pytest.fixture
def graph():
    """Return a running flowgraph of two fragile blocks and a strong one, and its watch."""
    top = gr.top_block()
    top.fragile, top.source, top.sink = Fragile(), FragileStream(), blocks.null_sink(8)
    top.other = FragileStream()
    top.pace = blocks.throttle(8, 1e4)
    top.connect(top.source, top.pace, top.sink)
    top.other_sink, top.messages = blocks.null_sink(8), blocks.message_debug()
    top.connect(top.other, top.other_sink)
    top.msg_connect(top.fragile, "out", top.messages, "store")
    threads = BlockThreads([top.fragile, top.source, top.other, top.sink])
    top.start()
    deadline = time.monotonic() + 30
    while len(threads.seen) < 4:
        assert threads.dead() == []
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield top, threads
    top.stop()
    top.wait()


def until(claim):
    deadline = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_all_are_alive_while_nothing_breaks(graph):
    top, threads = graph
    assert threads.dead() == []
    time_of_work = top.source.nitems_written(0)
    until(lambda: top.source.nitems_written(0) > time_of_work)
    assert threads.dead() == []


def test_helpers_may_come_and_go():
    helped, sink = Helped(), blocks.message_debug()
    other = gr.top_block()
    other.msg_connect((helped, "out"), (sink, "store"))
    watch = BlockThreads([helped])
    other.start()
    for count in (1, 2, 3):
        helped.to_basic_block()._post(pmt.intern("in"), pmt.intern("work"))
        until(lambda count=count: watch.dead() != [] or helped.helped == count)
        assert watch.dead() == []
    other.stop()
    other.wait()


def test_a_handler_that_raised_is_found(graph):
    top, threads = graph
    top.fragile.to_basic_block()._post(pmt.intern("in"), pmt.intern("break"))
    until(threads.dead)
    assert threads.dead() == [f"gsc_fragile_block({top.fragile.unique_id()})"]


def test_work_that_raised_is_found(graph):
    top, threads = graph
    top.source.breaks = True
    until(threads.dead)
    assert threads.dead() == [f"gsc_stream({top.source.unique_id()})"]
