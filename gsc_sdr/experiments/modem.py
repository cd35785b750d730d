# SPDX-License-Identifier: MIT
"""Bench of the modem: what arrives of many frames, and how well they are measured.

The flowgraphs come in as functions, so that nothing here knows GNU Radio.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.experiments.genie import ask_genie
from gsc_sdr.experiments.segments import Draw, Segment, SegmentChannel, draw_segments
from gsc_sdr.phy.frame import Frame
from gsc_sdr.phy.ofdm import OfdmConfig

__all__ = ["Flowgraphs", "Sizes", "bench_modem", "n_steps", "wilson"]

_SNRS_DB = (-3.0, 0.0, 3.0, 5.0, 10.0, 15.0, 20.0, 25.0)
_LOW_DB = 3.0  # up to here delivery is the question
_TDL = [(m, ns, kmh) for m in "abc" for ns in (30, 100, 300) for kmh in (3, 30, 120)]
_TDL_DB, _CARRIER_HZ = 10.0, 2.4e9
_REACH_DB = 0.0  # of preamble and header: from here on, frames without fading arrive
_PER_SEGMENT, _PER_FADE = 40, 10  # frames
_N_IDS = 256  # segments of one flowgraph, each with a number of its own
_RIGHT = 0.08  # squared correlation of payload symbols with what was sent; others' have 0.02
_Z = 1.959964  # of the normal distribution, for 95 %
_NUMBER_BYTES = 4  # at the head of a packet

Pieces = Iterable[NDArray[np.complex64]]


@dataclass(frozen=True)
class Flowgraphs:
    """The GNU Radio side of the bench, see gsc_sdr.radio.modem and .stock.

    Attributes
    ----------
    hear_frames : (pieces, air, on_frame) -> Counter
        Our receiver.
    hear_packets : (pieces, air, on_packet) -> bool
        GNU Radio's own; False if it hung.
    hear_noise : (n_samples, seed) -> Counter
        Our receiver on noise; ``frames`` were accepted.
    stock_frames : [n, packet_bytes] uint8 -> [n, frame_length] complex64
        GNU Radio's own transmitter.
    packet_bytes : int
        Of a packet of GNU Radio's own.
    """

    hear_frames: Callable[[Pieces, Any, Callable[[Frame], None]], Counter[str]]
    hear_packets: Callable[[Pieces, Any, Callable[[bytes], None]], bool]
    hear_noise: Callable[[int, int], Counter[str]]
    stock_frames: Callable[[NDArray[np.uint8]], NDArray[np.complex64]]
    packet_bytes: int


@dataclass(frozen=True)
class Sizes:
    """How much is sent.

    Attributes
    ----------
    low, high : int
        Frames at each SNR up to 3 dB, and above.
    offsets : int
        Frames at each SNR on which estimates are held against the truth.
    packets : int
        Of GNU Radio's own modem, at each SNR and for each of two draws.
    fading : int
        Frames for each TDL, delay spread and speed.
    noise : int
        Samples of noise.
    """

    low: int = 10_000
    high: int = 2_000
    offsets: int = 1_000
    packets: int = 1_000
    fading: int = 500
    noise: int = 100_000_000

    @classmethod
    def quick(cls) -> Sizes:
        """Return the sizes of a bench of a minute."""
        return cls(600, 200, 160, 200, 40, 10_000_000)


@dataclass(frozen=True)
class _Heard:
    """What arrived of segments; arrays [n_segments, n_frames], nan where nothing did."""

    snr_db: NDArray[np.float64]
    cfo: NDArray[np.float64]
    error: NDArray[np.float64]
    counts: Counter[str]

    @property
    def arrived(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.error)


def wilson(n_good: int, n_all: int, z: float = _Z) -> tuple[float, float]:
    """Return Wilson's interval of a share of successes, at 95 % by default.

    Examples
    --------
    >>> low, high = wilson(10, 10)
    >>> round(low, 3), high
    (0.722, 1.0)

    References
    ----------
    E. B. Wilson, Probable inference, the law of succession, and statistical
    inference, JASA 1927.
    """
    if n_all == 0:
        return 0.0, 1.0
    share, extra = n_good / n_all, z * z / n_all
    centre = (share + extra / 2) / (1 + extra)
    half = z / (1 + extra) * math.sqrt(share * (1 - share) / n_all + extra / (4 * n_all))
    return (centre - half if n_good else 0.0), (centre + half if n_good < n_all else 1.0)


def n_steps() -> int:
    """Return how many steps bench_modem has."""
    return len(_SNRS_DB) + len(_TDL) + 1


def bench_modem(sizes: Sizes, seed: int, graphs: Flowgraphs) -> Iterator[tuple[str, dict]]:
    """Measure the modem, step by step.

    Yields
    ------
    kind : str
        ``awgn``, ``tdl`` or ``false_alarms``.
    row : dict
        Figures of one step, ready for JSON; a figure that could not be had is None.
    """
    for index, snr_db in enumerate(_SNRS_DB):
        yield "awgn", _awgn_row(snr_db, sizes, seed * 1000 + index, graphs)
    for index, place in enumerate(_TDL):
        yield "tdl", _tdl_row(place, sizes.fading, seed * 1000 + 100 + index, graphs)
    counts = graphs.hear_noise(sizes.noise, seed)
    found = {"samples": sizes.noise, "accepted": counts["frames"]}
    yield "false_alarms", found | {"captures": counts["captures"]}


def _awgn_row(snr_db: float, sizes: Sizes, seed: int, graphs: Flowgraphs) -> dict[str, Any]:
    """Return the figures of one SNR without fading."""
    still, length = ChannelProfile("still"), OfdmConfig().frame_length
    n_frames = sizes.low if snr_db <= _LOW_DB else sizes.high
    point = (snr_db, still, Draw())
    all_at_once = _hear(draw_segments(_split(n_frames), length, point, seed), graphs)
    delivered = int(all_at_once.arrived.sum())
    row = {"snr_db": snr_db, "frames_sent": n_frames, "frames_delivered": delivered}
    off = (all_at_once.snr_db - snr_db)[all_at_once.arrived]
    row |= {"delivery_95": wilson(delivered, n_frames), "receiver": dict(all_at_once.counts)}
    row["snr_est_rmse_all_db"] = _rms(off) if len(off) else None  # impairments count as noise
    row |= _stock(point, sizes.packets, seed, graphs)
    gentle = _stock((snr_db, still, Draw.gentle()), sizes.packets, seed, graphs)
    row |= {f"{name.replace('stock', 'stock_gentle')}": value for name, value in gentle.items()}
    point = (snr_db, still, Draw.offsets())
    segments = draw_segments(_split(sizes.offsets), length, point, seed + 500)
    return row | _estimates(segments, _hear(segments, graphs))


def _estimates(segments: list[Segment], heard: _Heard) -> dict[str, Any]:
    """Hold what was measured of frames against the truth."""
    ofdm = OfdmConfig()
    arrived = heard.arrived
    if not arrived.any():
        return dict.fromkeys(("snr_est_rmse_db", "cfo_rmse_subcarriers", "implementation_loss_db"))
    genies = [ask_genie(segment, ofdm) for segment in segments]
    error = np.concatenate([genie.error for genie in genies])[arrived]
    cfo = np.concatenate([np.full(len(s.begins), s.cfo(ofdm)) for s in segments])
    snr_db = np.concatenate([genie.snr_db for genie in genies])
    off = (heard.snr_db - snr_db)[arrived]
    loss = heard.error[arrived].sum() / error.sum()
    readable = np.concatenate([genie.is_readable for genie in genies])
    return {
        "snr_est_rmse_db": _rms(off),
        "snr_est_bias_db": float(off.mean()),
        "cfo_rmse_subcarriers": _rms((heard.cfo - cfo)[arrived]),
        "implementation_loss_db": 10 * math.log10(loss),
        "symbol_snr_db": -10 * math.log10(heard.error[arrived].mean()),
        "offsets_sent": len(arrived),
        "offsets_delivered": int(arrived.sum()),
        "offsets_genie": int(readable.sum()),
    }


def _tdl_row(
    place: tuple[str, int, int], n_frames: int, seed: int, graphs: Flowgraphs
) -> dict[str, Any]:
    """Return the figures of one fading channel."""
    model, spread_ns, kmh = place
    ofdm, name = OfdmConfig(), f"tdl-{model}"
    fades = ChannelProfile(
        name,
        name,
        delay_spread_s=1e-9 * spread_ns,
        speed_mps=kmh / 3.6,
        carrier_hz=_CARRIER_HZ,
    )
    point = (_TDL_DB, fades, Draw.offsets())
    segments = draw_segments(_split(n_frames, _PER_FADE), ofdm.frame_length, point, seed)
    heard, genies = _hear(segments, graphs), [ask_genie(one, ofdm) for one in segments]
    arrived = heard.arrived
    readable = np.concatenate([genie.is_readable for genie in genies])
    off = (heard.snr_db - np.concatenate([genie.snr_db for genie in genies]))[arrived]
    error = np.concatenate([genie.error for genie in genies])
    loss_db = 10 * np.log10((heard.error / error)[arrived])
    reach = readable & (np.concatenate([genie.opening_db for genie in genies]) >= _REACH_DB)
    within, n_readable = int((arrived & readable).sum()), int(readable.sum())
    return {
        "profile": name,
        "delay_spread_ns": spread_ns,
        "speed_kmh": kmh,
        "snr_db": _TDL_DB,
        "frames_sent": n_frames,
        "frames_delivered": int(arrived.sum()),
        "outage_genie": 1 - n_readable / n_frames,
        "readable_sent": n_readable,
        "readable_delivered": within,
        "readable_95": wilson(within, n_readable),
        "reach_sent": int(reach.sum()),
        "reach_delivered": int((arrived & reach).sum()),
        "snr_est_rmse_db": _rms(off) if len(off) else None,
        "symbol_loss_median_db": float(np.median(loss_db)) if len(off) else None,
    }


def _hear(segments: list[Segment], graphs: Flowgraphs) -> _Heard:
    """Send segments through our flowgraph; match what arrives to what was sent."""
    parts = [
        _hear_numbered(segments[at : at + _N_IDS], graphs) for at in range(0, len(segments), _N_IDS)
    ]
    snr_db, cfo, error = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("snr_db", "cfo", "error")
    )
    return _Heard(snr_db, cfo, error, sum((part.counts for part in parts), Counter()))


def _hear_numbered(segments: list[Segment], graphs: Flowgraphs) -> _Heard:
    """Send segments of different numbers; each frame counts once, if its payload is right."""
    ofdm = OfdmConfig()
    begins = np.cumsum([0, *(len(segment.begins) for segment in segments)])
    figures = np.full((3, begins[-1]), np.nan)
    payloads: dict[int, NDArray[np.complex64]] = {}
    counts: Counter[str] = Counter()

    def note(frame: Frame) -> None:
        picture, index = frame.header.image_id, frame.header.frame_index
        if picture >= len(segments) or index >= len(segments[picture].begins):
            counts["false"] += 1
            return
        if picture not in payloads:
            payloads.pop(picture - 2, None)
            payloads[picture] = segments[picture].payload(ofdm)
        sent, at = payloads[picture][index], begins[picture] + index
        if not _is_right(frame, sent, ofdm):
            counts["wrong_payload"] += 1
        elif not np.isnan(figures[2, at]):
            counts["twice"] += 1
        else:
            error = float((np.abs(frame.symbols - sent) ** 2).mean())
            figures[:, at] = frame.csi.snr_db, frame.cfo, error

    pieces = (segment.samples(ofdm) for segment in segments)
    counts.update(graphs.hear_frames(pieces, SegmentChannel(segments), note))
    return _Heard(*figures, counts)


def _stock(
    point: tuple[float, ChannelProfile, Draw], n_packets: int, seed: int, graphs: Flowgraphs
) -> dict[str, Any]:
    """Send GNU Radio's own packets through channels drawn in the same way."""
    rng = np.random.default_rng([seed, 11])
    packets = rng.integers(0, 256, (n_packets, graphs.packet_bytes), np.uint8)
    numbers = np.arange(n_packets, dtype=">u4").view(np.uint8).reshape(n_packets, -1)
    packets[:, :_NUMBER_BYTES] = numbers
    bursts = graphs.stock_frames(packets)
    counts = _split(n_packets)
    segments = draw_segments(counts, bursts.shape[1], point, seed)
    begins = np.cumsum([0, *counts])
    arrived = np.zeros(n_packets, bool)

    def note(packet: bytes) -> None:
        number = int.from_bytes(packet[:_NUMBER_BYTES], "big")
        if number < n_packets and packet == packets[number].tobytes():
            arrived[number] = True

    pieces = (
        segment.place(bursts[begin:end])
        for segment, begin, end in zip(segments, begins[:-1], begins[1:], strict=True)
    )
    ended = graphs.hear_packets(pieces, SegmentChannel(segments), note)
    return {
        "stock_sent": n_packets,
        "stock_delivered": int(arrived.sum()),
        "stock_hung": not ended,
    }


def _is_right(frame: Frame, sent: NDArray[np.complex64], ofdm: OfdmConfig) -> bool:
    """Tell whether a payload is the one that was sent, and no other.

    Each OFDM symbol speaks for itself, and each carrier as its noise variance lets
    it: neither a channel that turns meanwhile nor a fade in it plays a part.
    """
    rows = [part.reshape(-1, ofdm.n_data) for part in (frame.symbols, sent, frame.noise_var)]
    received, truth, weight = rows[0], rows[1], 1 / rows[2]
    product = np.abs((weight * received.conj() * truth).sum(axis=1)) ** 2
    energy = [(weight * np.abs(row) ** 2).sum(axis=1) for row in (received, truth)]
    return bool((product / np.maximum(energy[0] * energy[1], 1e-30)).mean() > _RIGHT)


def _split(n_frames: int, size: int = _PER_SEGMENT) -> list[int]:
    """Return the frames of each segment, ``size`` but for the last."""
    return [min(size, n_frames - at) for at in range(0, n_frames, size)]


def _rms(values: Sequence[float] | NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
