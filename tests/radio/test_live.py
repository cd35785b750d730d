# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""A live flowgraph ends when it is done or told to; one that lost a thread is an error."""

import sys
import threading
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.errors import GscError
from gsc_sdr.radio import live
from gsc_sdr.radio.live import LiveGraph, run_live

pytestmark = pytest.mark.radio


class Source(gr.sync_block):
    """Sends zeros until it is told to break."""

    def __init__(self):
        gr.sync_block.__init__(self, name="gsc_test_source", in_sig=None, out_sig=[np.complex64])
        self.breaks = False

    def work(self, input_items, output_items):
        if self.breaks:
            raise ValueError("broken")
        output_items[0][:] = 0
        return len(output_items[0])


class Graph(LiveGraph):
    """Counts how often it is asked."""

    def __init__(self):
        LiveGraph.__init__(self, "test")
        self.source, self.pace, self.sink = Source(), blocks.throttle(8, 1e5), blocks.null_sink(8)
        self.connect(self.source, self.pace, self.sink)
        self.watched = [self.source, self.sink]
        self.left = None
        self.closed = False

    def status(self):
        return {"samples": self.source.nitems_written(0)}

    def notices(self):
        return ["mind the gap"]

    def work_left(self):
        return self.left

    def close(self):
        self.closed = True


@pytest.fixture
def graph():
    return Graph()


def test_it_runs_until_it_is_told_to_stop(graph):
    stopped, told = threading.Event(), []

    def tell(status, notices):
        told.append((status["samples"], notices))
        if len(told) == 3:
            stopped.set()

    summary = run_live(graph, stopped, tell)
    assert [samples for samples, _ in told] == sorted(samples for samples, _ in told)
    assert told[0][1] == ["mind the gap"]
    assert summary["samples"] >= told[-1][0] > 0
    assert graph.closed


def test_it_ends_when_it_is_done(graph):
    graph.is_done = lambda: graph.source.nitems_written(0) > 0
    assert run_live(graph, threading.Event(), lambda *_: None)["samples"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names on Linux")
def test_a_lost_thread_is_an_error_at_once(graph):
    def tell(status, notices):
        graph.source.breaks = status["samples"] > 0

    began = time.monotonic()
    with pytest.raises(GscError, match=r"gsc_test_source\(\d+\) ended inside GNU Radio"):
        run_live(graph, threading.Event(), tell)
    assert time.monotonic() - began < 30  # long before the time of a stall


def test_work_that_does_not_move_is_an_error(graph, monkeypatch):
    monkeypatch.setattr(live, "_STALL_S", 0.3)
    graph.left = ("three frames wait",)
    with pytest.raises(GscError, match="three frames wait"):
        run_live(graph, threading.Event(), lambda *_: None)


def test_the_rate_is_of_the_time_in_which_samples_came(graph, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    rates = []
    for n_samples, seconds in ((0, 5), (0, 1), (10, 1), (20, 1), (40, 9), (40, 9)):
        rates.append(graph.rate_sps(n_samples))
        now[0] += seconds
    assert rates == [0, 0, 10, 10, 13, 13]
