# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The block sends messages and never waits: what nobody takes is counted."""

import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt

from gsc_sdr.blocks.pdu import mark, pack
from gsc_sdr.blocks.pdu_out import PduOut
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.message import MessageReceiver

pytestmark = pytest.mark.radio
NOBODY = "tcp://127.0.0.1:9"
META = {"image_id": 7, "snr_db": 2.5, "ok": True, "prompt": "ö", "place": (1, 2.5)}


class Origin(gr.basic_block):
    """A block that says nothing: without one, a flowgraph has nothing to run."""

    def __init__(self):
        gr.basic_block.__init__(self, name="origin", in_sig=None, out_sig=None)
        self.message_port_register_out(pmt.intern("pdus"))


@pytest.fixture
def send(running, post):
    """Return a function that gives messages to a block that runs."""
    started = {}

    def run(block, *messages):
        if block not in started:
            started[block] = top = gr.top_block()
            origin = Origin()
            top.msg_connect((origin, "pdus"), (block, "pdus"))
            running(top, block, origin)
        for message in messages:
            post(block, "pdus", message)

    return run


@pytest.fixture
def receiver():
    with MessageReceiver("tcp://127.0.0.1:*", lambda message: message) as end:
        yield end


def test_pdus_and_marks_arrive_as_values_and_arrays(receiver, send, within):
    block, gain = PduOut(receiver.address), np.array([1, 2j], np.complex64)
    within(lambda: block.counts["connections"] == 1)
    send(block, pack(META | {"gain": gain}, np.arange(3, dtype=np.float32)), mark("idle", 9))
    pdu = receiver.receive(60.0)
    assert (pdu.kind, pdu.values) == ("pdu", META | {"place": [1, 2.5]})
    assert pdu.arrays["data"].tolist() == [0, 1, 2]
    assert np.array_equal(pdu.arrays["meta/gain"], gain)
    idle = receiver.receive(60.0)
    assert (idle.kind, idle.values) == ("mark", {"name": "idle", "value": 9})
    assert block.dropped == 0


def test_what_nobody_takes_is_dropped_at_once_and_counted(send, within):
    block = PduOut(NOBODY)
    began = time.monotonic()
    send(block, *[mark("idle", n) for n in range(100)])
    within(lambda: block.dropped == 100)
    assert time.monotonic() - began < 20
    assert "nobody takes messages at tcp://127.0.0.1:9" in str(block.error)
    assert block.counts["undelivered"] == 100


def test_what_cannot_be_sent_is_counted(receiver, send, within):
    block = PduOut(receiver.address)
    within(lambda: block.counts["connections"] == 1)
    bad = [pmt.intern("no PDU"), pack({"snr_db": float("nan")}, np.zeros(1, np.uint8))]
    send(block, *bad, mark("end"))
    assert receiver.receive(60.0).kind == "mark"
    assert block.dropped == 2


def test_wrong_settings_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(ConfigError, match="tcp://HOST:PORT"):
        PduOut("5805")
    with pytest.raises(ConfigError, match="keys new"):
        PduOut(NOBODY, str(tmp_path))
