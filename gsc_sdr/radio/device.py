# SPDX-License-Identifier: MIT
"""A radio profile as two GNU Radio blocks: UHD, SoapySDR, or ZeroMQ for no device.

Everything up to the call that opens the device is the same for all of them, and
so is what its user sees: a stream, a gain, a clock, and counts of what went wrong.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from gnuradio import analog, blocks, gr

from gsc_sdr.blocks.burst_source import BurstSource, BurstTags
from gsc_sdr.blocks.gain_stage import GainStage
from gsc_sdr.blocks.radio_counts import RadioCounts
from gsc_sdr.blocks.stream_gaps import StreamGaps
from gsc_sdr.config.radio import RadioProfile
from gsc_sdr.link.address import AIR_IN, AIR_OUT
from gsc_sdr.phy.gaps import Shortfall
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.radio.drivers import LENGTH_TAG, open_soapy, open_uhd, set_gain
from gsc_sdr.units import db_to_power

__all__ = ["RadioSink", "RadioSource", "sink", "source"]

_ITEM = np.dtype(np.complex64).itemsize
_PAD_S = 0.001  # silence after a burst: what filters still hold goes out with it


class RadioSink(gr.hier_block2):
    """What a transmitter's samples go into.

    ::

        stream ─► GainStage (back-off) ─► device ─► async_msgs ─► RadioCounts

    Parameters
    ----------
    profile : RadioProfile
        The device and its settings.
    ofdm : OfdmConfig or None
        Shape of a frame, which a ``zmq`` receiver compares with its own.

    Attributes
    ----------
    device : gr.basic_block
        The driver's own block.
    clock : (() -> float) or None
        The device's time in seconds; None where it has none that is of use here.
    """

    def __init__(self, profile: RadioProfile, ofdm: OfdmConfig | None = None) -> None:
        one, none = gr.io_signature(1, 1, _ITEM), gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, "gsc_radio_sink", one, none)
        self.profile = profile
        self.clock: Callable[[], float] | None = None
        self._events: RadioCounts | None = None
        limit_db = 300.0 if profile.driver == "zmq" and not profile.zmq.bits else 0.0
        bits = profile.zmq.bits if profile.driver == "zmq" else 0
        self.backoff = GainStage(-profile.backoff_db, limit_db, bits)
        self.amplifier: GainStage | None = None
        opening = {"uhd": self._open_uhd, "soapy": self._open_soapy, "zmq": self._open_zmq}
        opening[profile.driver](ofdm)

    def set_gain_db(self, gain_db: float) -> None:
        """Change the transmit gain (float, dB); ConfigError if it is out of range."""
        replace(self.profile.tx, gain_db=gain_db)  # checks
        if self.amplifier is not None:
            self.amplifier.set_gain_db(gain_db)
        else:
            set_gain(self.device, self.profile, "tx", gain_db)

    def mark(self, bursts: BurstSource) -> None:
        """Make a source of bursts tag them as this device wants: call it before the start."""
        rate = self.profile.sample_rate
        kind = {"uhd": "sob", "soapy": "length"}.get(self.profile.driver, "")
        bursts.tags = BurstTags(kind, round(_PAD_S * rate), self.profile.burst_lead_s, rate)
        bursts.clock = self.clock
        if kind == "length":
            self.device.set_length_tag_name(LENGTH_TAG)

    @property
    def counts(self) -> Counter[str]:
        """What went wrong so far: ``underrun``, ``late``, ``sequence``, ``clipped`` and more."""
        counts = Counter(clipped=self.backoff.n_clipped)
        if self.amplifier is not None:
            counts["saturated"] = self.amplifier.n_clipped
            counts.update(_trouble(self.device.counts))
        if self._events is not None:
            counts.update(self._events.counts)
        return counts

    def _open_uhd(self, ofdm: OfdmConfig | None) -> None:
        self.device = open_uhd(self.profile, "tx")
        self.clock = lambda: float(self.device.get_time_now().get_real_secs())
        self._events = RadioCounts()
        self.connect(self, self.backoff, self.device)
        self.msg_connect(self.device, "async_msgs", self._events, "async_msgs")

    def _open_soapy(self, ofdm: OfdmConfig | None) -> None:
        self.device = open_soapy(self.profile, "tx")
        self.connect(self, self.backoff, self.device)

    def _open_zmq(self, ofdm: OfdmConfig | None) -> None:
        from gsc_sdr.blocks.stream_out import StreamOut

        profile, port = self.profile, self.profile.zmq
        self.device = StreamOut(port.transmit_address or AIR_IN, profile.sample_rate, ofdm)
        limit_db = port.saturation_db if port.bits else 300.0
        self.amplifier = GainStage(profile.tx.gain_db, limit_db)
        self.connect(self, self.backoff, self.amplifier, self.device)


class RadioSource(gr.hier_block2):
    """Where a receiver's samples come from.

    ::

        device ─┬─► stream
                └─► StreamGaps (of UHD's time tags)

    Parameters
    ----------
    profile : RadioProfile
        The device and its settings.
    ofdm : OfdmConfig or None
        Shape of a frame, which is compared with a ``zmq`` transmitter's.

    Attributes
    ----------
    device : gr.basic_block
        The driver's own block.
    """

    def __init__(self, profile: RadioProfile, ofdm: OfdmConfig | None = None) -> None:
        one, none = gr.io_signature(1, 1, _ITEM), gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, "gsc_radio_source", none, one)
        self.profile = profile
        self._gaps: StreamGaps | None = None
        self._shortfall: Shortfall | None = None
        self.converter: GainStage | None = None
        opening = {"uhd": self._open_uhd, "soapy": self._open_soapy, "zmq": self._open_zmq}
        opening[profile.driver](ofdm)

    def set_gain_db(self, gain_db: float) -> None:
        """Change the receive gain (float, dB); ConfigError if it is out of range."""
        replace(self.profile.rx, gain_db=gain_db)  # checks
        if self.converter is not None:
            self.converter.set_gain_db(gain_db)
        else:
            set_gain(self.device, self.profile, "rx", gain_db)

    @property
    def counts(self) -> Counter[str]:
        """What went wrong so far: ``overflow``, ``lost_samples``, ``clipped`` and more."""
        counts: Counter[str] = Counter()
        if self.converter is not None:
            counts["clipped"] = self.converter.n_clipped
            counts.update(_trouble(self.device.counts))
        if self._gaps is not None:
            counts.update(self._gaps.counts)
        if self._shortfall is not None and self.device.nitems_written(0):
            now = time.monotonic()
            counts["missing_samples"] = self._shortfall.note(self.device.nitems_written(0), now)
        return counts

    def _open_uhd(self, ofdm: OfdmConfig | None) -> None:
        self.device = open_uhd(self.profile, "rx")
        self._gaps = StreamGaps(self.profile.sample_rate)
        self.connect(self.device, self)
        self.connect(self.device, self._gaps)

    def _open_soapy(self, ofdm: OfdmConfig | None) -> None:
        self.device = open_soapy(self.profile, "rx")
        # GNU Radio's Soapy blocks tell of what they lose on the console only, as sO and sU.
        self._shortfall = Shortfall(self.profile.sample_rate)
        self.connect(self.device, self)

    def _open_zmq(self, ofdm: OfdmConfig | None) -> None:
        from gsc_sdr.blocks.stream_in import StreamIn

        profile, port = self.profile, self.profile.zmq
        self.device = StreamIn(port.receive_address or AIR_OUT, profile.sample_rate, ofdm)
        limit_db = 0.0 if port.bits else 300.0
        self.converter = GainStage(profile.rx.gain_db, limit_db, port.bits)
        loss = 10.0 ** (-profile.attenuation_db / 20.0)
        self._cable = blocks.multiply_const_cc(loss)
        # Of noise_source_c, the amplitude is the deviation of each part times sqrt(2).
        level = db_to_power(port.noise_db) ** 0.5
        self._noise = analog.noise_source_c(analog.GR_GAUSSIAN, level, 0)
        self._add = blocks.add_cc()
        self.connect(self.device, self._cable, (self._add, 0))
        self.connect(self._noise, (self._add, 1))
        self.connect(self._add, self.converter, self)


def _trouble(counts: Counter[str]) -> Counter[str]:
    """Return what a ZeroMQ stream lost or refused, without what went well."""
    names = ("lost_messages", "lost_samples", "malformed", "mismatched", "refused", "strangers")
    return Counter({name: counts[name] for name in names})


def sink(profile: RadioProfile, ofdm: OfdmConfig | None = None) -> RadioSink:
    """Open the transmit side of a radio.

    Raises
    ------
    MissingError
        If there is no such device, or its driver is not installed.
    ConfigError
        If the device cannot be set as the profile wants it.
    """
    return RadioSink(profile, ofdm)


def source(profile: RadioProfile, ofdm: OfdmConfig | None = None) -> RadioSource:
    """Open the receive side of a radio; raises what :func:`sink` raises."""
    return RadioSource(profile, ofdm)
