# SPDX-License-Identifier: MIT
"""Chunks to rows: codecs and metrics, opened once and used for many points.

A worker keeps nothing of one point that another one could notice. Torch has one
thread in it, always: how a sum is cut among threads shows in its last digits.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import gsc_sdr
from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.engine.by_name import is_bound, open_codec, read_name
from gsc_sdr.errors import GscError, MissingError, ModelError
from gsc_sdr.experiments.plan import Bench, Chunk, channel_seed
from gsc_sdr.experiments.report import report_row
from gsc_sdr.experiments.rows import SCHEMA
from gsc_sdr.link.engine import Encoded, Engine
from gsc_sdr.metrics.measures import MEASURES, Measures
from gsc_sdr.transceiver.loopback import LinkSettings

__all__ = ["Outcome", "Problem", "Worker", "digest", "one_torch_thread", "work"]

_DIGEST = 16  # hexadecimal digits: enough to see that a file was exchanged
_OF_CODECS = ("bits", "mcs", "quality", "scale")  # null where a codec says nothing of them
_OF_PICTURES = ("psnr_db", "ssim", "ms_ssim", "lpips")  # null where they are not measured
_OF_THE_AIR = (
    *("air_cbr", "air_time_s", "energy_j", "evm_db", "snr_est_db", "frames_sent", "frames_lost"),
    *("prompt_ok", "air_s", "decode_s"),
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """Why a point, or a whole codec, has no row.

    Attributes
    ----------
    kind : str
        ``absent``: the codec's libraries or weights are; ``impossible``: the codec
        refuses the point; ``crash``: it should not have happened.
    codec : str
        Whose.
    message : str
        What was wrong and the mend.
    """

    kind: str
    codec: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What came of a chunk, or of a part of it."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()


class Worker:
    """Open codecs and metrics, and what turns chunks into rows.

    Parameters
    ----------
    bench : Bench
        What all points have in common.

    Raises
    ------
    GscError
        If the metrics' weights are damaged.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        weights = Path(bench.weights) if bench.weights else None
        self.measures = Measures(weights, bench.measures or tuple(MEASURES))
        self._engines: dict[tuple[str, str], Engine] = {}
        self._alone: dict[tuple[str, str], NDArray[np.uint8]] = {}

    def outcomes(self, chunk: Chunk) -> Iterator[Outcome]:
        """Measure the points of a chunk, one outcome each.

        An absent codec ends the chunk; a point that fails does not.
        """
        shared: _Shared | None = None
        for channel, snr_db in chunk.points:
            try:
                if is_bound(chunk.codec):
                    measured = self._bound_row(chunk, snr_db)
                else:
                    shared = self._ready(chunk, channel, snr_db, shared)
                    measured = self._air_row(chunk, shared, channel, snr_db)
            except (MissingError, ModelError) as error:
                yield Outcome(problems=(Problem("absent", chunk.codec, str(error)),))
                return
            except ModuleNotFoundError as error:
                mend = f"the Python module {error.name} is not installed: run `make setup`"
                yield Outcome(problems=(Problem("absent", chunk.codec, mend),))
                return
            except GscError as error:
                yield Outcome(problems=(Problem("impossible", chunk.codec, str(error)),))
            except Exception as error:  # noqa: BLE001 -- the sweep outlives what a codec does
                point = str(replace(chunk, points=((channel, snr_db),)))
                text = f"{point}: {type(error).__name__}: {error}"
                yield Outcome(problems=(Problem("crash", chunk.codec, text),))
            else:
                about = self._about(chunk, channel, snr_db)
                yield Outcome(rows=(_plain(about | measured | about),))

    def _about(self, chunk: Chunk, channel: ChannelProfile, snr_db: float) -> Row:
        """Return the fields that say which row this is, and how it was made."""
        bench = self.bench
        return {
            "schema": SCHEMA,
            "codec": chunk.codec,
            "image": chunk.image,
            "size": bench.size,
            "rate": chunk.rate,
            "channel": channel.name,
            "snr_db": float(snr_db),
            "seed": bench.seed,
            "channel_seed": channel_seed(bench.seed, chunk.image, channel.name, snr_db),
            "through": "none" if is_bound(chunk.codec) else bench.through,
            "prompt_sent": bench.prompt,
            "version": gsc_sdr.__version__,
            "image_digest": digest(chunk.pixels),
            "channel_digest": digest(channel),
            "absent": sorted(self.measures.absent),
        }

    def _ready(
        self, chunk: Chunk, channel: ChannelProfile, snr_db: float, shared: _Shared | None
    ) -> _Shared:
        """Return the chunk's codec, set for a point; what it coded stays if that still holds."""
        codec, options = read_name(chunk.codec, replace(self.bench.options, channel=channel.name))
        key = (chunk.codec, channel.name) if codec.endswith("+ldpc") else (chunk.codec, "")
        engine = self._engines.get(key)
        if engine is None:
            engine = open_codec(chunk.codec, replace(options, snr_db=snr_db))
            self._engines[key] = engine
        set_snr_db = getattr(engine, "set_snr_db", None)
        if set_snr_db is not None:
            if "@" not in chunk.codec:
                set_snr_db(snr_db)
            return _Shared(engine)
        return shared if shared is not None and shared.engine is engine else _Shared(engine)

    def _air_row(
        self, chunk: Chunk, engine: _Shared, channel: ChannelProfile, snr_db: float
    ) -> Row:
        """Send the picture once; return its figures."""
        bench, image = self.bench, chunk.pixels
        seed = channel_seed(bench.seed, chunk.image, channel.name, snr_db)
        settings = LinkSettings(channel=channel, snr_db=snr_db, rate=chunk.rate, seed=seed)
        saved_s = engine.encode_s
        (trip,) = bench.run([(image, bench.prompt)], engine, settings).trips
        ceiling = self._ceiling(chunk, engine.engine)
        row = report_row(image, bench.prompt, ceiling, trip, settings, measures=self.measures)
        models = getattr(engine.engine, "models", None)
        return (
            dict.fromkeys((*_OF_CODECS, *_OF_PICTURES))
            | row
            | {"models": models, "encode_s": row["encode_s"] + saved_s}
        )

    def _bound_row(self, chunk: Chunk, snr_db: float) -> Row:
        """Compute what a codec at capacity shows; nothing is on the air."""
        from gsc_sdr.baselines.capacity import at_capacity

        image, source = chunk.pixels, chunk.codec.partition("+")[0]
        height, width = image.shape[:2]
        n_symbols = rate_by_name(chunk.rate).n_symbols(width, height)
        began = time.monotonic()
        shown, facts = at_capacity(image, source, chunk.rate, snr_db)
        return (
            dict.fromkeys((*_OF_CODECS, *_OF_PICTURES, *_OF_THE_AIR))
            | {"width": width, "height": height, "failed": False, "n_symbols": n_symbols}
            | {"cbr": n_symbols / (3 * height * width), "encode_s": time.monotonic() - began}
            | dict(facts)
            | self.measures.of(shown, image)
        )

    def _ceiling(self, chunk: Chunk, engine: Engine) -> NDArray[np.uint8] | None:
        """Return what the codec's autoencoder alone makes of a picture, if it has one."""
        reconstruct = getattr(engine, "reconstruct", None)
        if reconstruct is None:
            return None
        key = chunk.codec, chunk.image
        if key not in self._alone:
            self._alone = {k: v for k, v in self._alone.items() if k[1] == chunk.image}
            self._alone[key] = reconstruct(chunk.pixels)
        return self._alone[key]


