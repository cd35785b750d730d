# SPDX-License-Identifier: MIT
"""What is sent through the bench's flowgraphs arrives, and what cannot is told."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("gnuradio.gr", reason="needs GNU Radio")

from gsc_sdr.errors import GscError, ShapeError
from gsc_sdr.phy.frame import build_frames
from gsc_sdr.phy.header import Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.papr import evm_db
from gsc_sdr.radio.modem import hear_frames, hear_noise, hear_packets
from gsc_sdr.radio.stock import PACKET_BYTES, stock_frames

pytestmark = pytest.mark.radio
OFDM = OfdmConfig()
SILENCE = np.zeros(500, np.complex64)


class Ideal:
    """Hand on what comes."""

    def apply(self, samples):
        return samples.copy()


class Late:
    """Give out as many samples as it likes, the others later."""

    def __init__(self):
        self.held, self.rng = np.zeros(0, np.complex64), np.random.default_rng(0)

    def apply(self, samples):
        held = np.concatenate([self.held, samples])
        n = int(self.rng.integers(0, len(held) + 1))
        self.held = held[n:]
        return held[:n]


class Broken:
    def apply(self, samples):
        raise ValueError("no such channel")


@pytest.fixture
def stream(rng):
    """Return the symbols of 20 frames, and their samples."""
    symbols = (rng.normal(size=(20 * OFDM.capacity, 2)) @ [1, 1j] * np.sqrt(0.5)).astype(
        np.complex64
    )
    return symbols, build_frames(symbols, Header(image_id=9, rate_id=0, width=8, height=8), OFDM)


@pytest.mark.parametrize("air", [Ideal(), Late()], ids=["ideal", "of any length"])
def test_every_frame_arrives_once_and_in_order(stream, air):
    frames = []
    pieces = [SILENCE, *(piece for frame in stream[1] for piece in (frame, SILENCE))]
    counts = hear_frames(pieces, air, frames.append)
    assert [frame.header.frame_index for frame in frames] == list(range(20))
    assert {frame.header.image_id for frame in frames} == {9}
    assert counts["frames"] == counts["captures"] == 20
    assert counts["dropped"] == 0


def test_payloads_are_what_was_sent(stream):
    frames = []
    hear_frames([*stream[1]], Ideal(), frames.append)
    from gsc_sdr.phy.interleave import stream_slots

    received = np.concatenate([frame.symbols for frame in frames])[stream_slots(20, OFDM)]
    assert evm_db(received, stream[0]) < -35


def refuse(frame):
    raise RuntimeError("nobody wants it")


def failing():
    yield SILENCE
    raise RuntimeError("no more samples")


@pytest.mark.parametrize(
    ("pieces", "air", "on_frame", "error", "said"),
    [
        (failing(), Ideal(), print, RuntimeError, "no more samples"),
        ([SILENCE], Broken(), print, GscError, "could not take"),
        (None, Ideal(), refuse, RuntimeError, "nobody wants it"),
    ],
    ids=["source", "channel", "listener"],
)
def test_what_breaks_on_the_way_is_raised(stream, pieces, air, on_frame, error, said):
    with pytest.raises(error, match=said):
        hear_frames([*stream[1]] if pieces is None else pieces, air, on_frame)


def test_noise_alone_is_no_frame_and_is_counted():
    told = []
    counts = hear_noise(300_000, seed=3, on_progress=told.append)
    assert counts["frames"] == 0
    assert counts["samples"] >= 300_000
    assert told[-1] == 300_000


@pytest.fixture
def packets(rng):
    return rng.integers(0, 256, (30, PACKET_BYTES), np.uint8)


def test_the_stock_modem_is_sent_with_unit_carriers(packets):
    bursts = stock_frames(packets)
    assert bursts.shape == (30, 1600)
    assert (np.abs(bursts) ** 2).mean() == pytest.approx(52 / 64, rel=0.05)
    assert not np.array_equal(bursts[0], bursts[1])


def test_the_stock_modem_delivers_with_gaps_and_without_noise(packets):
    pieces = [np.zeros(2000, np.complex64)]
    for burst in stock_frames(packets):
        pieces += [burst, SILENCE]
    rng, arrived = np.random.default_rng(1), []

    class Quiet:
        """Almost nothing: its synchroniser divides nought by nought in silence."""

        def apply(self, samples):
            return samples + (1e-3 * rng.normal(size=(len(samples), 2)) @ [1, 1j]).astype("c8")

    assert hear_packets(pieces, Quiet(), arrived.append)
    assert Counter(arrived) == Counter(packet.tobytes() for packet in packets)


def test_a_stock_modem_that_hangs_is_told_and_not_waited_for():
    class Stuck:
        def apply(self, samples):
            return samples[:0]

    assert hear_packets([SILENCE], Stuck(), print, stall_s=0.5) is False


def test_a_packet_that_cannot_be_taken_is_raised(packets):
    with pytest.raises(RuntimeError, match="nobody wants it"):
        hear_packets([np.zeros(2000, np.complex64), *stock_frames(packets)], Ideal(), refuse)


def test_packets_of_another_length_are_refused():
    with pytest.raises(ShapeError, match=r"\(3, 5\)"):
        stock_frames(np.zeros((3, 5), np.uint8))
