# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Radio counts: each of UHD's events by its name, one message with several too."""

import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import pdu

from gsc_sdr.blocks.radio_counts import RadioCounts, event_names

pytestmark = pytest.mark.radio


def message(codes):
    """Return a message of GNU Radio's USRP Sink."""
    value = pmt.dict_add(pmt.make_dict(), pmt.intern("event_code"), codes)
    value = pmt.dict_add(value, pmt.intern("channel"), pmt.from_uint64(0))
    return pmt.cons(pmt.intern("uhd_async_msg"), value)


def _list(names):
    made = pmt.PMT_NIL
    for name in names:
        made = pmt.list_add(made, pmt.intern(name))
    return made


@pytest.mark.parametrize(
    ("code", "names"),
    [
        (0x01, ["bursts"]),
        (0x02, ["underrun"]),
        (0x04, ["sequence"]),
        (0x08, ["late"]),
        (0x10, ["underrun"]),
        (0x20, ["sequence"]),
        (0x0B, ["bursts", "underrun", "late"]),
        (0x40, ["unknown"]),
        ("burst_ack", ["bursts"]),
        ("underflow", ["underrun"]),
        ("underflow_in_packet", ["underrun"]),
        ("seq_error", ["sequence"]),
        ("seq_error_in_burst", ["sequence"]),
        ("time_error", ["late"]),
        ("overheated", ["unknown"]),
    ],
)
def test_codes_and_words_have_our_names(code, names):
    assert event_names(code) == names


@pytest.fixture
def count(running, post, within):
    """Return a function that sends messages to the block and returns it."""

    def run(messages):
        block, silent, top = (
            RadioCounts(),
            pdu.pdu_set(pmt.intern("key"), pmt.PMT_T),
            gr.top_block(),
        )
        top.msg_connect(silent, "pdus", block, "async_msgs")
        running(top, block, silent)
        for one in [*messages, message(_list(["burst_ack"]))]:
            post(block, "async_msgs", one)
        within(lambda: block.counts["bursts"])
        return block

    return run


def test_events_add_up(count):
    late, starved = message(_list(["time_error"])), message(_list(["underflow", "seq_error"]))
    block = count([late, starved, starved, message(pmt.from_long(0x0A))])
    assert block.counts == {"late": 2, "underrun": 3, "sequence": 2, "bursts": 1}
    assert block.dropped == 0


@pytest.mark.parametrize("bad", [pmt.intern("text"), pmt.cons(pmt.PMT_T, pmt.PMT_T), pmt.PMT_NIL])
def test_outlives_what_is_no_event(count, bad):
    block = count([bad])
    assert (block.dropped, block.counts["bursts"]) == (1, 1)
