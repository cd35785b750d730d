# SPDX-License-Identifier: MIT
"""The link in arrays: clean air loses nothing, bad air loses pictures and not the link."""

import numpy as np
import pytest

from gsc_sdr.channel.profile import profile, profile_names
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.transceiver.chain import Receiver, Transmitter
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn


@pytest.fixture
def pictures(rng):
    """Return three pictures of different sizes, made of grey cells, with prompts."""
    sizes = [(48, 64), (16, 16), (33, 50)]
    cells = [rng.integers(0, 256, (h, w, 1), dtype=np.uint8).repeat(3, 2) for h, w in sizes]
    return [(cell, f"picture {i}") for i, cell in enumerate(cells)]


def test_ideal_air_brings_every_symbol(pictures):
    trips = loopback(pictures, FakeEngine(), LinkSettings(profile("ideal"), cfo_hz=3000)).trips
    for (image, prompt), trip in zip(pictures, trips, strict=True):
        sent = trip.stream
        assert trip.picture.n_received == trip.picture.frame_count
        assert np.abs(trip.picture.stream[: len(sent)] - sent).max() < 0.02
        assert trip.decoded.image.shape == image.shape
        assert trip.decoded.prompt == prompt
        assert trip.picture.cfo * 1e6 / 64 == pytest.approx(3000, abs=5)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_runs(name, pictures):
    trips = loopback(pictures, FakeEngine(), LinkSettings(profile(name), snr_db=25, seed=1)).trips
    assert len(trips) == 3
    assert sum(trip.decoded is not None for trip in trips) >= 2


def test_the_radios_of_a_profile_are_heard(pictures):
    trips = loopback(pictures, FakeEngine(), LinkSettings(profile("usrp"), snr_db=60)).trips
    for trip in trips:
        assert trip.picture.cfo * 1e6 / 64 == pytest.approx(6000, abs=60)
        assert 20 < trip.picture.snr_db < 40  # what phase noise, image and rounding leave of 60


def test_an_offset_beside_that_of_the_profile_is_counted_with_it():
    LinkSettings(profile("usrp"), cfo_hz=25_000)
    with pytest.raises(ConfigError, match=r"cfo_hz is 26000 beside the 6000 Hz of usrp; at 1e\+06"):
        LinkSettings(profile("usrp"), cfo_hz=26_000)


def test_same_seed_same_symbols(pictures):
    runs = [loopback(pictures, FakeEngine(), LinkSettings(seed=5)).trips for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        assert np.array_equal(first.picture.stream, second.picture.stream)


def test_a_picture_that_is_drowned_is_none_and_the_next_arrives(pictures):
    drowned = loopback(pictures, FakeEngine(), LinkSettings(snr_db=-20)).trips
    assert all(trip.decoded is None and trip.picture is None for trip in drowned)


def test_a_picture_is_recovered_in_part(rng):
    ofdm = OfdmConfig()
    transmitter = Transmitter(FakeEngine(), "1/48", ofdm)
    receiver = Receiver(FakeEngine(), ofdm)
    image = rng.integers(0, 256, (256, 256, 3), dtype=np.uint8)
    _, samples = transmitter.send(image, "half")
    frame = ofdm.frame_length
    samples[frame : 2 * frame] = 0  # the second frame never arrives
    (picture,) = receiver.receive(samples)
    assert picture.n_received == picture.frame_count - 1
    assert np.isinf(picture.noise_var).sum() == ofdm.capacity


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("rate", "1/7"),
        ("snr_db", np.nan),
        ("snr_db", 99),
        ("cfo_hz", 1e6),
        ("cfo_hz", np.nan),
        ("sample_rate", 0),
        ("sample_rate", np.inf),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_are_named(option, value):
    with pytest.raises(ConfigError, match=option.split("_")[0]):
        LinkSettings(**{option: value})
