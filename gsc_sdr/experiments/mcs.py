# SPDX-License-Identifier: MIT
"""What SNR each modulation and coding scheme needs, measured through the whole link.

Pictures of random bytes go as frames through a simulated channel; what the receiver
finds, synchronises, equalises and decodes is counted, and what it does not find counts
as failed. In each round a few schemes send one picture each over the same draw of the
channel, one after the other, each at its own SNR; the next round has a new draw. A
scheme meets the same draws at every SNR, so that luck does not make more SNR look worse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gsc_sdr.baselines.mcs import MCS, Mcs
from gsc_sdr.baselines.transport import decode_payload, encode_payload, n_blocks, n_payload_bytes
from gsc_sdr.channel.profile import profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.phy.assemble import Assembler
from gsc_sdr.phy.frame import Frame, build_frames, n_frames, parse_frames
from gsc_sdr.phy.header import MAX_IMAGE_ID, Header
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.sync import FrameDetector

__all__ = ["TARGET_BLER", "Cell", "Tally", "measure_part", "parts", "send_at"]

TARGET_BLER = 0.01
_SAMPLE_RATE = 1e6
_PART = 6  # schemes measured together
_N_PAYLOADS = 3  # of each scheme: noise and channel are new each time, payloads come again
_FADING_MARGIN_DB = 15.0
_MOST_DB = 45.0  # where a search ends: dense points fail in some fades whatever the SNR
_PAUSE_SNR_DB = 20.0
_SHARE_OF_SEARCH = 6  # of the pictures, until the place is about found
_FRAMES_END_DB = -2.5  # about where frames begin to get lost, whatever they carry
_BEGIN_GAP_DB = 1.5  # a first guess: so far from Shannon's limit


@dataclass(frozen=True)
class Cell:
    """One search: a channel and a size of picture.

    Attributes
    ----------
    channel : str
        Name of the profile.
    n_symbols : int
        Symbols of a picture.
    least_blocks : int
        Code blocks that a threshold must rest on, at least.
    least_draws : int
        Pictures, each with its own draw of the channel, at least.
    step_db : float, dB
        Thresholds are found on this grid.
    margin_db : float, dB
        Where the search begins, above the first guess for a channel without fading.
    seed : int
        Of payloads, noise and fading.
    """

    channel: str
    n_symbols: int
    least_blocks: int = 2000
    least_draws: int = 1
    step_db: float = 0.25
    margin_db: float = 0.0
    seed: int = 0

    @classmethod
    def usual(cls, channel: str, n_symbols: int, quick: bool = False, seed: int = 0) -> Cell:
        """Return the search that a table is made with, or a tenth of it.

        Where the channel fades it is draws of it that count, else code blocks.
        """
        part = 10 if quick else 1
        if profile(channel).model == "none":
            step_db = 0.5 if quick else 0.25
            return cls(channel, n_symbols, 2000 // part, step_db=step_db, seed=seed)
        step_db = 1.0 if quick else 0.5
        return cls(channel, n_symbols, 1, 600 // part, step_db, _FADING_MARGIN_DB, seed)


@dataclass
class Tally:
    """What came of one scheme at one SNR.

    Attributes
    ----------
    snr_db : float, dB
        Mean SNR.
    blocks, blocks_failed, pictures, pictures_failed, pictures_lost : int
        Code blocks and whole pictures; lost is one without a single frame.
    """

    snr_db: float
    blocks: int = 0
    blocks_failed: int = 0
    pictures: int = 0
    pictures_failed: int = 0
    pictures_lost: int = 0

    def add(self, blocks_ok: list[bool] | None, count: int) -> None:
        """Count one picture of ``count`` blocks; None where nothing arrived."""
        failed = count if blocks_ok is None else count - sum(blocks_ok)
        self.blocks += count
        self.blocks_failed += failed
        self.pictures += 1
        self.pictures_failed += failed > 0
        self.pictures_lost += blocks_ok is None


@dataclass
class _Search:
    """The search of one scheme's threshold: walk the grid, halve it, then make sure.

    The first part sends a fraction of the pictures; the second goes up from what
    that found until a point holds with all of them.
    """

    mcs: Mcs
    at: int  # grid steps
    stride: int
    most: int  # where it gives up
    low: int | None = None  # highest that failed
    high: int | None = None  # lowest that passed
    tallies: list[Tally] = field(default_factory=list)
    sure: bool = False  # in the second part
    found: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to try."""
        return self.found is not None or self.at > self.most

    def move(self, tally: Tally, passed: bool) -> None:
        """Take in what came of the point ``at``, and choose the next."""
        self.tallies.append(tally)
        if self.sure:
            self.found = self.at if passed else None
            self.at += not passed
            return
        if passed:
            self.high = self.at if self.high is None else min(self.high, self.at)
        else:
            self.low = self.at if self.low is None else max(self.low, self.at)
        if self.low is None or self.high is None:
            self.at += -self.stride if passed else self.stride
            return
        self.sure = self.high - self.low <= 1
        self.at = self.high if self.sure else (self.low + self.high) // 2


