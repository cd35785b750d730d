# SPDX-License-Identifier: MIT
"""Rows of the link: true SNR, what was lost, time and energy on the air, any measures."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.channel.profile import profile
from gsc_sdr.experiments.report import report_row
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.metrics.measures import Measures
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn


class Raw(FakeEngine):
    """An engine that sends noise of unit power and shows the picture that was sent."""

    def encode(self, image, prompt, rate):
        self.image, coded = image, super().encode(image, prompt, rate)
        drawn = np.random.default_rng(0).normal(size=(len(coded.symbols), 2)) @ [1, 1j]
        return replace(coded, symbols=(drawn / np.sqrt(2)).astype(np.complex64))

    def decode(self, received):
        return replace(super().decode(received), image=self.image)


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)


def sent(image, settings):
    (trip,) = loopback([(image, "words")], Raw(), settings).trips
    return trip


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
def test_true_snr_is_that_of_the_channel_less_what_the_receiver_loses(image, snr_db):
    settings = LinkSettings(snr_db=snr_db)
    row = report_row(image, "words", None, sent(image, settings), settings)
    assert snr_db - 1.0 < row["snr_post_db"] < snr_db + 0.5
    assert row["snr_post_db"] == pytest.approx(-row["evm_db"], abs=0.7)


def test_air_time_counts_every_sample_and_energy_is_power_times_it(image):
    settings = LinkSettings(sample_rate=2e6)
    trip = sent(image, settings)
    row = report_row(image, "words", None, trip, settings)
    assert row["air_time_s"] == len(trip.samples) / 2e6
    assert row["air_cbr"] == pytest.approx(row["air_time_s"] * 2e6 / image.size)
    assert row["tx_power_dbm"] == 20.0
    assert row["energy_j"] == pytest.approx(0.1 * row["air_time_s"])
    strong = report_row(image, "words", None, trip, settings, tx_power_dbm=30.0)
    assert strong["energy_j"] == pytest.approx(10 * row["energy_j"])


def test_frame_loss_is_the_share_that_did_not_arrive(image):
    settings = LinkSettings(snr_db=20)
    row = report_row(image, "words", None, sent(image, settings), settings)
    assert (row["frames_lost"], row["frame_loss"]) == (0, 0.0)
    settings = LinkSettings(snr_db=-20)
    row = report_row(image, "words", None, sent(image, settings), settings)
    assert (row["frames_lost"], row["frame_loss"]) == (row["frames_sent"], 1.0)
    assert (row["snr_post_db"], row["evm_db"], row["failed"]) == (None, None, True)
    assert row["energy_j"] > 0  # what was lost was sent all the same


def test_measures_that_are_given_stand_in_the_row(image):
    settings = LinkSettings(snr_db=20)
    trip = sent(image, settings)
    plain = report_row(image, "words", None, trip, settings)
    given = report_row(image, "words", None, trip, settings, measures=Measures())
    assert given["ssim"] == pytest.approx(1)
    assert given["lpips"] is None
    assert {"ssim", "lpips"} & set(plain) == set()
    assert plain["psnr_db"] is given["psnr_db"] is None  # equal: infinite, which JSON has not
    assert plain["ms_ssim"] is given["ms_ssim"] is None  # too small for five scales


def test_a_channel_without_noise_gives_a_row_that_json_can_hold(image):
    settings = replace(LinkSettings(), channel=profile("ideal"))
    row = report_row(image, "words", None, sent(image, settings), settings)
    json.dumps(row, allow_nan=False)
    assert row["snr_db"] is None
    assert row["snr_post_db"] is None or row["snr_post_db"] > 60
    assert not any(isinstance(value, float) and math.isnan(value) for value in row.values())
