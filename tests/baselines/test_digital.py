# SPDX-License-Identifier: MIT
"""The digital engine: exact where its code holds, mid-grey where not, and never an error."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gsc_sdr.baselines.digital import NO_MCS, DigitalEngine
from gsc_sdr.baselines.mcs import MCS
from gsc_sdr.baselines.search import search_best, show_payload
from gsc_sdr.baselines.source import SOURCES, source_codec
from gsc_sdr.baselines.transport import n_payload_bytes
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError, MissingError, ShapeError
from gsc_sdr.link.engine import Received
from gsc_sdr.picture import open_picture

pytestmark = pytest.mark.learn

QPSK = next(mcs.index for mcs in MCS if mcs.name == "qpsk-1/2")
QAM = next(mcs.index for mcs in MCS if mcs.name == "16qam-1/2")
PROMPT = "two boats, früh"


@pytest.fixture(scope="module")
def image():
    """Return a cut of odd size of the picture that ships."""
    return np.ascontiguousarray(open_picture("demo")[40:123, 20:117])


def through(encoded, rng, snr_db=np.inf, level=None):
    """Return what a channel of white noise leaves of an encoded picture."""
    noise_var = 10 ** (-snr_db / 10)
    sent = np.concatenate([encoded.prompt_symbols, encoded.symbols, np.zeros(7, np.complex64)])
    noise = rng.normal(size=(len(sent), 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
    return Received(
        (sent + noise).astype(np.complex64),
        np.full(len(sent), max(noise_var, 1e-3), np.float32),
        encoded.width,
        encoded.height,
        encoded.rate_id,
        encoded.prompt_bytes,
        encoded.level if level is None else level,
    )


@pytest.mark.parametrize("name", SOURCES)
def test_every_codec_shows_its_best_fit_after_noise(name, image, rng):
    if source_codec(name).missing:
        pytest.skip(source_codec(name).missing)
    engine = DigitalEngine(name, mcs=QAM)
    encoded = engine.encode(image, PROMPT, "1/24")
    n_symbols = rate_by_name("1/24").n_symbols(97, 83)
    assert encoded.symbols.shape == (n_symbols,)
    assert np.mean(np.abs(encoded.symbols) ** 2) == pytest.approx(1, abs=0.05)
    n_bytes = n_payload_bytes(n_symbols, MCS[QAM])
    fit = search_best(image, engine.source, n_bytes)
    assert encoded.facts == {
        "mcs": "16qam-1/2",
        "n_payload_bytes": n_bytes,
        "bits": 8 * len(fit.payload),
        "quality": fit.quality,
        "scale": fit.scale,
        "why": None,
    }
    decoded = engine.decode(through(encoded, rng, snr_db=12.0))
    assert np.array_equal(decoded.image, show_payload(fit.payload, engine.source, (97, 83)))
    assert (decoded.prompt, decoded.prompt_ok) == (PROMPT, True)
    assert decoded.facts["failed"] is False
    assert decoded.facts["blocks_failed"] == 0 < decoded.facts["blocks"]


def test_noise_over_the_code_is_mid_grey_and_counted(image, rng):
    engine = DigitalEngine("webp", mcs=QAM)
    decoded = engine.decode(through(engine.encode(image, PROMPT, "1/24"), rng, snr_db=2.0))
    assert (decoded.image == 128).all()
    assert decoded.image.shape == image.shape
    assert decoded.facts == {"failed": True, "partial": False, "blocks": 1, "blocks_failed": 1}


@pytest.mark.parametrize("name", ["jpeg", "j2k"])
def test_the_part_before_the_first_failed_block_is_shown(name, rng):
    engine, image = DigitalEngine(name, mcs=QAM), open_picture("demo")
    encoded = engine.encode(image, "", "1/8")
    received = through(encoded, rng)
    received.noise_var[len(encoded.symbols) * 4 // 5 :] = np.inf
    decoded = engine.decode(received)
    assert decoded.facts["partial"] is True
    assert decoded.facts["failed"] is False
    assert 0 < decoded.facts["blocks_failed"] < decoded.facts["blocks"] / 2
    whole = engine.decode(through(encoded, rng)).image
    errors = [np.mean((shown.astype(float) - image) ** 2) for shown in (whole, decoded.image)]
    assert errors[0] < errors[1] < np.mean((128.0 - image) ** 2)


def test_the_told_snr_chooses_the_mcs(image):
    engine = DigitalEngine("webp", snr_db=0.0)
    low = engine.encode(image, "", "1/24")
    engine.set_snr_db(18.0)
    high = engine.encode(image, "", "1/24")
    assert engine.snr_db == 18.0
    assert high.facts["n_payload_bytes"] > 2 * low.facts["n_payload_bytes"]
    assert (MCS[low.level].name, MCS[high.level].name) == (low.facts["mcs"], high.facts["mcs"])
    assert len(low.symbols) == len(high.symbols)


def test_no_mcs_fills_the_air_and_is_mid_grey(image, rng):
    engine = DigitalEngine("webp", snr_db=-40.0)
    encoded = engine.encode(image, PROMPT, "1/48")
    assert encoded.level == NO_MCS
    assert len(encoded.symbols) == rate_by_name("1/48").n_symbols(97, 83)
    assert np.allclose(np.abs(encoded.symbols), 1)
    assert encoded.facts["why"] == "no mcs holds at -40 dB on awgn"
    decoded = engine.decode(through(encoded, rng))
    assert (decoded.image == 128).all()
    assert decoded.facts == {"failed": True, "partial": False, "blocks": 0, "blocks_failed": 0}
    assert decoded.prompt == PROMPT


def test_too_small_a_budget_fills_the_air_and_is_mid_grey(rng):
    image = np.ascontiguousarray(open_picture("demo")[:32, :32])
    engine = DigitalEngine("avif", mcs=QPSK)
    encoded = engine.encode(image, "", "1/384")
    assert len(encoded.symbols) == 8
    assert np.mean(np.abs(encoded.symbols) ** 2) == pytest.approx(1)
    assert "too small for avif" in encoded.facts["why"]
    decoded = engine.decode(through(encoded, rng))
    assert (decoded.image == 128).all()
    assert decoded.facts["failed"] is True


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (31, 17)])
def test_odd_sizes_come_back_in_their_size(size, rng):
    image = np.ascontiguousarray(open_picture("demo")[: size[0], : size[1]])
    engine = DigitalEngine("webp", mcs=QAM)
    decoded = engine.decode(through(engine.encode(image, "", "1/8"), rng))
    assert decoded.image.shape == image.shape


@pytest.mark.parametrize("name", ["jpeg", "j2k", "webp", "avif"])
def test_nothing_that_arrives_raises(name, rng):
    engine = DigitalEngine(name, mcs=QPSK)
    n_symbols = rate_by_name("1/96").n_symbols(40, 24)
    for case in range(9):
        n = n_symbols + 40 if case % 2 else int(rng.integers(n_symbols))
        stream = (rng.normal(size=(n, 2)) @ [1, 1j]).astype(np.complex64)
        noise_var = rng.choice([0.0, 1e-9, 0.1, -1.0, np.inf, np.nan], n).astype(np.float32)
        stream[rng.random(n) < 0.2] = rng.choice([np.nan, np.inf])
        decoded = engine.decode(
            Received(stream, noise_var, 40, 24, 2, 3, (QPSK, 40, NO_MCS)[case % 3])
        )
        assert decoded.image.shape == (24, 40, 3)
        assert decoded.facts["failed"] is True
        assert not decoded.prompt_ok


def test_two_threads_encode_and_decode_as_one_does(image, rng):
    engine = DigitalEngine("webp", mcs=QAM)
    alone = engine.encode(image, PROMPT, "1/24")
    received = through(alone, rng, snr_db=15.0)
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(engine.encode, image, PROMPT, "1/24") for _ in range(4)]
        heard = [pool.submit(engine.decode, received) for _ in range(4)]
    assert all(np.array_equal(done.result().symbols, alone.symbols) for done in sent)
    assert len({done.result().image.tobytes() for done in heard}) == 1


def test_a_missing_library_is_said_when_the_engine_is_made(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingError, match="pip install imagecodecs"):
        DigitalEngine("jxl")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"source": "gif"}, "'gif'"),
        ({"source": "webp", "mcs": 62}, "62"),
        ({"source": "webp", "snr_db": float("nan")}, "nan"),
    ],
    ids=["codec", "mcs", "snr"],
)
def test_wrong_settings_are_refused(made, said):
    with pytest.raises(ConfigError, match=said):
        DigitalEngine(**made)


@pytest.mark.parametrize("shape", [(4, 4), (0, 4, 3), (4, 2049, 3)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="expected"):
        DigitalEngine("webp").encode(np.zeros(shape, np.uint8), "", "1/48")
