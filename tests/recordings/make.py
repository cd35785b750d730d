# SPDX-License-Identifier: MIT
"""Make the three recordings that ship, with the product's own parts and fixed seeds.

Run it as ``.venv/bin/python tests/recordings/make.py``; see README.md beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import gsc_sdr
from gsc_sdr.channel.front_end import FrontEnd
from gsc_sdr.channel.profile import profile
from gsc_sdr.channel.simulated import SimulatedChannel
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.picture import open_picture
from gsc_sdr.plots.demo import draw_harbour
from gsc_sdr.recording.sigmf import Annotation, RecordingInfo, RecordingWriter
from gsc_sdr.transceiver.chain import Transmitter

HERE = Path(__file__).resolve().parent
DATA = Path(gsc_sdr.__file__).parent / "data"
RATE_HZ = 1e6
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
OFDM = OfdmConfig()
OTHERS = OfdmConfig(pilot_carriers=(-21, -7, 7, 20), data_carriers=tuple(
    c for c in range(-26, 27) if c not in (0, -21, -7, 7, 20)))  # fmt: skip


@dataclass(frozen=True)
class Air:
    """What the samples went through."""

    name: str
    snr_db: float
    cfo_hz: float = 0.0
    sfo_ppm: float = 0.0
    seed: int = 0


class Tape:
    """Pieces of a stream, one after the other, and where frames are in it."""

    def __init__(self) -> None:
        self.pieces: list[NDArray[np.complex64]] = []
        self.frames: list[tuple[int, dict[str, int]]] = []
        self.length = 0

    def add(self, samples: NDArray[np.generic], image_id: int | None = None) -> None:
        """Add samples; of a picture's, note the frames."""
        count = -(-len(samples) // OFDM.frame_length)  # the last may be cut
        for index in range(count if image_id is not None else 0):
            facts = {"image_id": image_id, "frame_index": index, "frame_count": count}
            self.frames.append((self.length + index * OFDM.frame_length, facts))
        self.pieces.append(np.asarray(samples, np.complex64))
        self.length += len(samples)

    def silence(self, n: int) -> None:
        """Add ``n`` samples of silence."""
        self.add(np.zeros(n))


def save(path: Path, tape: Tape, air: Air, description: str) -> None:
    """Send a tape through the air and record what arrives, with the truth about it."""
    channel = replace(profile(air.name), front_end=FrontEnd(sfo_ppm=air.sfo_ppm))
    simulated = SimulatedChannel(channel, RATE_HZ, air.snr_db, air.cfo_hz, air.seed)
    arrived = simulated.apply(np.concatenate(tape.pieces))
    facts = {
        "profile": air.name,
        "snr_db": air.snr_db,
        "cfo_hz": air.cfo_hz,
        "sfo_ppm": air.sfo_ppm,
        "seed": air.seed,
        "rate": "1/48",
        "side": "receive",
    }
    info = RecordingInfo(
        RATE_HZ, 0.0, OFDM, "ci16_le", description=description, hw="gsc_sdr emulator", facts=facts
    )
    with RecordingWriter(path, info, overwrite=True, began=BEGAN) as writer:
        writer.write(arrived)
        for sent, known in tape.frames:
            start = round(sent / (1 + 1e-6 * air.sfo_ppm)) + simulated.delay
            if start + OFDM.frame_length <= writer.n_samples:
                place = f"{known['frame_index'] + 1}/{known['frame_count']}"
                label = f"{known['image_id']}: frame {place}"
                writer.annotate(Annotation(start, OFDM.frame_length, label, known))


def crop(seed: int, n: int) -> NDArray[np.uint8]:
    """Return the middle [n, n, 3] of another harbour."""
    image = draw_harbour(seed)
    top, left = (image.shape[0] - n) // 2, (image.shape[1] - n) // 2
    return np.ascontiguousarray(image[top : top + n, left : left + n])


def demo(engine: LocalEngine) -> None:
    """Record the demo picture and its prompt at 20 dB."""
    tape = Tape()
    prompt = (DATA / "demo.txt").read_text(encoding="utf-8").strip()
    tape.silence(3000)
    tape.add(Transmitter(engine, "1/48", OFDM).send(open_picture("demo"), prompt)[1], image_id=0)
    tape.silence(3000)
    save(DATA / "demo", tape, Air("awgn", 20.0, 250.0, seed=1), "The demo picture at 20 dB")


def fading(engine: LocalEngine) -> None:
    """Record two pictures over a fading channel, with both clocks off."""
    tape, transmitter = Tape(), Transmitter(engine, "1/48", OFDM)
    for index, prompt in enumerate(["red roofs", "Grüße vom Leuchtturm"]):
        tape.silence(2000 + 777 * index)
        tape.add(transmitter.send(crop(index + 1, 192), prompt)[1], image_id=index)
    tape.silence(2000)
    air = Air("tdl-c", 10.0, -17_500.0, 20.0, seed=4)
    save(HERE / "tdl-c", tape, air, "Two pictures over TDL-C at 10 dB, clocks 20 ppm apart")


def mixed(engine: LocalEngine) -> None:
    """Record a whole picture amid what a receiver must refuse, and one that is cut."""
    rng, tape = np.random.default_rng(5), Tape()
    transmitter = Transmitter(engine, "1/48", OFDM)
    tape.add(rng.normal(size=(4000, 2)) @ [1, 1j])  # noise, as strong as frames
    tape.silence(1000)
    stranger = Transmitter(engine, "1/384", OTHERS).send(crop(7, 64), "")[1]
    tape.add(stranger)
    tape.add(np.exp(2j * np.pi * 0.03 * np.arange(3000)))  # a tone
    ruined = transmitter.send(crop(8, 128), "half of this is missing")[1]
    header = slice(OFDM.preamble_length, OFDM.preamble_length + 8 * OFDM.symbol_length)
    ruined[header] = ruined[header][::-1]
    tape.add(ruined, image_id=0)
    tape.add(np.tile(np.r_[4, np.zeros(15)], 100))  # pulses, which repeat as training does
    tape.silence(700)
    tape.add(transmitter.send(crop(9, 128), "whole")[1], image_id=1)
    tape.silence(500)
    cut = transmitter.send(crop(10, 128), "cut off")[1]
    tape.add(cut[: len(cut) - OFDM.frame_length // 2], image_id=2)
    air = Air("awgn", 15.0, 4_000.0, seed=6)
    save(HERE / "mixed", tape, air, "Frames amid noise, a stranger's, a tone and pulses; cut")


if __name__ == "__main__":
    shipped = LocalEngine()
    for make in (demo, fading, mixed):
        make(shipped)