class _Shared:
    """An Engine that codes a picture once for all points of a chunk, and says how long it took."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.decode = engine, engine.decode
        self.encode_s = 0.0
        self._encoded: Encoded | None = None

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code the chunk's picture at the chunk's rate."""
        if self._encoded is None:
            began = time.monotonic()
            self._encoded = self.engine.encode(image, prompt, rate)
            self.encode_s = time.monotonic() - began
        return self._encoded


@cache
def _worker(bench: Bench) -> Worker:
    """Return this process's worker."""
    return Worker(bench)


def work(bench: Bench, chunk: Chunk) -> Outcome:
    """Measure a whole chunk with the worker that this process keeps."""
    with one_torch_thread():
        parts = list(_worker(bench).outcomes(chunk))
    return Outcome(
        tuple(row for part in parts for row in part.rows),
        tuple(problem for part in parts for problem in part.problems),
    )


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Give torch one thread within, and what it had before behind."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def digest(thing: NDArray[np.uint8] | ChannelProfile) -> str:
    """Return a short fingerprint of a picture's pixels or of a channel's figures."""
    if isinstance(thing, ChannelProfile):
        content = json.dumps(asdict(thing), sort_keys=True).encode()
    else:
        content = str(thing.shape).encode() + thing.tobytes()
    return hashlib.sha256(content).hexdigest()[:_DIGEST]


def _plain(row: Mapping[str, Any]) -> Row:
    """Turn what a row holds into JSON's own: no numpy, no infinity."""
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
    return {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in plain.items()
    }
