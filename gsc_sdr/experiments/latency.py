# SPDX-License-Identifier: MIT
"""Where a picture's time goes: each stage, beside the bare networks on the same inputs.

A turn is one picture's way over the link, in halves; after or before each half
(in turn) the networks alone compute what it made them compute. What else the
machine does hits both alike, so their ratio holds where their times do not.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.codec.power import gain_of
from gsc_sdr.codec.tensors import to_tensor
from gsc_sdr.config.rate import CELL
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.errors import ConfigError, GscError
from gsc_sdr.experiments.link import Run
from gsc_sdr.link.engine import Decoded, Encoded, Engine, Received
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.metrics.latency import percentiles
from gsc_sdr.phy.assemble import Picture
from gsc_sdr.prompt.stream import take_apart
from gsc_sdr.transceiver.chain import Receiver, Transmitter
from gsc_sdr.transceiver.loopback import LinkSettings

__all__ = ["NETWORKS", "STAGES", "Sent", "measure_latency", "pictures_per_s"]

STAGES = ("encode", "frame", "synchronise", "decode")
NETWORKS = ("autoencoder_encode", "codec_encode", "codec_decode", "autoencoder_decode")
_WARM_UP = 2  # turns that are not counted: memory is taken, kernels are chosen


@dataclass(frozen=True)
class Sent:
    """What is sent over and over.

    Attributes
    ----------
    image : [height, width, 3], uint8
        The picture.
    prompt : str
        Goes along.
    settings : LinkSettings
        Channel and rate.
    """

    image: NDArray[np.uint8]
    prompt: str
    settings: LinkSettings


@dataclass
class _Clock:
    """Seconds by name: on the wall, and of the processor in all threads of this process."""

    device: torch.device
    wall: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        self._wait()
        began, spent = time.perf_counter(), time.process_time()
        yield
        self._wait()
        self.wall[name] = time.perf_counter() - began
        self.cpu[name] = time.process_time() - spent

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


class _Turns:
    """One link with its networks, turn by turn."""

    def __init__(self, sent: Sent, engine: LocalEngine) -> None:
        self.sent, self.engine, settings = sent, engine, sent.settings
        self.clock = _Clock(engine.device)
        self.transmitter = Transmitter(_Timed(engine, self.clock), settings.rate, settings.ofdm)
        self.receiver = Receiver(engine, settings.ofdm)
        self.channel = SimulatedChannel(
            settings.channel, settings.sample_rate, settings.snr_db, settings.cfo_hz, settings.seed
        )
        with torch.inference_mode():
            self.pixels = to_tensor(sent.image, engine.device)
        self.n_samples = 0

    def turn(self, is_bare_first: bool) -> tuple[_Clock, float]:
        """Send the picture once; return the times, and PSNR in dB."""
        self.clock.wall, self.clock.cpu = {}, {}
        samples = self._in_turn(self._send, self._bare_encode, is_bare_first)
        self.n_samples = len(samples)
        with self.clock("channel"):
            frame = np.zeros(self.sent.settings.ofdm.frame_length, np.complex64)
            arrived = self.channel.apply(np.concatenate([frame, samples, frame]))
        with self.clock("synchronise"):
            found = self.receiver.receive(arrived)
        if not found:
            raise GscError(
                f"no frame arrived over {self.sent.settings.channel.name} at "
                f"{self.sent.settings.snr_db:g} dB: times are taken where pictures arrive, "
                "choose a higher SNR"
            )
        tensors = self._tensors(found[0])
        decoded = self._in_turn(
            lambda: self._decode(found[0]), lambda: self._bare_decode(*tensors), is_bare_first
        )
        return self.clock, psnr_db(decoded.image, self.sent.image)

    def _in_turn(
        self, ours: Callable[[], Any], bare: Callable[[], None], is_bare_first: bool
    ) -> Any:
        if is_bare_first:
            bare()
            return ours()
        done = ours()
        bare()
        return done

    def _send(self) -> NDArray[np.complex64]:
        with self.clock("send"):
            _, samples = self.transmitter.send(self.sent.image, self.sent.prompt)
        for times in (self.clock.wall, self.clock.cpu):
            times["frame"] = max(times.pop("send") - times["encode"], 0.0)
        return samples

    def _decode(self, picture: Picture) -> Decoded:
        with self.clock("decode"):
            return self.receiver.decode(picture)

    @torch.inference_mode()
    def _bare_encode(self) -> None:
        with self.engine.arithmetic():
            with self.clock("autoencoder_encode"):
                latents = self.engine.latent.to_latents(self.pixels)
            with self.clock("codec_encode"):
                self.engine.codec.encode(latents)

    @torch.inference_mode()
    def _bare_decode(self, symbols: Tensor, noise_var: Tensor) -> None:
        with self.engine.arithmetic():
            with self.clock("codec_decode"):
                latents = self.engine.codec.decode(symbols, noise_var)
            with self.clock("autoencoder_decode"):
                self.engine.latent.to_pictures(latents)

    def _tensors(self, picture: Picture) -> tuple[Tensor, Tensor]:
        """Return what the codec is given: symbols and noise, [1, k, rows, cols]."""
        header = picture.header
        size = (header.width, header.height, header.rate_id, header.prompt_bytes, header.level)
        arrived = take_apart(Received(picture.stream, picture.noise_var, *size))
        gain = np.float32(gain_of(header.level))
        shape = (1, -1, -(-header.height // CELL), -(-header.width // CELL))
        with torch.inference_mode():
            symbols = torch.from_numpy((arrived.symbols * gain).reshape(shape))
            noise_var = torch.from_numpy((arrived.noise_var * gain**2).reshape(shape))
            return symbols.to(self.engine.device), noise_var.to(self.engine.device)


class _Timed:
    """An Engine of which it is known how long encoding took."""

    def __init__(self, engine: Engine, clock: _Clock) -> None:
        self.engine, self.clock, self.decode = engine, clock, engine.decode

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture, with a look at the clock."""
        with self.clock("encode"):
            return self.engine.encode(image, prompt, rate)


