# SPDX-License-Identifier: MIT
"""Known frames through two radios, and the gains at which they arrive best."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from gnuradio import blocks, gr
from numpy.typing import NDArray

from gsc_sdr.config.radio import RadioProfile
from gsc_sdr.errors import ConfigError, FrameError
from gsc_sdr.phy.frame import build_frames, parse_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.interleave import stream_slots
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.papr import evm_db
from gsc_sdr.phy.sync import FrameDetector
from gsc_sdr.radio.device import sink, source
from gsc_sdr.radio.gain_search import GainReading, search_gains
from gsc_sdr.radio.snapshot import Snapshot

__all__ = ["Bench", "Calibration", "calibrate"]

_N_FRAMES = 16
_FULL_SCALE = 0.99  # of the converter: what reaches it counts as clipped
_SETTLE_S = 0.2  # for new gains to act, and for what was on its way
_DEADLINE_S = 20.0
_SAFE_DB = 30.0  # in the cable: then no radio of ours can harm another at any gain


@dataclass(frozen=True)
class Calibration:
    """What came of a calibration.

    Attributes
    ----------
    best : GainReading
        The gains to use.
    readings : list of GainReading
        All that were taken.
    counts : Counter
        Of both radios: what went wrong meanwhile.
    """

    best: GainReading
    readings: list[GainReading]
    counts: Counter[str]


class Bench(gr.top_block):
    """Frames that are known, sent again and again, and the receiver's samples.

    ::

        frames ─► RadioSink ─► cable ─► RadioSource ─► Snapshot

    Parameters
    ----------
    transmitter, receiver : RadioProfile
        The two radios; of the driver ``zmq``, both ends are connected to each other.
    """

    def __init__(self, transmitter: RadioProfile, receiver: RadioProfile) -> None:
        gr.top_block.__init__(self, "gsc_bench")
        self.ofdm = OfdmConfig()
        self.sent, samples = _known_frames(self.ofdm)
        self.frames = blocks.vector_source_c(samples.tolist(), True)
        self.n_period = len(samples)
        self.sink = sink(transmitter, self.ofdm)
        self.source = source(receiver, self.ofdm)
        self.snapshot = Snapshot()
        self.connect(self.frames, self.sink)
        self.connect(self.source, self.snapshot)
        self._is_simulated = transmitter.driver == "zmq"
        self._n_settle = round(_SETTLE_S * receiver.sample_rate)

    def measure(self, tx_gain_db: float, rx_gain_db: float) -> GainReading:
        """Set both gains (dB) and return what the receiver makes of the frames."""
        self.sink.set_gain_db(tx_gain_db)
        self.source.set_gain_db(rx_gain_db)
        n_skip = self._n_settle
        if self._is_simulated:  # no sample is lost: what was on its way can be counted
            on_its_way = self.sink.backoff.nitems_read(0) - self.snapshot.n_samples
            n_skip = on_its_way + 2 * self.n_period
        samples = self.snapshot.take(n_skip, 2 * self.n_period, _DEADLINE_S)
        parts = np.abs(samples.view(np.float32))
        clipped = float((parts >= _FULL_SCALE).reshape(-1, 2).any(axis=1).mean())
        return GainReading(tx_gain_db, rx_gain_db, self._evm_db(samples), clipped)

    def _evm_db(self, samples: NDArray[np.complex64]) -> float:
        """Return the error of the frames in some samples; infinite where most are lost."""
        detector = FrameDetector(self.ofdm)
        last = len(samples) - self.ofdm.frame_length  # a later start is a frame cut off
        found = [*detector.push(samples), *detector.flush()]
        captures = [capture for capture in found if capture.start <= last]
        if len(captures) < _N_FRAMES // 2:
            return float("inf")
        cuts, offsets = np.stack([c.samples for c in captures]), [c.cfo for c in captures]
        frames = [
            frame
            for frame in parse_frames(cuts, offsets, self.ofdm)
            if not isinstance(frame, FrameError) and frame.header.frame_index < _N_FRAMES
        ]
        if len(frames) < _N_FRAMES // 2:
            return float("inf")
        sent = self.sent[[frame.header.frame_index for frame in frames]]
        return evm_db(np.stack([frame.symbols for frame in frames]), sent)


def calibrate(
    transmitter: RadioProfile,
    receiver: RadioProfile | None = None,
    most_tx_gain_db: float | None = None,
    on_reading: Callable[[GainReading], None] = lambda _: None,
) -> Calibration:
    """Sweep the gains of two radios to the least error without clipping.

    With less than 30 dB in the cable, or with antennas, the transmit gain does not
    go above the profile's own, unless ``most_tx_gain_db`` says so.

    Parameters
    ----------
    transmitter : RadioProfile
        The radio that sends.
    receiver : RadioProfile or None
        The one that receives; None for the same.
    most_tx_gain_db : float, dB, or None
        Highest transmit gain to try; None for what is safe.
    on_reading : (GainReading) -> None
        Called with each reading.

    Raises
    ------
    ConfigError
        If one half-duplex radio is to do both.
    MissingError
        If a radio is not there.
    GscError
        If no frame arrives at any gain, or all clips.
    """
    receiver = receiver or transmitter
    if receiver is transmitter and transmitter.duplex == "half":
        raise ConfigError(
            f"radio {transmitter.name} cannot send and receive at once: name a second one with "
            "--receiver"
        )
    if transmitter.sample_rate != receiver.sample_rate:
        raise ConfigError(
            f"the transmitter's sample_rate is {transmitter.sample_rate:g} and the receiver's "
            f"{receiver.sample_rate:g}: give both the same"
        )
    if (transmitter.driver == "zmq") != (receiver.driver == "zmq"):
        raise ConfigError("one radio is zmq and the other is not: give two of a kind")
    low, high = transmitter.tx.gain_range_db
    if most_tx_gain_db is not None:
        high = min(high, most_tx_gain_db)
    elif transmitter.driver != "zmq" and transmitter.attenuation_db < _SAFE_DB:
        high = transmitter.tx.gain_db
    if high < low:
        raise ConfigError(f"the highest transmit gain is {high}; the radio has {low:g} and more")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(*_joined(transmitter, receiver, folder))
        bench.start()

        def measure(tx_gain_db: float, rx_gain_db: float) -> GainReading:
            reading = bench.measure(tx_gain_db, rx_gain_db)
            on_reading(reading)
            return reading

        try:
            best, readings = search_gains(measure, (low, high), receiver.rx.gain_range_db)
            counts = bench.sink.counts + bench.source.counts  # before one end leaves the other
        finally:
            bench.stop()
            bench.wait()
    return Calibration(best, readings, counts)


def _joined(
    transmitter: RadioProfile, receiver: RadioProfile, folder: str
) -> tuple[RadioProfile, RadioProfile]:
    """Connect the ends of ``zmq`` profiles to each other, beside any link that runs."""
    if transmitter.driver != "zmq":
        return transmitter, receiver
    address = f"ipc://{Path(folder) / 'air'}"
    return (
        replace(transmitter, zmq=replace(transmitter.zmq, transmit_address=address)),
        replace(receiver, zmq=replace(receiver.zmq, receive_address=address)),
    )


def _known_frames(ofdm: OfdmConfig) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Return payloads [_N_FRAMES, capacity] like those of pictures, and one period of samples."""
    rng = np.random.default_rng(0)
    parts = rng.standard_normal((2, _N_FRAMES * ofdm.capacity)) * np.sqrt(0.5)
    stream = (parts[0] + 1j * parts[1]).astype(np.complex64)
    slots = np.empty_like(stream)
    slots[stream_slots(_N_FRAMES, ofdm)] = stream
    header = Header(image_id=0, rate_id=0, width=16, height=16)
    samples = build_frames(stream, header, ofdm).ravel()
    silence = np.zeros(2 * ofdm.frame_length, np.complex64)
    return slots.reshape(_N_FRAMES, -1), np.concatenate([samples, silence])
