# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Stream gaps: what the tags of a USRP Source say is lost is counted; odd tags are outlived."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.stream_gaps import StreamGaps

pytestmark = pytest.mark.radio
RATE = 1e6


def tag(place, value, key="rx_time"):
    """Return one tag."""
    made = gr.tag_t()
    made.offset, made.key, made.value = place, pmt.intern(key), value
    return made


def time(seconds, fraction):
    """Return a time as UHD tags it."""
    return pmt.make_tuple(pmt.from_uint64(seconds), pmt.from_double(fraction))


def counts(*tags):
    """Return what the block counts in a stream with these tags."""
    block, top = StreamGaps(RATE), gr.top_block()
    source = blocks.vector_source_c([0j] * 100_000, False, 1, list(tags))
    top.connect(source, block)
    top.run()
    return dict(+block.counts)


def test_overflows_are_counted_with_their_samples():
    found = counts(
        tag(0, time(50, 0.9)),
        tag(40_000, time(50, 0.941)),  # 0.041 s after 40,000 samples: 1,000 are missing
        tag(60_000, time(50, 0.961)),
        tag(80_000, time(51, 0.0)),
    )
    assert found == {"overflow": 2, "lost_samples": 1000 + 19_000}


def test_a_stream_without_gaps_counts_nothing():
    assert counts(tag(0, time(5, 0.0)), tag(99_999, time(5, 0.099999))) == {}


@pytest.mark.parametrize("bad", [pmt.PMT_T, pmt.intern("late"), pmt.make_tuple(pmt.PMT_T)])
def test_a_tag_that_is_no_time_is_counted_and_outlived(bad):
    found = counts(tag(0, time(5, 0.0)), tag(10, bad), tag(1000, time(5, 0.002)))
    assert found == {"overflow": 1, "lost_samples": 1000, "malformed": 1}


def test_other_tags_are_no_times():
    assert counts(tag(3, pmt.PMT_T, "rx_rate")) == {}


def test_it_takes_all_that_comes(stream):
    block, top = StreamGaps(RATE), gr.top_block()
    source = blocks.vector_source_c(np.zeros(5000, np.complex64).tolist())
    top.connect(source, block)
    top.run()
    assert block.nitems_read(0) == 5000