def measure_latency(sent: Sent, engine: LocalEngine, repeat: int) -> dict[str, Any]:
    r"""Send a picture again and again; return one row of figures.

    ``overhead`` is the median over turns of :math:`(T - B) / B`, with :math:`T`
    the time of all stages and :math:`B` that of the networks alone on the same
    inputs in the same turn; ``overhead_cpu`` is the same of processor time, which
    other work on the machine disturbs less. The simulated channel is in neither.

    Parameters
    ----------
    sent : Sent
        What is sent.
    engine : LocalEngine
        Holds the networks.
    repeat : int
        Turns that count, at least 1; two more go before.

    Raises
    ------
    ConfigError
        If ``repeat`` is less than 1.
    GscError
        If nothing arrives.
    """
    if repeat < 1:
        raise ConfigError(f"repeat is {repeat}; measure at least once")
    turns, walls, cpus, quality = _Turns(sent, engine), [], [], []
    for number in range(_WARM_UP + repeat):
        clock, value = turns.turn(is_bare_first=bool(number % 2))
        if number >= _WARM_UP:
            walls.append(clock.wall)
            cpus.append(clock.cpu)
            quality.append(value)
    total, bare = _sums(walls, STAGES), _sums(walls, NETWORKS)
    height, width = sent.image.shape[:2]
    row: dict[str, Any] = {
        "size": min(height, width),
        "width": width,
        "height": height,
        "rate": sent.settings.rate,
        "channel": sent.settings.channel.name,
        "snr_db": sent.settings.snr_db,
        "prompt_bytes": len(sent.prompt.encode()),
        "device": engine.device.type,
        "precision": engine.precision,
        "threads": torch.get_num_threads(),
        "cpus": len(os.sched_getaffinity(0)),
        "stages": {name: asdict(percentiles([one[name] for one in walls])) for name in STAGES},
        "networks": {name: asdict(percentiles([one[name] for one in walls])) for name in NETWORKS},
        "total": asdict(percentiles(total)),
        "bare": asdict(percentiles(bare)),
        "overhead": _overhead(total, bare),
        "overhead_cpu": _overhead(_sums(cpus, STAGES), _sums(cpus, NETWORKS)),
        "total_cpu_s": median(_sums(cpus, STAGES)),
        "bare_cpu_s": median(_sums(cpus, NETWORKS)),
        "channel_s": median(one["channel"] for one in walls),
        "air_time_s": turns.n_samples / sent.settings.sample_rate,
        "psnr_db": median(quality),
        "peak_rss_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }
    if engine.device.type == "cuda":
        row["peak_gpu_bytes"] = torch.cuda.max_memory_allocated(engine.device)
    return row


def pictures_per_s(sent: Sent, engine: Engine, count: int, run: Run) -> float:
    """Return pictures a second, from the first one's encoding to the last one's picture.

    Parameters
    ----------
    sent : Sent
        What is sent.
    engine : Engine
        Codes at one end and decodes at the other.
    count : int
        Pictures, one behind the other.
    run : function
        Sends them: through arrays, one after the other, or through GNU Radio, where
        the next is encoded while the last is decoded. The simulated channel is in it.

    Raises
    ------
    GscError
        If not all of them arrive.
    """
    noted = _Noted(engine)
    run([(sent.image, sent.prompt)] * count, noted, sent.settings)
    if len(noted.ended) < count:
        raise GscError(
            f"{len(noted.ended)} of {count} pictures arrived over {sent.settings.channel.name} at "
            f"{sent.settings.snr_db:g} dB: choose a higher SNR"
        )
    return count / (noted.ended[-1] - noted.began[0])


class _Noted:
    """An Engine that notes when encodings began and decodings ended."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.began: list[float] = []
        self.ended: list[float] = []

    def encode(self, image: NDArray[np.uint8], prompt: str, rate: str) -> Encoded:
        """Code a picture."""
        self.began.append(time.perf_counter())
        return self.engine.encode(image, prompt, rate)

    def decode(self, received: Received) -> Decoded:
        """Recover a picture."""
        decoded = self.engine.decode(received)
        self.ended.append(time.perf_counter())
        return decoded


def _sums(turns: Sequence[dict[str, float]], names: Sequence[str]) -> list[float]:
    """Return the time of some parts together, turn by turn."""
    return [sum(turn[name] for name in names) for turn in turns]


def _overhead(total: Sequence[float], bare: Sequence[float]) -> float:
    return median((own - alone) / alone for own, alone in zip(total, bare, strict=True))