def measure_part(cell: Cell, names: tuple[str, ...]) -> list[dict[str, object]]:
    """Return the thresholds of some schemes of a cell; those that do not fit are left out.

    Parameters
    ----------
    cell : Cell
        What to search.
    names : tuple of str
        One of :func:`parts`. What comes out depends on which schemes go together,
        never on what else is measured beside them.

    Returns
    -------
    rows : list of dict
        ``mcs`` (name), ``index``, ``efficiency`` (information bits of a symbol, with
        checksums), ``threshold_db`` (None where no SNR was enough) and ``points``, each
        a tally.
    """
    step, most = cell.step_db, round(_MOST_DB / cell.step_db)
    stride = 4 if profile(cell.channel).model != "none" else 2
    searches = [
        _Search(mcs, min(round((_first_guess(mcs) + cell.margin_db) / step), most), stride, most)
        for mcs in MCS
        if mcs.name in names and n_payload_bytes(cell.n_symbols, mcs)
    ]
    places = {search.mcs.index: place for place, search in enumerate(searches)}
    while open_ones := [search for search in searches if not search.is_done]:
        tallies = _generation(cell, open_ones, places)
        for search, tally in zip(open_ones, tallies, strict=True):
            search.move(tally, _rate_is_low(tally, cell, search.sure))
    return [_row(search, cell) for search in searches]


def parts() -> list[tuple[str, ...]]:
    """Return the schemes' names in the groups that are measured together."""
    names = [mcs.name for mcs in MCS]
    return [tuple(names[at : at + _PART]) for at in range(0, len(names), _PART)]


def _generation(cell: Cell, searches: list[_Search], places: dict[int, int]) -> list[Tally]:
    """Send pictures until each scheme's point is decided."""
    tallies = [Tally(search.at * cell.step_db) for search in searches]
    pairs = list(zip(searches, tallies, strict=True))
    n_rounds = 0
    while pending := [pair for pair in pairs if not _is_decided(pair[1], cell, pair[0].sure)]:
        n_rounds += 1
        seed = int(np.random.SeedSequence([cell.seed, n_rounds]).generate_state(1)[0])
        slots: list[tuple[Mcs, float] | None] = [None] * len(places)
        for search, tally in pending:
            slots[places[search.mcs.index]] = (search.mcs, tally.snr_db)
        came = send_at(slots, cell, seed)
        for search, tally in pending:
            tally.add(came[search.mcs.index], n_blocks(cell.n_symbols, search.mcs))
    return tallies


def send_at(
    slots: Sequence[tuple[Mcs, float] | None], cell: Cell, seed: int
) -> dict[int, list[bool] | None]:
    """Send one picture for each scheme and SNR over one draw of a channel.

    Parameters
    ----------
    slots : sequence of (Mcs, float) or None
        Schemes, each once, and their mean SNRs in dB. None is a pause, so that on a
        channel that fades the others keep their places in time.
    cell : Cell
        Names the channel and the size.
    seed : int
        Of payloads and channel.

    Returns
    -------
    blocks_ok : dict of int to list of bool, or None
        By index of the scheme, as of decode_payload; None where no frame arrived.
    """
    ofdm, rng = OfdmConfig(), np.random.default_rng([seed, 1])
    air = profile(cell.channel)
    channel = SimulatedChannel(air, _SAMPLE_RATE, _PAUSE_SNR_DB, 0.0, seed)
    draws = rng.integers(_N_PAYLOADS, size=len(slots)).tolist()
    gaps = rng.integers(ofdm.symbol_length, ofdm.frame_length, len(slots)).tolist()
    pause = n_frames(cell.n_symbols, ofdm) * ofdm.frame_length if air.model != "none" else 0
    sent, pieces = {}, []
    for slot, draw, gap in zip(slots, draws, gaps, strict=True):
        samples = np.zeros(pause, np.complex64)
        if slot is not None:
            mcs, snr_db = slot
            channel.set_snr_db(snr_db)
            sent[mcs.index], samples = _sent(mcs, cell.n_symbols, draw)
        pieces.append(channel.apply(np.concatenate([np.zeros(gap, np.complex64), samples])))
    pieces.append(channel.apply(np.zeros(ofdm.frame_length, np.complex64)))
    found = _received(np.concatenate(pieces), ofdm)
    taken, came = slice(cell.n_symbols), dict.fromkeys(sent)
    for index in sent.keys() & found.keys():
        stream, noise_var = found[index]
        delivery = decode_payload(stream[taken], noise_var[taken], MCS[index])
        came[index] = _truly_ok(delivery.data, delivery.blocks_ok, sent[index])
    return came


