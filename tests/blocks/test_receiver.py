# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The receiver decodes good frames whatever came before them."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.image_sink import ImageSink
from gsc_sdr.blocks.receiver import Receiver
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.transceiver.chain import Transmitter

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()
IMAGE = np.full((96, 256, 3), 90, np.uint8)
QUIET = np.zeros(300_000, np.complex64)  # long enough for the air to be idle


@pytest.fixture
def receive(running, within):
    """Return a function that runs parts of a stream, in noise, through a receiver."""

    def run(*parts):
        samples = np.concatenate([*parts, QUIET])
        noise = np.random.default_rng(1).normal(scale=0.1, size=(len(samples), 2)) @ [1, 1j]
        source = blocks.vector_source_c((samples + noise).tolist())
        receiver, sink = Receiver(FakeEngine(), 1e6), ImageSink()
        symbols, csi = blocks.message_debug(), blocks.message_debug()
        top = gr.top_block()
        top.connect(source, receiver)
        top.msg_connect(receiver, "image", sink, "image")
        top.msg_connect(receiver, "symbols", symbols, "store")
        top.msg_connect(receiver, "csi", csi, "store")
        running(top, receiver, sink)
        within(lambda: sink.idle_sample > len(samples) - 250_000)
        within(lambda: symbols.num_messages() == csi.num_messages())  # each in its own thread
        assert csi.num_messages() <= receiver.parser.n_frames
        assert bool(symbols.num_messages()) == bool(receiver.parser.n_frames)
        return receiver, sink.arrivals

    return run


@pytest.fixture
def burst():
    """Return the samples of one picture and its prompt."""
    return Transmitter(FakeEngine(), "1/48", OFDM).send(IMAGE, "hello")[1]


def test_a_picture_arrives(receive, burst):
    receiver, (arrival,) = receive(np.zeros(1234), burst)
    assert np.abs(arrival.image.astype(int) - IMAGE).mean() < 8
    assert arrival.meta["prompt"] == "hello"
    assert arrival.meta["snr_db"] == pytest.approx(17, abs=1)
    assert receiver.counts["dropped"] == 0


def test_noise_alone_gives_nothing(rng, receive):
    receiver, arrivals = receive(rng.normal(size=(200_000, 2)) @ [1, 1j])
    assert arrivals == []
    assert receiver.counts["dropped"] == 0


@pytest.mark.parametrize(
    "garbage",
    [
        np.full(20_000, np.nan),
        np.full(20_000, np.inf),
        np.full(20_000, 1e30),
        np.ones(20_000),
        np.exp(1j * np.arange(20_000) / 8),
        np.tile(np.r_[1, np.zeros(15)], 1500),
    ],
    ids=["not a number", "infinite", "huge", "constant", "tone", "pulses"],
)
def test_a_picture_arrives_after_garbage(receive, burst, garbage):
    receiver, arrivals = receive(garbage, np.zeros(10_000), burst)
    assert [arrival.meta["prompt"] for arrival in arrivals] == ["hello"]
    assert receiver.counts["dropped"] == 0


def test_a_cut_burst_is_given_out_in_part(receive, burst):
    n_kept = len(burst) - OFDM.frame_length + OFDM.preamble_length  # no header in the last frame
    _, arrivals = receive(burst[:n_kept], QUIET, burst)
    received = [(arrival.meta["n_received"], arrival.meta["frame_count"]) for arrival in arrivals]
    n_frames = len(burst) // OFDM.frame_length
    assert received == [(n_frames - 1, n_frames), (n_frames, n_frames)]


def test_a_ruined_frame_is_counted_by_its_cause(receive, burst):
    ruined = burst.copy()
    ruined[600:1200] = 0  # the header of the first frame, behind its training
    receiver, (arrival,) = receive(ruined)
    n_frames = len(burst) // OFDM.frame_length
    assert arrival.meta["n_received"] == n_frames - 1
    assert receiver.counts["lost_crc"] == 1
    assert receiver.counts["picture_incomplete"] == 1


def test_frames_of_another_version_are_counted(receive, burst, monkeypatch):
    from gsc_sdr.phy import header

    monkeypatch.setattr(header, "VERSION", 2)
    receiver, arrivals = receive(burst)
    assert arrivals == []
    assert receiver.counts["lost_version"] == len(burst) // OFDM.frame_length
