# SPDX-License-Identifier: MIT
"""Uncoded latents: exact without noise, linear in between, a mean picture when all is lost."""

import numpy as np
import pytest
import torch

from gsc_sdr.baselines.analog import UncodedEngine
from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.codec.power import gain_of
from gsc_sdr.config.rate import rate_by_name
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Received
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn
CHANNELS = {"1/384": 1, "1/192": 2, "1/96": 4, "1/48": 8, "1/24": 16}
PROMPT = "ein Hafen, dusk"


@pytest.fixture(scope="module")
def engine():
    return UncodedEngine()


def received(encoded, noise_var=0.0):
    """Return encoded symbols as they were sent, with a noise variance that they do not have."""
    stream = np.concatenate([encoded.prompt_symbols, encoded.symbols])
    header = (encoded.width, encoded.height, encoded.rate_id, encoded.prompt_bytes, encoded.level)
    return Received(stream, np.full(len(stream), noise_var, np.float32), *header)


@pytest.mark.parametrize("rate", CHANNELS)
def test_the_first_channels_fill_the_symbols_and_come_back(engine, image, rate):
    encoded = engine.encode(image, PROMPT, rate)
    assert len(encoded.symbols) == rate_by_name(rate).n_symbols(100, 72)
    assert np.mean(np.abs(encoded.symbols) ** 2) == pytest.approx(1, rel=0.07)
    latents = engine.latent.encode(image).clone()
    latents[:, CHANNELS[rate] :] = 0
    decoded = engine.decode(received(encoded))
    wanted = engine.latent.decode(latents, 100, 72).astype(int)
    assert np.abs(decoded.image - wanted).max() <= 1  # the scale rounds in float32
    assert (decoded.prompt, decoded.prompt_ok) == (PROMPT, True)


def test_with_every_channel_the_autoencoder_is_the_ceiling(engine, image):
    decoded = engine.decode(received(engine.encode(image, "", "1/24")))
    assert np.abs(decoded.image - engine.reconstruct(image).astype(int)).max() <= 1


def test_the_estimate_shrinks_by_the_noise(engine, image):
    encoded = engine.encode(image, "", "1/96")
    latents = torch.zeros_like(engine.latent.encode(image))
    values = encoded.symbols.view(np.float32).reshape(4, 10, 14) * gain_of(encoded.level)
    latents[0, :4] = torch.from_numpy(values / 1.5)
    shown = engine.decode(received(encoded, noise_var=0.5)).image
    assert np.abs(shown - engine.latent.decode(latents, 100, 72).astype(int)).max() <= 1


def test_everything_lost_is_the_mean_picture_and_no_prompt(engine, image):
    encoded = engine.encode(image, PROMPT, "1/48")
    lost = received(encoded)
    lost.stream[:], lost.noise_var[:] = np.nan, np.inf
    decoded = engine.decode(lost)
    nothing = torch.zeros(1, engine.latent.channels, 10, 14)
    assert (decoded.image == engine.latent.decode(nothing, 100, 72)).all()
    assert (decoded.prompt, decoded.prompt_ok) == ("", False)


def test_it_rides_the_link(engine, image):
    settings = LinkSettings(snr_db=20.0, rate="1/24")
    (trip,) = loopback([(image, PROMPT)], engine, settings).trips
    assert (trip.decoded.prompt, trip.decoded.prompt_ok) == (PROMPT, True)
    assert psnr_db(trip.decoded.image, engine.reconstruct(image)) > 20


@pytest.mark.parametrize("rate", ["1/16", "1/8"])
def test_more_channels_than_there_are_cannot_be_sent(engine, image, rate, refuses_rate):
    refuses_rate(
        engine,
        rate,
        received(engine.encode(image, "", "1/24")),
        "16: choose one of 1/384, 1/192, 1/96, 1/48, 1/24",
    )


def test_what_cannot_be_sent_is_refused(engine, image, refuses_what_cannot_be_sent):
    refuses_what_cannot_be_sent(engine, received(engine.encode(image, "", "1/48")))


def test_another_autoencoder_sends_the_channels_it_has(tmp_path, image):
    NestedAutoencoder(latent_channels=4, widths=(8, 16)).save_pretrained(tmp_path)
    engine = UncodedEngine(tmp_path)
    assert engine.decode(received(engine.encode(image, "", "1/96"))).image.shape == image.shape
    with pytest.raises(ConfigError, match=r"choose one of 1/384, 1/192, 1/96$"):
        engine.encode(image, "", "1/48")
