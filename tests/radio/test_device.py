# SPDX-License-Identifier: MIT
# ruff: noqa: E402 -- what follows can be imported only where GNU Radio is
"""Device: over zmq, samples, gains, converters and counts are those of the profile."""

import time
from dataclasses import replace

import numpy as np
import pytest

gr = pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")
import pmt
from gnuradio import blocks

from gsc_sdr.blocks.burst_source import BurstSource, Schedule
from gsc_sdr.blocks.pdu import pack
from gsc_sdr.config.radio import RadioPort, SimulatedPort, radio_profile
from gsc_sdr.errors import ConfigError, MissingError
from gsc_sdr.radio import device
from gsc_sdr.radio.device import sink, source
from gsc_sdr.radio.snapshot import Snapshot

pytestmark = pytest.mark.radio
N = 40_000
QUIET = -200.0  # dB of noise: none


@pytest.fixture
def pair(tmp_path):
    """Return a function: profiles of two ends that are connected, with settings of the first."""

    def make(noise_db=QUIET, **settings):
        address = f"ipc://{tmp_path / 'air'}"
        port = SimulatedPort(address, address, settings.pop("bits", 0), noise_db=noise_db)
        return replace(radio_profile("zmq"), zmq=port, **settings)

    return make


@pytest.fixture
def sent():
    """Return a function that sends samples over and over, and returns what arrives, and ends."""
    graphs = []

    def run(profile, samples, n=N):
        top = gr.top_block()
        frames = blocks.vector_source_c(np.asarray(samples, np.complex64).tolist(), True)
        ends = sink(profile), source(profile), Snapshot()
        top.connect(frames, ends[0])
        top.connect(*ends[1:])
        graphs.append((top, ends))
        top.start()
        return ends[2].take(0, n, 30.0), *ends[:2]

    yield run
    for top, _ in graphs:
        top.stop()
        top.wait()


def noise(rng, n=N, power=0.8):
    """Return samples like those of frames."""
    return (rng.normal(size=(n, 2)) @ [1, 1j] * np.sqrt(power / 2)).astype(np.complex64)


def test_without_converters_samples_come_through_as_they_were(pair, sent, rng):
    samples = noise(rng)
    received, out, into = sent(pair(), samples)
    # The gains take each other back: -12 + 12 dB out, -12 dB in.
    assert np.allclose(received, samples * 10 ** (-12 / 20), rtol=1e-5)
    assert out.counts["clipped"] == out.counts["saturated"] == into.counts["clipped"] == 0


def test_at_the_usual_settings_converters_cost_next_to_nothing(pair, sent, rng):
    samples = noise(rng)
    received, out, into = sent(pair(bits=12, noise_db=-60.0), samples)
    error = received * 10 ** (12 / 20) - samples
    assert 10 * np.log10(np.mean(np.abs(error) ** 2) / 0.8) < -55
    assert out.counts["clipped"] == 0
    assert not +(into.counts | out.counts)  # nothing went wrong


def test_the_cable_and_the_receivers_noise_are_those_of_the_profile(pair, sent):
    profile = pair(noise_db=-20.0, attenuation_db=20.0, rx=RadioPort(0.0, (-40.0, 40.0)))
    received, *_ = sent(profile, np.ones(1000))
    assert np.mean(received) == pytest.approx(0.1, abs=2e-3)
    assert np.var(received) == pytest.approx(0.01, rel=0.05)


def test_too_much_gain_clips_and_is_counted(pair, sent, rng):
    settings = {
        "backoff_db": 0.0,
        "tx": RadioPort(40.0, (0.0, 40.0)),
        "rx": RadioPort(0.0, (-40.0, 40.0)),
    }
    received, out, into = sent(pair(bits=12, **settings), noise(rng))
    assert np.abs(received.view(np.float32)).max() <= 1.0
    assert min(out.counts["clipped"], out.counts["saturated"], into.counts["clipped"]) > N / 100


def test_gains_can_be_turned_while_it_runs_within_their_range(pair, sent):
    received, out, into = sent(pair(), np.ones(1000), 1000)
    out.set_gain_db(18.0)
    into.set_gain_db(-3.0)
    assert np.allclose(received, 10 ** (-12 / 20), rtol=1e-4)
    assert (out.amplifier.gain_db, into.converter.gain_db) == (18.0, -3.0)
    with pytest.raises(ConfigError, match=r"gain_db is 41\.0; give a number from 0 to 40"):
        out.set_gain_db(41.0)
    with pytest.raises(ConfigError, match=r"gain_db is -41\.0"):
        into.set_gain_db(-41.0)


def test_bursts_are_not_tagged_where_there_is_no_device(pair):
    bursts, radio = BurstSource(), sink(pair())
    radio.mark(bursts)
    assert (bursts.tags.kind, bursts.clock) == ("", None)


class Clock:
    """A time as UHD gives it."""

    def get_real_secs(self):
        return 1000.5


