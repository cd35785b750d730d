# SPDX-License-Identifier: MIT
"""The modem's bench: intervals, what counts as delivered, rows that JSON can hold."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.experiments import modem
from gsc_sdr.experiments.modem import Flowgraphs, Sizes, bench_modem, n_steps, wilson
from gsc_sdr.phy.frame import Frame, parse_frames
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import FrameDetector

OFDM = OfdmConfig()
SIZES = Sizes(low=24, high=12, offsets=12, packets=4, fading=4, noise=1000)


def hear(pieces, air, on_frame):
    """Receive in arrays: the same functions, without GNU Radio."""
    detector, counts = FrameDetector(OFDM), Counter()
    arrived = [air.apply(piece) for piece in (*pieces, np.zeros(4000, np.complex64))]
    captures = detector.push(np.concatenate(arrived)) + detector.flush()
    for capture in captures:
        (frame,) = parse_frames(capture.samples[None], [capture.cfo], OFDM)
        if isinstance(frame, Frame):
            counts["frames"] += 1
            on_frame(frame)
    return counts


def stock_frames(packets):
    """Send bytes as amplitudes: as good as any other modem, without noise."""
    return packets.astype(np.complex64)


def hear_packets(pieces, air, on_packet):
    for piece in pieces:
        at = np.flatnonzero(piece)
        if len(at):
            body = piece[at[0] // 8 * 8 :].real.astype(np.uint8)
            on_packet(bytes(body[:8]))
    return True


GRAPHS = Flowgraphs(hear, hear_packets, lambda n, seed: Counter(), stock_frames, 8)


@pytest.mark.parametrize(
    ("good", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (9999, 10000, 0.99943, 0.99998),
    ],
)
def test_wilson_gives_the_published_intervals(good, total, low, high):
    assert wilson(good, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_covers_the_truth_as_often_as_it_says(rng):
    inside = [
        low <= 0.97 <= high
        for low, high in (wilson(int(k), 400) for k in rng.binomial(400, 0.97, 2000))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.025)


def test_frames_arrive_and_are_measured_at_high_snr():
    row = modem._awgn_row(25.0, SIZES, 3, GRAPHS)
    assert (row["frames_sent"], row["frames_delivered"]) == (12, 12)
    assert row["snr_est_rmse_db"] < 0.5
    assert row["cfo_rmse_subcarriers"] < 0.01
    assert -0.05 < row["implementation_loss_db"] < 0.5
    assert row["symbol_snr_db"] == pytest.approx(25.0, abs=0.5)
    assert row["offsets_genie"] == row["offsets_delivered"] == row["offsets_sent"] == 12


def test_the_figures_do_not_depend_on_when_they_are_taken():
    once, again = (modem._awgn_row(5.0, SIZES, 3, GRAPHS) for _ in range(2))
    assert once == again


def test_where_nothing_arrives_figures_are_none():
    deaf = replace(GRAPHS, hear_frames=lambda pieces, air, on_frame: Counter(deaf=len([*pieces])))
    row = modem._awgn_row(5.0, SIZES, 0, deaf)
    assert (row["frames_sent"], row["frames_delivered"]) == (12, 0)
    assert row["snr_est_rmse_db"] is row["cfo_rmse_subcarriers"] is None
    assert row["implementation_loss_db"] is None


def garbled(kind):
    """Return a flowgraph that hands on each frame, and one more that is wrong."""

    def wrong(pieces, air, on_frame):
        def note(frame):
            on_frame(frame)
            header, symbols = frame.header, frame.symbols
            if kind == "twice":
                on_frame(frame)
            elif kind == "another picture":
                on_frame(replace(frame, header=replace(header, image_id=200)))
            elif kind == "beyond the last":
                on_frame(replace(frame, header=replace(header, frame_count=90, frame_index=80)))
            elif kind == "another payload":
                on_frame(replace(frame, symbols=np.roll(symbols, 1)))

        return hear(pieces, air, note)

    return replace(GRAPHS, hear_frames=wrong)


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("twice", "twice"),
        ("another picture", "false"),
        ("beyond the last", "false"),
        ("another payload", "wrong_payload"),
    ],
)
def test_each_frame_counts_once_and_only_if_it_was_sent(kind, counted):
    row = modem._awgn_row(20.0, SIZES, 1, garbled(kind))
    assert row["frames_delivered"] == 12
    assert row["receiver"][counted] == 12


def test_a_payload_under_another_header_is_not_delivered():
    def swapped(pieces, air, on_frame):
        frames = []
        counts = hear(pieces, air, frames.append)
        for frame, other in zip(frames, frames[::-1], strict=True):
            on_frame(replace(frame, symbols=other.symbols))
        return counts

    row = modem._awgn_row(20.0, SIZES, 1, replace(GRAPHS, hear_frames=swapped))
    assert row["frames_delivered"] == 0
    assert row["receiver"]["wrong_payload"] == 12


@pytest.mark.learn
def test_every_step_is_a_row_of_the_promised_keys(monkeypatch):
    monkeypatch.setattr(modem, "_SNRS_DB", (0.0, 15.0))
    monkeypatch.setattr(modem, "_TDL", [("c", 300, 30)])
    steps = list(bench_modem(SIZES, 0, GRAPHS))
    assert [kind for kind, _ in steps] == ["awgn", "awgn", "tdl", "false_alarms"]
    assert len(steps) == n_steps()
    rows = json.loads(json.dumps([row for _, row in steps]))
    assert {
        "snr_db", "frames_sent", "frames_delivered", "stock_sent", "stock_delivered",
        "snr_est_rmse_db", "cfo_rmse_subcarriers", "implementation_loss_db",
    } <= rows[0].keys()  # fmt: skip
    assert {
        "profile", "delay_spread_ns", "speed_kmh", "snr_db", "frames_sent", "frames_delivered",
        "outage_genie",
    } <= rows[2].keys()  # fmt: skip
    assert rows[3] == {"samples": 1000, "accepted": 0, "captures": 0}
    assert rows[0]["frames_sent"] == 24
    assert 0 <= rows[2]["outage_genie"] <= 1
    assert rows[2]["readable_delivered"] <= rows[2]["readable_sent"] <= rows[2]["frames_sent"]
    assert rows[2]["reach_delivered"] <= rows[2]["reach_sent"] <= rows[2]["readable_sent"]
