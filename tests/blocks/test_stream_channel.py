# SPDX-License-Identifier: MIT
"""The block is the object on a stream: the same samples, all of them, and it outlives it."""

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gnuradio import analog, blocks, gr

from gsc_sdr.blocks.stream_channel import StreamChannel
from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.profile import ChannelProfile, profile
from gsc_sdr.channel.simulated import SimulatedChannel

pytestmark = pytest.mark.radio
RATE = 1e6


def impaired(sfo_ppm):
    front_end = FrontEnd(
        cfo_hz=900.0, sfo_ppm=sfo_ppm, linewidth_hz=10.0, iq_gain_db=0.3, dc_db=-30.0,
        clip_db=6.0, adc_bits=10, agc_step_db=1.0, tone_db=-20.0, erasure_s=1e-3,
    )  # fmt: skip
    return ChannelProfile("impaired", "rayleigh", block_s=3e-3, front_end=front_end)


@pytest.mark.parametrize("cut", [100, 8192])
@pytest.mark.parametrize("sfo_ppm", [-1000.0, 0.0, 40.0])
def test_samples_are_those_of_the_object_to_the_last_bit(rng, stream, sfo_ppm, cut):
    samples = (rng.normal(size=(100_000, 2)) @ [1, 1j]).astype(np.complex64)
    channel, twin = (SimulatedChannel(impaired(sfo_ppm), RATE, 10.0, 50.0, 3) for _ in range(2))
    assert np.array_equal(stream(samples, StreamChannel(channel), cut=cut), twin.apply(samples))


class Stretching:
    """Gives seven samples for each it takes, or none for all but every thousandth."""

    def __init__(self, keep):
        self.keep, self.n = keep, 0

    def apply(self, samples):
        index = self.n + np.arange(len(samples))
        self.n += len(samples)
        return np.repeat(samples, 7) if self.keep == 1 else samples[index % self.keep == 0]


@pytest.mark.parametrize(("keep", "n_out"), [(1, 700_000), (1000, 100)])
def test_any_number_of_samples_may_come_out(stream, keep, n_out):
    heard = stream(np.arange(100_000), StreamChannel(Stretching(keep)))
    ramp = np.arange(100_000)
    assert np.array_equal(heard, np.repeat(ramp, 7) if keep == 1 else ramp[::1000])
    assert len(heard) == n_out


class Failing:
    def apply(self, samples):
        raise RuntimeError("no more")


def test_a_failure_is_silence_logged_once_and_counted(stream, caplog):
    block = StreamChannel(Failing())
    heard = stream(np.ones(20_000), block, cut=100)
    assert len(heard) == 20_000
    assert not heard.any()
    assert block.dropped == 20_000
    assert caplog.text.count("RuntimeError: no more") == 1


def test_noise_and_offset_change_while_it_runs(running, within):
    channel = StreamChannel(SimulatedChannel(profile("awgn"), RATE))
    top, power = gr.top_block(), blocks.probe_signal_f()
    source, turn = analog.sig_source_c(RATE, analog.GR_CONST_WAVE, 0, 1), blocks.probe_signal_f()
    means = [blocks.moving_average_ff(20_000, 1 / 20_000) for _ in range(2)]
    squared, turned = blocks.complex_to_mag_squared(), analog.quadrature_demod_cf(RATE / 2 / np.pi)
    top.connect(source, channel, squared, means[0], power)
    top.connect(channel, turned, means[1], turn)
    running(top, channel)
    within(lambda: abs(power.level() - 1) < 1e-3)
    channel.set_cfo_hz(5000.0)
    within(lambda: abs(turn.level() - 5000) < 10)
    channel.set_snr_db(0.0)
    within(lambda: abs(power.level() - 2) < 0.1)
    channel.set_snr_db(None)
    within(lambda: abs(power.level() - 1) < 1e-3)
    assert channel.dropped == 0


def test_a_tag_does_not_pass(running):
    import pmt

    tag = gr.tag_utils.python_to_tag((5, pmt.intern("burst"), pmt.PMT_T, pmt.PMT_NIL))
    top, sink = gr.top_block(), blocks.vector_sink_c()
    source = blocks.vector_source_c([1.0] * 100, tags=[tag])
    channel = StreamChannel(SimulatedChannel(profile("ideal"), RATE))
    top.connect(source, channel, sink)
    top.run()
    assert len(sink.data()) == 100
    assert not sink.tags()


def test_samples_are_kept_when_their_memory_is_given_back(rng):
    class PassThrough:
        def apply(self, samples):
            return samples

    block, sent = StreamChannel(PassThrough()), rng.normal(size=(1000, 2)).astype(np.float32)
    taken = sent.copy().view(np.complex64)[:, 0]
    block.consume = lambda port, n: taken.fill(np.nan)  # the scheduler may write at once
    out = np.zeros(600, np.complex64)
    assert block.general_work([taken], [out]) == 600
    assert np.array_equal(out, sent.view(np.complex64)[:600, 0])