@lru_cache(maxsize=128)
def _sent(mcs: Mcs, n_symbols: int, variant: int) -> tuple[bytes, NDArray[np.complex64]]:
    """Return one of the payloads of a scheme, and its samples; the scheme is the picture's id."""
    payload = np.random.default_rng([mcs.index, variant]).bytes(n_payload_bytes(n_symbols, mcs))
    symbols = encode_payload(payload, n_symbols, mcs)
    rate_id = rate_by_name("1/96").id  # which picture it would be plays no part here
    header = Header(mcs.index, rate_id, width=256, height=256, level=mcs.index)
    return payload, build_frames(symbols, header, OfdmConfig()).ravel()


def _truly_ok(data: bytes, blocks_ok: list[bool], payload: bytes) -> list[bool]:
    """Return which blocks check and also are what was sent."""
    n_each = len(payload) // len(blocks_ok)
    parts = [slice(at * n_each, (at + 1) * n_each) for at in range(len(blocks_ok))]
    return [ok and data[part] == payload[part] for ok, part in zip(blocks_ok, parts, strict=True)]


def _received(
    samples: NDArray[np.complex64], ofdm: OfdmConfig
) -> dict[int, tuple[NDArray[np.complex64], NDArray[np.float32]]]:
    """Return symbols and noise of each picture that was found, by its id."""
    detector, assembler = FrameDetector(ofdm), Assembler(ofdm, MAX_IMAGE_ID + 1)
    captures = detector.push(samples) + detector.flush()
    pictures = []
    if captures:
        stacked = np.stack([capture.samples for capture in captures])
        offsets = np.array([capture.cfo for capture in captures])
        for frame in parse_frames(stacked, offsets, ofdm):
            if isinstance(frame, Frame):
                pictures += assembler.push(frame)
    pictures += assembler.idle()
    return {one.header.image_id: (one.stream, one.noise_var) for one in pictures}


def _first_guess(mcs: Mcs) -> float:
    """Return an SNR in dB somewhat above Shannon's limit."""
    limit_db = 10 * math.log10(2**mcs.efficiency - 1)
    return max(limit_db + _BEGIN_GAP_DB + 0.25 * mcs.efficiency, _FRAMES_END_DB)


def _wanted(cell: Cell, tally: Tally, sure: bool) -> int:
    """Return the blocks after which a tally is decided."""
    each = tally.blocks / max(1, tally.pictures)
    wanted = max(cell.least_blocks, math.ceil(cell.least_draws * each))
    return wanted if sure else -(-wanted // _SHARE_OF_SEARCH)


def _is_decided(tally: Tally, cell: Cell, sure: bool) -> bool:
    """Return whether enough was sent, or so much failed that the rest cannot mend it."""
    if not tally.blocks:
        return False
    return tally.blocks >= (wanted := _wanted(cell, tally, sure)) or (
        tally.blocks_failed > TARGET_BLER * wanted
    )


def _rate_is_low(tally: Tally, cell: Cell, sure: bool) -> bool:
    return tally.blocks_failed <= TARGET_BLER * _wanted(cell, tally, sure)


def _row(search: _Search, cell: Cell) -> dict[str, object]:
    """Return what is kept of one scheme's search."""
    return {
        "mcs": search.mcs.name,
        "index": search.mcs.index,
        "efficiency": round(search.mcs.efficiency, 6),
        "threshold_db": None if search.found is None else search.found * cell.step_db,
        "points": [asdict(tally) for tally in sorted(search.tallies, key=lambda t: t.snr_db)],
    }
