# SPDX-License-Identifier: MIT
"""The genie: exact where the answer is known, in outage where nobody can read."""

import numpy as np
import pytest

from gsc_sdr.channel.profile import ChannelProfile
from gsc_sdr.experiments.genie import ask_genie
from gsc_sdr.experiments.segments import Draw, draw_segments
from gsc_sdr.phy.ofdm import OfdmConfig

OFDM = OfdmConfig()
STILL = ChannelProfile("still")


def asked(snr_db, profile=STILL, counts=(10, 10, 10), draw=None):
    point = (snr_db, profile, draw or Draw.offsets())
    segments = draw_segments(counts, OFDM.frame_length, point, 1)
    return [ask_genie(segment, OFDM) for segment in segments]


@pytest.mark.parametrize("snr_db", [-3.0, 10.0, 25.0])
def test_without_fading_it_sees_the_snr_that_was_set(snr_db):
    genies = asked(snr_db)
    assert np.concatenate([g.snr_db for g in genies]) == pytest.approx(snr_db, abs=0.02)
    assert np.concatenate([g.opening_db for g in genies]) == pytest.approx(snr_db, abs=0.02)
    error = np.mean([g.error.mean() for g in genies])
    # 30 frames of 1152 symbols: the sample variance is good to half a percent.
    assert -10 * np.log10(error) == pytest.approx(snr_db, abs=0.08)


def test_offsets_cost_it_nothing():
    still = asked(10.0, draw=Draw(0, 0, 0, 0, 0, None, 0))
    turned = asked(10.0)
    errors = [np.mean([g.error.mean() for g in genies]) for genies in (still, turned)]
    assert 10 * np.log10(errors[1] / errors[0]) == pytest.approx(0, abs=0.1)


def test_it_reads_every_header_at_0_db_and_none_at_minus_15():
    assert all(genie.is_readable.all() for genie in asked(0.0))
    assert not any(genie.is_readable.any() for genie in asked(-15.0))


@pytest.mark.learn
def test_outage_of_flat_fading_is_that_of_the_exponential_law():
    slow = ChannelProfile("slow", "tdl-a", delay_spread_s=0.0, speed_mps=0.0)
    genies = asked(10.0, slow, counts=(1,) * 300)
    snr_db = np.concatenate([genie.snr_db for genie in genies])
    power = 10 ** (snr_db / 10) / 10
    assert power.mean() == pytest.approx(1.0, abs=0.2)  # 3.5 deviations of 300 draws
    assert (power < 0.5).mean() == pytest.approx(1 - np.exp(-0.5), abs=0.1)
    readable = np.concatenate([genie.is_readable for genie in genies])
    assert readable[snr_db > 0].all()
    assert not readable[snr_db < -9].any()
