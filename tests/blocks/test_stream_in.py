# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block gives out what comes, marks where something is missing, and ends at once."""

import os
import threading
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
import zmq
from gnuradio import blocks

from gsc_sdr.blocks.stream_in import StreamIn
from gsc_sdr.blocks.stream_out import StreamOut
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.stream import StreamInfo, StreamReceiver, StreamSender
from gsc_sdr.link.wire import Chunk, Message

pytestmark = pytest.mark.radio
ANY = "tcp://127.0.0.1:*"
INFO = StreamInfo(1e6)
NOBODY = "tcp://127.0.0.1:9"


def ramp(start, n):
    return np.arange(start, start + n).astype(np.complex64)


@pytest.fixture
def listen(running):
    def start(source):
        top, sink = gr.top_block(), blocks.vector_sink_c()
        top.connect(source, sink)
        running(top, source, sink)
        return sink

    return start


def test_the_block_gives_out_what_was_sent(listen, within):
    with StreamSender(ANY, INFO) as sender:
        source = StreamIn(sender.address, 1e6)
        sink = listen(source)
        for start, n in ((0, 1), (1, 5000), (5001, 65536), (70537, 65536)):
            within(lambda s=start, n=n: sender.send(ramp(s, n), 1.0))
        within(lambda: len(sink.data()) == 136_073)
    assert np.array_equal(sink.data(), ramp(0, 136_073))
    assert (source.counts["messages"], source.dropped, source.mismatch) == (4, 0, "")
    assert source.refusal == ""


def test_block_to_block_the_stream_is_whole(listen, running, within):
    sent = ramp(0, 300_000)
    out = StreamOut(ANY, 1e6)
    top, origin = gr.top_block(), blocks.vector_source_c(sent.tolist())
    top.connect(origin, out)
    running(top, origin, out)
    sink = listen(StreamIn(out.address, 1e6))
    within(lambda: len(sink.data()) == len(sent))
    assert np.array_equal(sink.data(), sent)


def test_missing_samples_are_tagged(listen, within):
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.linger = 0
    source = StreamIn(f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1')}", 1e6)
    sink = listen(source)
    peer = socket.recv_multipart()[0]
    place = {"stream": 1, "sequence": 0, "first_sample": 0}
    messages = [
        Message("info", place | {"info": INFO.to_values()}),
        Chunk(1, 0, 0, ramp(1, 10)),
        Chunk(1, 3, 37, ramp(2, 5)),
    ]
    for message in messages:
        socket.send_multipart([peer, *message.pack()])
    within(lambda: len(sink.data()) == 15)
    (tag,) = sink.tags()
    assert (tag.offset, pmt.symbol_to_string(tag.key), pmt.to_uint64(tag.value)) == (
        10,
        "gsc_gap",
        27,
    )
    assert source.dropped == 27
    socket.close()
    context.term()


def test_without_a_sender_it_waits_idle_and_stops_at_once(running):
    top, source, sink = gr.top_block(), StreamIn(NOBODY, 1e6), blocks.null_sink(8)
    top.connect(source, sink)
    began_s, began_cpu_s = time.monotonic(), sum(os.times()[:2])
    top.start()
    with StreamReceiver(NOBODY, INFO) as clock:
        clock.receive(1.0)
    spent_s = sum(os.times()[:2]) - began_cpu_s
    assert spent_s < 0.5 * (time.monotonic() - began_s)
    began_s = time.monotonic()
    top.stop()
    top.wait()
    assert time.monotonic() - began_s < 5  # 0.05 s on a machine that is not loaded
    assert not source.connected


def test_a_flowgraph_can_be_started_again(within):
    with StreamSender(ANY, INFO) as sender:
        source, sink, top = StreamIn(sender.address, 1e6), blocks.vector_sink_c(), gr.top_block()
        top.connect(source, sink)
        for n in (1, 2):
            top.start()
            within(lambda n=n: sender.counts["receivers"] == n)
            within(lambda: sender.send(ramp(0, 10), 1.0))
            within(lambda n=n: len(sink.data()) == 10 * n)
            top.stop()
            top.wait()


def test_samples_of_another_rate_do_not_come_and_the_reason_is_said(listen, within):
    with StreamSender(ANY, StreamInfo(2e6)) as sender:
        source = StreamIn(sender.address, 1e6)
        sink = listen(source)
        within(lambda: source.mismatch)
        assert source.mismatch == "the sender has sample_rate 2e+06, this receiver 1e+06"
        assert not sender.send(ramp(0, 10), 0.1)
        assert len(sink.data()) == 0


def test_a_second_receiver_is_told(listen, within):
    with StreamSender(ANY, INFO) as sender:
        listen(StreamIn(sender.address, 1e6))
        within(lambda: sender.connected)
        second = StreamIn(sender.address, 1e6)
        listen(second)
        within(lambda: "has a receiver already" in second.refusal)


def test_samples_flow_while_another_thread_looks_at_the_counts(listen, within):
    with StreamSender(ANY, INFO) as sender:
        source = StreamIn(sender.address, 1e6)
        sink = listen(source)
        done, seen = threading.Event(), []
        watcher = threading.Thread(
            target=lambda: [seen.append(source.counts["samples"]) for _ in iter(done.is_set, True)]
        )
        watcher.start()
        for _ in range(200):
            within(lambda: sender.send(ramp(0, 100), 1.0))
        within(lambda: len(sink.data()) == 20_000)
        done.set()
        watcher.join()
    assert seen == sorted(seen)


def test_what_is_no_address_is_refused():
    with pytest.raises(ConfigError, match="tcp://HOST:PORT"):
        StreamIn("localhost:5801", 1e6)
