# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block gives out what another program's PduOut was given; garbage it counts."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.frame_pdu import (
    frame_from_pdu,
    frame_to_pdu,
    frames_from_pdu,
    frames_to_pdu,
)
from gsc_sdr.blocks.pdu import mark, read_mark, unpack
from gsc_sdr.blocks.pdu_in import PduIn
from gsc_sdr.blocks.pdu_out import PduOut
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.keys import new_keys
from gsc_sdr.link.message import MessageSender
from gsc_sdr.link.wire import Message
from gsc_sdr.phy.csi import Csi
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.header import Header

pytestmark = pytest.mark.radio
ANY = "tcp://127.0.0.1:*"
ONE = np.ones(1, np.uint8)


@pytest.fixture
def listen(running):
    """Return a function that starts a block and returns what collects its messages."""

    def start(block):
        top, sink = gr.top_block(), blocks.message_debug()
        top.msg_connect((block, "pdus"), (sink, "store"))
        running(top, block, sink)
        return sink

    return start


@pytest.fixture
def sender(listen, within):
    """Return the link to a block that runs, the block, and what collects its messages."""
    block = PduIn(ANY)
    sink = listen(block)
    with MessageSender(block.address) as end:
        within(lambda: end.counts["connections"] == 1)
        yield end, block, sink


def test_a_frame_is_the_same_in_another_program(listen, running, post, within):
    block = PduIn(ANY)
    sink = listen(block)
    out, top = PduOut(block.address), gr.top_block()
    silent = PduIn(ANY)
    top.msg_connect((silent, "pdus"), (out, "pdus"))
    running(top, out, silent)
    symbols = np.exp(1j * np.arange(1152)).astype(np.complex64)
    noise_var = np.full(1152, np.inf, np.float32)
    csi = Csi(symbols[:52], 0.25, 6.0)
    frame = Frame(Header(7, 3, 64, 48, frame_count=2), symbols, noise_var, csi, 0.125, 1e-5)
    within(lambda: out.counts["connections"] == 1)
    post(out, "pdus", frame_to_pdu(frame))
    post(out, "pdus", mark("idle", 1234))
    post(out, "pdus", frames_to_pdu([frame] * 3))
    within(lambda: sink.num_messages() == 3)
    came = frame_from_pdu(sink.get_message(0))
    assert came.header == frame.header
    assert np.array_equal(came.symbols, symbols)
    assert np.array_equal(came.noise_var, noise_var)
    assert np.array_equal(came.csi.gain, csi.gain)
    assert (came.csi.snr_db, came.cfo, came.sfo) == (6.0, 0.125, 1e-5)
    assert read_mark(sink.get_message(1)) == ("idle", 1234)
    many = frames_from_pdu(sink.get_message(2))
    assert [one.header for one in many] == [frame.header] * 3
    assert all(np.array_equal(one.symbols, symbols) for one in many)
    assert (block.dropped, out.dropped) == (0, 0)


def test_values_keep_their_types(sender, within):
    end, block, sink = sender
    values = {"n": 3, "x": 2.0, "ok": False, "prompt": "ö", "pair": [1, 2.5], "none": []}
    end.send(Message("pdu", values, {"data": ONE, "meta/gain": np.zeros(2, np.complex64)}))
    within(lambda: sink.num_messages() == 1)
    meta, data = unpack(sink.get_message(0))
    assert meta.pop("gain").tolist() == [0, 0]
    assert meta == values | {"pair": (1, 2.5), "none": ()}
    assert [type(meta[name]) for name in ("n", "x", "ok")] == [int, float, bool]
    assert data.tolist() == [1]
    assert block.counts["messages"] == 1


BAD = [
    Message("pdu"),
    Message("chat", {}, {"data": ONE}),
    Message("pdu", {"x": None}, {"data": ONE}),
    Message("pdu", {"x": {"y": 1}}, {"data": ONE}),
    Message("pdu", {"x": [[1]] * 2, "y": [[{}]]}, {"data": ONE}),
    Message("pdu", {"x": 2**70}, {"data": ONE}),
    Message("pdu", {"x": "y" * 5000}, {"data": ONE}),
    Message("pdu", {"x": [0] * 5000}, {"data": ONE}),
    Message("pdu", {"": 1}, {"data": ONE}),
    Message("pdu", {"Not A Name": 1}, {"data": ONE}),
    Message("pdu", {}, {"data": ONE, "meta/": ONE}),
    Message("mark", {"name": "idle"}),
    Message("mark", {"name": "idle", "value": "1"}),
    Message("mark", {"name": ["idle"], "value": 1}),
    Message("mark", {"name": "idle", "value": 1}, {"data": ONE}),
]


def test_what_is_no_pdu_is_counted_and_the_block_lives(sender, within):
    end, block, sink = sender
    for message in BAD:
        assert end.send(message)
    assert end.send(Message("mark", {"name": "end", "value": 0}))
    within(lambda: sink.num_messages() == 1)
    assert (block.dropped, block.counts["malformed"]) == (len(BAD), len(BAD))
    assert block.error is not None


def test_names_are_limited_for_gnu_radio_never_forgets_one(sender, within):
    end, block, sink = sender
    for n in range(300):
        message = Message("pdu", {f"name_{n}": 1}, {"data": ONE})
        within(lambda m=message: end.send(m))
    within(lambda: block.counts["malformed"] == 300 - 256)
    within(lambda: sink.num_messages() == 256)


def test_keys_are_asked_for(tmp_path, listen, within):
    folder = str(tmp_path / "keys")
    keys = new_keys(folder)
    block = PduIn(ANY, folder)
    sink = listen(block)
    with MessageSender(block.address) as stranger:
        within(lambda: block.counts["strangers"])
        assert not stranger.send(Message("mark", {"name": "a", "value": 1}))
    with MessageSender(block.address, keys) as friend:
        within(lambda: friend.send(Message("mark", {"name": "b", "value": 2})))
        within(lambda: sink.num_messages() == 1)
    assert read_mark(sink.get_message(0)) == ("b", 2)
    with pytest.raises(ConfigError, match="keys new"):
        PduIn("tcp://*:5899")


def test_a_flowgraph_can_be_started_again(within):
    block, sink, top = PduIn(ANY), blocks.message_debug(), gr.top_block()
    top.msg_connect((block, "pdus"), (sink, "store"))
    with MessageSender(block.address) as end:
        for n in (1, 2):
            top.start()
            message = Message("mark", {"name": f"run_{n}", "value": 1})
            n_before = sink.num_messages()
            within(lambda m=message, n=n_before: end.send(m) and sink.num_messages() > n)
            top.stop()
            top.wait()


def test_an_address_in_use_is_refused_before_anything_runs():
    block = PduIn(ANY)
    with pytest.raises(ConfigError, match="in use"):
        PduIn(block.address)
