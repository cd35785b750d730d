# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block sends what it is given, as fast as it is taken, and ends at once."""

import os
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.stream_out import StreamOut
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.stream import StreamInfo, StreamReceiver
from gsc_sdr.phy.ofdm import OfdmConfig

pytestmark = pytest.mark.radio
ANY = "tcp://127.0.0.1:*"
RAMP = np.arange(200_000).astype(np.complex64)


@pytest.fixture
def send(running):
    def start(sink, samples=RAMP):
        top = gr.top_block()
        source = blocks.vector_source_c(samples.tolist())
        top.connect(source, sink)
        return running(top, source, sink)

    return start


def take(receiver, within, n):
    parts = []
    within(
        lambda: (
            (x := receiver.receive(0.05)) is not None
            and (parts.append(x) or sum(map(len, parts)) >= n)
        )
    )
    return np.concatenate(parts)


def test_the_stream_is_what_the_block_is_given(send, within):
    sink = StreamOut(ANY, 1e6)
    send(sink)
    with StreamReceiver(sink.address, StreamInfo(1e6)) as receiver:
        assert np.array_equal(take(receiver, within, len(RAMP)), RAMP)
    assert (sink.counts["samples"], sink.dropped, sink.mismatch) == (len(RAMP), 0, "")


def test_what_is_sent_before_a_flowgraph_ends_arrives(send, within):
    sink = StreamOut(ANY, 1e6)
    with StreamReceiver(sink.address, StreamInfo(1e6)) as receiver:
        within(lambda: receiver.receive(0.0) is None and sink.connected)
        top = send(sink, RAMP[:8000])
        assert np.array_equal(take(receiver, within, 1)[:1], RAMP[:1])
        within(lambda: sink.counts["samples"] == 8000)
        top.stop()
        top.wait()
        n_left = 8000 - receiver.counts["samples"]
        if n_left:
            assert np.array_equal(take(receiver, within, n_left), RAMP[8000 - n_left : 8000])
        within(lambda: receiver.receive(0.05) is None and receiver.counts["ended"])
        assert receiver.counts["lost_messages"] == 0


def test_without_a_receiver_it_waits_idle_and_stops_at_once(running):
    top, source, sink = gr.top_block(), blocks.null_source(8), StreamOut(ANY, 1e6)
    top.connect(source, sink)
    began_s, began_cpu_s = time.monotonic(), sum(os.times()[:2])
    top.start()
    with StreamReceiver("tcp://127.0.0.1:9", StreamInfo(1e6)) as clock:
        clock.receive(1.0)
    spent_s = sum(os.times()[:2]) - began_cpu_s
    assert spent_s < 0.5 * (time.monotonic() - began_s)
    began_s = time.monotonic()
    top.stop()
    top.wait()
    assert time.monotonic() - began_s < 5  # 0.05 s on a machine that is not loaded
    assert (sink.connected, sink.counts["samples"]) == (False, 0)


def test_a_flowgraph_can_be_started_again(within):
    top, source, sink = gr.top_block(), blocks.null_source(8), StreamOut(ANY, 1e6)
    top.connect(source, sink)
    address = sink.address
    for _ in range(2):
        top.start()
        with StreamReceiver(address, StreamInfo(1e6)) as receiver:
            assert len(take(receiver, within, 1000)) >= 1000
        top.stop()
        top.wait()


def test_a_receiver_that_differs_is_named(send, within):
    sink = StreamOut(ANY, 1e6, OfdmConfig(n_cp=8))
    send(sink)
    with StreamReceiver(sink.address, StreamInfo(1e6)) as receiver:
        within(lambda: receiver.receive(0.0) is None and sink.mismatch)
    assert sink.mismatch == "the receiver has n_cp 16, this sender 8"


def test_an_address_in_use_is_refused_before_anything_runs():
    sink = StreamOut(ANY, 1e6)
    with pytest.raises(ConfigError, match="in use"):
        StreamOut(sink.address, 1e6)
    with pytest.raises(ConfigError, match="sample_rate is 0"):
        StreamOut(ANY, 0)