class StandInSink(gr.sync_block):
    """A sink that tells what UHD's and SoapySDR's would: which tags came, and what went wrong."""

    def __init__(self, length_tag=None):
        gr.sync_block.__init__(self, name="stand_in", in_sig=[np.complex64], out_sig=None)
        self.message_port_register_out(pmt.intern("async_msgs"))
        self.samples, self.seen, self.length_tag = [], [], length_tag
        self.gains = []

    def get_time_now(self):
        return Clock()

    def set_length_tag_name(self, name):
        self.length_tag = name

    def set_gain(self, *values):
        self.gains.append(values)

    def work(self, input_items, output_items):
        self.samples.append(input_items[0].copy())
        for tag in self.get_tags_in_window(0, 0, len(input_items[0])):
            self.seen.append((pmt.symbol_to_string(tag.key), tag.offset))
            if self.seen[-1][0] == "tx_eob":
                codes = pmt.list_add(pmt.PMT_NIL, pmt.intern("burst_ack"))
                codes = pmt.list_add(codes, pmt.intern("time_error"))
                value = pmt.dict_add(pmt.make_dict(), pmt.intern("event_code"), codes)
                message = pmt.cons(pmt.intern("uhd_async_msg"), value)
                self.message_port_pub(pmt.intern("async_msgs"), message)
        return len(input_items[0])


def within(claim):
    """Wait until a claim holds; fail at the deadline."""
    deadline = time.monotonic() + 30
    while not claim():
        assert time.monotonic() < deadline, "the flowgraph did not get there in time"


@pytest.fixture
def on_air(monkeypatch):
    """Return a function that sends one burst by a stand-in for a profile's device."""
    graphs = []

    def run(name, burst):
        monkeypatch.setattr(device, "open_uhd", lambda *_: StandInSink())
        monkeypatch.setattr(device, "open_soapy", lambda *_: StandInSink())
        bursts, radio = BurstSource(Schedule(fill=True)), sink(radio_profile(name))
        radio.mark(bursts)
        top = gr.top_block()
        top.connect(bursts, radio)
        graphs.append((top, bursts, radio))
        top.start()
        bursts.to_basic_block()._post(pmt.intern("samples"), pack({}, burst))
        within(lambda: bursts.n_sent and radio.device.nitems_read(0) == bursts.n_samples)
        return radio

    yield run
    for top, *_ in graphs:
        top.stop()
        top.wait()


def test_uhd_gets_tagged_bursts_turned_down_and_its_events_are_counted(on_air, rng):
    burst = noise(rng, 5000)
    radio = on_air("usrp_b200", burst)
    within(lambda: radio.counts["bursts"])
    pad = 1000  # 1 ms
    tags = dict(radio.device.seen)
    assert tags["tx_sob"] == tags["tx_time"] == 0
    assert tags["tx_eob"] == 5000 + pad - 1
    sent = np.concatenate(radio.device.samples)
    assert np.allclose(sent[:5000], burst * 10 ** (-12 / 20), rtol=1e-5)
    assert not sent[5000:].any()
    assert len(sent) == 5000 + pad
    assert dict(+radio.counts) == {"bursts": 1, "late": 1}
    assert radio.clock() == 1000.5
    radio.set_gain_db(50.0)
    assert radio.device.gains == [(50.0,)]


def test_soapy_gets_lengths(on_air, rng):
    radio = on_air("hackrf", noise(rng, 5000))
    assert radio.device.length_tag == "packet_len"
    assert ("packet_len", 0) in radio.device.seen
    assert radio.clock is None
    radio.set_gain_db(20.0)
    assert radio.device.gains == [(0, 20.0)]


def test_what_would_clip_in_the_converter_is_counted(on_air):
    radio = on_air("usrp_b200", np.full(100, 5.0 + 0j, np.complex64))
    within(lambda: radio.counts["clipped"] == 100)
    assert np.abs(np.concatenate(radio.device.samples)).max() == 1.0


def test_uhds_overflows_are_counted_beside_the_stream(monkeypatch):
    def tagged(*_):
        tags = []
        for place, seconds in ((0, 5.0), (3000, 5.004)):  # 3,000 samples in 4 ms
            tag = gr.tag_t()
            tag.offset, tag.key = place, pmt.intern("rx_time")
            time = (int(seconds), seconds - int(seconds))
            tag.value = pmt.make_tuple(pmt.from_uint64(time[0]), pmt.from_double(time[1]))
            tags.append(tag)
        return blocks.vector_source_c([1j] * 8000, False, 1, tags)

    monkeypatch.setattr(device, "open_uhd", tagged)
    top, radio, received = gr.top_block(), source(radio_profile("usrp_b200")), Snapshot()
    top.connect(radio, received)
    top.run()
    assert received.n_samples == 8000
    assert dict(+radio.counts) == {"overflow": 1, "lost_samples": 1000}


def test_samples_that_soapy_does_not_deliver_are_missed(monkeypatch):
    slow = blocks.throttle(8, 1e5)  # where the profile says 1e6
    monkeypatch.setattr(device, "open_soapy", lambda *_: slow)
    top, radio, received = gr.top_block(), source(radio_profile("plutosdr")), Snapshot()
    endless = blocks.vector_source_c([1j] * 1000, True)
    top.connect(endless, slow)
    top.connect(radio, received)
    top.start()
    try:
        within(lambda: radio.counts["missing_samples"])
    finally:
        top.stop()
        top.wait()


@pytest.mark.parametrize("name", ["usrp_b200", "usrp_n210", "plutosdr"])
def test_a_missing_device_is_an_error_of_ours(name):
    for opens in (sink, source):
        with pytest.raises(MissingError, match=name):
            opens(radio_profile(name))
