# SPDX-License-Identifier: MIT
"""The pixel codec on the link: two rates, better with SNR, softer with loss, never a crash."""

import numpy as np
import pytest

from gsc_sdr.baselines.pixel import PixelEngine
from gsc_sdr.codec.pixel import PixelCodec
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError, ModelError
from gsc_sdr.link.engine import Received
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn
PROMPT = "ein Hafen, dusk"


@pytest.fixture(scope="module")
def engine():
    return PixelEngine()


def received(encoded, noise_var=1e-4, rng=None):
    """Return what an additive channel leaves of encoded symbols."""
    stream = np.concatenate([encoded.prompt_symbols, encoded.symbols])
    if rng is not None:
        noise = rng.standard_normal((len(stream), 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
        stream = (stream + noise).astype(np.complex64)
    header = (encoded.width, encoded.height, encoded.rate_id, encoded.prompt_bytes, encoded.level)
    return Received(stream, np.full(len(stream), noise_var, np.float32), *header)


@pytest.mark.parametrize("rate", ["1/48", "1/24"])
def test_both_rates_send_what_they_promise(engine, image, rate):
    encoded = engine.encode(image, PROMPT, rate)
    assert len(encoded.symbols) == rate_by_name(rate).n_symbols(100, 72)
    assert np.mean(np.abs(encoded.symbols) ** 2) == pytest.approx(1, rel=0.07)
    decoded = engine.decode(received(encoded))
    assert psnr_db(decoded.image, image) > 28
    assert (decoded.prompt, decoded.prompt_ok) == (PROMPT, True)


def test_quality_rises_with_snr_and_rate(engine, image, rng):
    def quality(rate, noise_var):
        encoded = engine.encode(image, "", rate)
        return psnr_db(engine.decode(received(encoded, noise_var, rng)).image, image)

    by_snr = [quality("1/48", noise_var) for noise_var in (2, 0.3, 0.03)]
    assert by_snr == sorted(by_snr)
    assert quality("1/24", 0.1) > quality("1/48", 0.1)


def test_lost_symbols_thin_the_picture(engine, image, rng):
    whole = received(engine.encode(image, "", "1/24"))
    lost = rng.random(len(whole.stream)) < 0.25
    whole.stream[lost], whole.noise_var[lost] = np.nan, np.inf
    assert psnr_db(engine.decode(whole).image, image) > 15


def test_everything_lost_is_a_picture_and_no_prompt(engine, image):
    whole = received(engine.encode(image, PROMPT, "1/48"))
    whole.stream[:], whole.noise_var[:] = 0, np.inf
    decoded = engine.decode(whole)
    assert decoded.image.shape == image.shape
    assert (decoded.prompt, decoded.prompt_ok) == ("", False)


def test_it_rides_the_link(engine, image):
    settings = LinkSettings(snr_db=20.0, rate="1/24")
    (trip,) = loopback([(image, PROMPT)], engine, settings).trips
    assert (trip.decoded.prompt, trip.decoded.prompt_ok) == (PROMPT, True)
    assert psnr_db(trip.decoded.image, image) > 25


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 16)])
def test_any_size_is_padded_and_cropped_back(engine, size):
    encoded = engine.encode(np.full((*size, 3), 90, np.uint8), "", "1/48")
    assert engine.decode(received(encoded)).image.shape == (*size, 3)


@pytest.mark.parametrize("rate", ["1/384", "1/96", "1/16", "1/8"])
def test_a_rate_it_was_not_trained_for_is_refused(engine, image, rate, refuses_rate):
    refuses_rate(
        engine, rate, received(engine.encode(image, "", "1/24")), "trained for 1/48 and 1/24"
    )


def test_what_cannot_be_sent_is_refused(engine, image, refuses_what_cannot_be_sent):
    refuses_what_cannot_be_sent(engine, received(engine.encode(image, "", "1/48")))


def test_a_codec_of_ones_own_says_its_rates(tmp_path, image):
    PixelCodec(16, (8, 8, 16), (1, 1, 1), (1, 1, 1)).save_pretrained(tmp_path)
    engine = PixelEngine(tmp_path)
    assert engine.models["deepjscc"].startswith(tmp_path.name)
    assert engine.decode(received(engine.encode(image, "", "1/96"))).image.shape == image.shape
    with pytest.raises(ConfigError, match="1/96 and 1/48"):
        engine.encode(image, "", "1/24")


def test_a_folder_of_another_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="train pixel"):
        PixelEngine(tmp_path)
