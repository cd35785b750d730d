# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Samples wait while their reader is busy; when their sender is gone, silence follows once."""

import tempfile
import time

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.link.stream import StreamInfo, StreamSender
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio import patience
from gsc_sdr.radio.patience import PatientIn, silence_length

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()
SAMPLES = np.arange(1, 20_001).astype(np.complex64)


@pytest.fixture
def graph(monkeypatch):
    """Return a sender, a PatientIn and what it gave out, in a running flowgraph."""
    monkeypatch.setattr(patience, "_IDLE_S", 0.3)
    with tempfile.TemporaryDirectory() as folder:
        address = f"ipc://{folder}/air"
        top = gr.top_block()
        source, sink = PatientIn(address, 1e6, OFDM, silence=5000), blocks.vector_sink_c()
        top.connect(source, sink)
        with StreamSender(address, StreamInfo(1e6, OFDM)) as sender:
            yield top, sender, source, sink
        source.stop()
        top.stop()
        top.wait()


def until(claim):
    deadline = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_silence_follows_once(graph):
    top, sender, source, sink = graph
    top.start()
    until(lambda: source.is_quiet)
    assert len(sink.data()) == 0
    until(lambda: sender.send(SAMPLES))
    until(lambda: len(sink.data()) >= len(SAMPLES) + 5000)
    until(lambda: source.is_quiet)
    got = np.array(sink.data())
    assert np.array_equal(got[: len(SAMPLES)], SAMPLES)
    assert np.array_equal(got[len(SAMPLES) :], np.zeros(5000))
    until(lambda: sender.send(SAMPLES[:7]))
    until(lambda: len(sink.data()) == len(SAMPLES) + 5000 + 7 + 5000)


def test_nothing_is_taken_while_the_reader_is_busy(graph):
    top, sender, source, sink = graph
    busy = [True]
    source.is_full = lambda: busy[0]
    top.start()
    assert not sender.send(SAMPLES, timeout_s=1.0)  # no credit without a look at the link
    assert not source.is_quiet
    busy[0] = False
    until(lambda: sender.send(SAMPLES))
    until(lambda: len(sink.data()) >= len(SAMPLES))
    assert np.array_equal(np.array(sink.data())[: len(SAMPLES)], SAMPLES)


def test_the_silence_makes_a_receiver_report_all():
    from gsc_sdr.blocks.frame_detector import FrameDetector

    detector = FrameDetector(OFDM)
    top, said = gr.top_block(), blocks.message_debug()
    source = blocks.vector_source_c([0j] * silence_length(OFDM))
    top.connect(source, detector)
    top.msg_connect(detector, "captures", said, "store")
    top.start()
    until(lambda: said.num_messages() >= 1)
    top.stop()
    top.wait()
