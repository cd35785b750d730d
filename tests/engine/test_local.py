# SPDX-License-Identifier: MIT
"""The local engine: symbols out and back at every rate, with the models that ship."""

import numpy as np
import pytest

from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.config.rate import RATES as ALL_RATES
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.errors import ConfigError, ModelError, ShapeError
from gsc_sdr.link.engine import Received
from gsc_sdr.metrics.image import psnr_db

RATES = ALL_RATES[:4]  # what the codec that ships can send
pytestmark = pytest.mark.learn
PROMPT = "日没の港, a harbour at dusk"


@pytest.fixture(scope="module")
def engine():
    return LocalEngine()


@pytest.fixture(scope="module")
def image():
    """Return a smooth picture [72, 100, 3] whose sides are not whole cells."""
    y, x = np.mgrid[:72, :100]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    return (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)


def received(encoded, noise_var=1e-4, rng=None):
    """Return what an additive channel leaves of encoded symbols."""
    stream = np.concatenate([encoded.prompt_symbols, encoded.symbols])
    if rng is not None:
        noise = rng.standard_normal((len(stream), 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
        stream = (stream + noise).astype(np.complex64)
    return Received(
        stream,
        np.full(len(stream), noise_var, np.float32),
        encoded.width,
        encoded.height,
        encoded.rate_id,
        encoded.prompt_bytes,
        encoded.level,
    )


@pytest.mark.parametrize("rate", [rate.name for rate in RATES])
def test_every_rate_sends_what_it_promises(engine, image, rate):
    encoded = engine.encode(image, PROMPT, rate)
    n_channels = next(one.n_channels for one in RATES if one.name == rate)
    assert len(encoded.symbols) == 5 * 7 * n_channels  # cells of 16 x 16 pixels
    assert np.mean(np.abs(encoded.symbols) ** 2) == pytest.approx(1, rel=0.07)
    decoded = engine.decode(received(encoded))
    assert decoded.image.shape == image.shape
    assert (decoded.prompt, decoded.prompt_ok) == (PROMPT, True)


def test_rates_are_nested(engine, image):
    low, high = (engine.encode(image, "", rate) for rate in ("1/192", "1/48"))
    ratio = high.symbols[: len(low.symbols)] / low.symbols
    assert np.allclose(ratio, ratio[0], rtol=1e-3)


def test_quality_rises_with_snr_and_rate(engine, image, rng):
    def quality(rate, noise_var):
        encoded = engine.encode(image, "", rate)
        return psnr_db(engine.decode(received(encoded, noise_var, rng)).image, image)

    by_snr = [quality("1/48", noise_var) for noise_var in (1, 0.1, 0.01)]
    by_rate = [quality(rate.name, 0.01) for rate in RATES]
    assert by_snr == sorted(by_snr)
    assert by_rate == sorted(by_rate)


def test_lost_symbols_thin_the_picture(engine, image, rng):
    encoded = engine.encode(image, "", "1/48")
    whole = received(encoded)
    lost = rng.random(len(whole.stream)) < 0.25
    noise_var = np.where(lost, np.inf, whole.noise_var).astype(np.float32)
    stream = np.where(lost, np.nan, whole.stream).astype(np.complex64)
    thinned = Received(stream, noise_var, 100, 72, encoded.rate_id, 0, encoded.level)
    assert psnr_db(engine.decode(thinned).image, image) > 15


def test_everything_lost_is_a_picture_and_no_prompt(engine, image):
    encoded = engine.encode(image, PROMPT, "1/96")
    whole = received(encoded)
    nothing = Received(
        np.zeros_like(whole.stream),
        np.full_like(whole.noise_var, np.inf),
        *(100, 72, encoded.rate_id, encoded.prompt_bytes, encoded.level),
    )
    decoded = engine.decode(nothing)
    assert decoded.image.shape == image.shape
    assert (decoded.prompt, decoded.prompt_ok) == ("", False)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 16)])
def test_any_size_is_padded_and_cropped_back(engine, size):
    encoded = engine.encode(np.full((*size, 3), 90, np.uint8), "", "1/48")
    assert engine.decode(received(encoded)).image.shape == (*size, 3)


def test_too_few_symbols_are_refused(engine, image):
    whole = received(engine.encode(image, PROMPT, "1/48"))
    short = Received(whole.stream[:100], whole.noise_var[:100], 100, 72, whole.rate_id, 27)
    with pytest.raises(ShapeError, match="promises"):
        engine.decode(short)


def test_what_cannot_be_sent_is_refused(engine):
    with pytest.raises(ShapeError, match="2048"):
        engine.encode(np.zeros((2049, 16, 3), np.uint8), "", "1/48")
    with pytest.raises(ConfigError, match="1/384"):
        engine.encode(np.zeros((16, 16, 3), np.uint8), "", "1/7")
    with pytest.raises(ConfigError, match="1000"):
        engine.encode(np.zeros((16, 16, 3), np.uint8), "x" * 1001, "1/48")


def test_models_that_do_not_fit_are_refused(tmp_path):
    NestedAutoencoder(latent_channels=4, widths=(8, 16)).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="train a codec"):
        LocalEngine(vae=tmp_path)


def test_a_codec_of_its_own_serves_another_autoencoder(tmp_path, image):
    NestedAutoencoder(latent_channels=4, widths=(8, 16)).save_pretrained(tmp_path / "vae")
    JsccCodec(latent_channels=4, widths=(8, 16)).save_pretrained(tmp_path / "jscc")
    engine = LocalEngine(tmp_path / "vae", tmp_path / "jscc")
    encoded = engine.encode(image, "", "1/48")
    assert engine.decode(received(encoded)).image.shape == image.shape


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="auto, cpu or cuda"):
        LocalEngine(device="tpu")


def test_bfloat16_is_close_to_float32(engine, image):
    try:
        quick = LocalEngine(precision="bfloat16")
    except ConfigError as error:
        pytest.skip(f"this processor: {error}")
    whole = received(engine.encode(image, PROMPT, "1/48"))
    plain, rounded = engine.decode(whole), quick.decode(whole)
    assert not np.array_equal(plain.image, rounded.image)
    assert psnr_db(rounded.image, plain.image) > 40
    assert quick.encode(image, PROMPT, "1/48").symbols.dtype == np.complex64
    assert rounded.prompt == PROMPT


def test_a_precision_that_is_none_is_refused():
    with pytest.raises(ConfigError, match="float32 or bfloat16"):
        LocalEngine(precision="float64")
