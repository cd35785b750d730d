# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""The transmitter sends what the transmitter in arrays sends."""

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import Schedule
from gsc_sdr.blocks.image_source import ImageSource
from gsc_sdr.blocks.pdu import unpack
from gsc_sdr.blocks.transmitter import Transmitter
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.transceiver.chain import Transmitter as ArrayTransmitter

pytestmark = pytest.mark.radio


@pytest.fixture
def send(running, within):
    def run(images, prompts, n_bursts, **settings):
        source = ImageSource(images, prompts)
        transmitter = Transmitter(FakeEngine(), schedule=Schedule(lead=0, tail=0), **settings)
        stream, samples = blocks.vector_sink_c(), blocks.message_debug()
        top = gr.top_block()
        top.connect(transmitter, stream)
        top.msg_connect(source, "image", transmitter, "image")
        top.msg_connect(transmitter, "samples", samples, "store")
        running(top, source, transmitter, stream, samples)
        within(lambda: transmitter.source.ended and transmitter.source.n_sent == n_bursts)
        within(lambda: len(stream.data()) == transmitter.source.n_samples)
        return transmitter, np.array(stream.data(), np.complex64), samples

    return run


def test_samples_are_those_of_the_array_twin(rng, send):
    images = [rng.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(3)]
    _, stream, samples = send(images, ["a", "b", "c"], 3, rate="1/96")
    twin = ArrayTransmitter(FakeEngine(), "1/96", OfdmConfig())
    bursts = [twin.send(image, prompt)[1] for image, prompt in zip(images, "abc", strict=True)]
    assert np.array_equal(stream, np.concatenate(bursts))
    assert np.array_equal(unpack(samples.get_message(1))[1], bursts[1])


def test_samples_have_the_power_of_the_definition(send):
    long = "x" * 1000  # FakeEngine's prompt symbols are of unit power, its others are not
    _, stream, _ = send([np.zeros((16, 16, 3), np.uint8)], [long], 1)
    assert np.mean(np.abs(stream) ** 2) == pytest.approx(52 / 64, rel=0.03)


def test_what_cannot_be_sent_is_told(send):
    images = [np.zeros((16, 16, 3), np.uint8)] * 2
    transmitter, _, _ = send(images, ["x" * 1001, "ok"], 1)
    assert transmitter.dropped == 1
    assert isinstance(transmitter.error, ConfigError)
