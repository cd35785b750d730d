# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""A flowgraph is run to its end, or stopped in time with the reason."""

import time

import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.errors import GscError
from gsc_sdr.radio.watch import Limits, run_until

pytestmark = pytest.mark.radio


@pytest.fixture
def endless():
    """Return a flowgraph that never ends by itself, and the count of its samples."""
    top = gr.top_block()
    top.source, top.sink = blocks.null_source(8), blocks.probe_rate(8)
    top.connect(top.source, blocks.throttle(8, 1e5), top.sink)
    return top


def test_it_runs_until_it_is_done(endless):
    calls = []
    run_until(endless, lambda: len(calls) == 3, lambda: calls.append(0), Limits())
    assert len(calls) == 3


def test_a_stall_is_told_with_the_counts(endless):
    began = time.monotonic()
    with pytest.raises(GscError, match=r"nothing has moved .* 0\.2 s at \{'frames': 7\}"):
        run_until(endless, lambda: False, lambda: {"frames": 7}, Limits(stall_s=0.2))
    assert time.monotonic() - began < 30


def test_a_deadline_holds_for_what_moves_too(endless):
    with pytest.raises(GscError, match=r"not done within 0\.2 s"):
        run_until(endless, lambda: False, time.monotonic, Limits(deadline_s=0.2))


def test_what_is_asked_may_raise(endless):
    def done():
        raise KeyError("reason")

    with pytest.raises(KeyError, match="reason"):
        run_until(endless, done, lambda: 0, Limits())


def test_blocks_are_closed_before_the_end(endless):
    closed = []
    run_until(endless, lambda: True, lambda: 0, Limits(), lambda: closed.append(True))
    assert closed == [True]


def test_a_flowgraph_can_run_again(endless):
    for _ in range(2):
        run_until(endless, lambda: True, lambda: 0, Limits())
