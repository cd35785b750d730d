# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Snapshot: exactly the samples asked for, one after the other, or an error in time."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.errors import GscError
from gsc_sdr.radio.snapshot import Snapshot

pytestmark = pytest.mark.radio
PERIOD = 1000


@pytest.fixture
def counting():
    """Return a Snapshot of an endless stream that counts to PERIOD again and again."""
    top, block = gr.top_block(), Snapshot()
    source = blocks.vector_source_c(np.arange(PERIOD, dtype=complex).tolist(), True)
    top.connect(source, block)
    top.start()
    yield block
    top.stop()
    top.wait()


@pytest.mark.parametrize("n", [1, 999, 100_000])
def test_samples_are_consecutive_and_as_many_as_asked(counting, n):
    for n_skip in (0, 1, 12_345):
        taken = counting.take(n_skip, n, 30.0)
        assert taken.shape == (n,)
        assert np.array_equal(taken.real, (taken[0].real + np.arange(n)) % PERIOD)


def test_what_is_skipped_is_not_taken():
    top, block = gr.top_block(), Snapshot()
    block._n_skip, block._n_wanted = 5000, 100
    top.connect(blocks.vector_source_c(np.arange(8000, dtype=complex).tolist()), block)
    top.run()
    assert np.array_equal(np.concatenate(block._parts).real, np.arange(5000, 5100))
    assert block.n_samples == 8000


def test_a_stream_that_does_not_come_is_an_error():
    with pytest.raises(GscError, match=r"0 of 10 samples came within 0\.05 s"):
        Snapshot().take(0, 10, 0.05)
