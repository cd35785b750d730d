# SPDX-License-Identifier: MIT
"""Latency: every stage has its time, the networks stand beside it, and the sums are theirs."""

import numpy as np
import pytest
import torch

from gsc_sdr.channel.profile import profile
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.errors import ConfigError, GscError
from gsc_sdr.experiments.latency import (
    NETWORKS,
    STAGES,
    Sent,
    _overhead,
    measure_latency,
    pictures_per_s,
)
from gsc_sdr.link.engine import FakeEngine
from gsc_sdr.transceiver.loopback import LinkSettings, loopback

pytestmark = pytest.mark.learn


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads of torch only wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def engine():
    return LocalEngine()


@pytest.fixture(scope="module")
def sent():
    y, x = np.mgrid[:48, :64]
    waves = [np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)]
    image = (127 + 100 * np.stack(waves, axis=-1)).astype(np.uint8)
    return Sent(image, "waves", LinkSettings())


@pytest.fixture(scope="module")
def row(sent, engine):
    return measure_latency(sent, engine, 4)


def test_every_stage_and_network_has_its_time(row):
    assert tuple(row["stages"]) == STAGES
    assert tuple(row["networks"]) == NETWORKS
    for own in (*row["stages"].values(), *row["networks"].values(), row["total"], row["bare"]):
        assert own["n"] == 4
        assert 0 < own["p50_s"] <= own["p95_s"] <= own["p99_s"] <= own["max_s"]


def test_a_sum_is_no_less_than_its_largest_part(row):
    for whole, parts in (("total", "stages"), ("bare", "networks")):
        slowest = max(own["max_s"] for own in row[parts].values())
        assert row[whole]["max_s"] >= slowest
        assert row[whole]["p50_s"] <= sum(own["max_s"] for own in row[parts].values())


def test_overhead_is_of_the_networks_and_turn_by_turn(row):
    assert _overhead([1.1, 3.0, 11.0], [1.0, 2.0, 10.0]) == pytest.approx(0.1)
    assert row["overhead_cpu"] > 0  # a link costs something


def test_the_row_says_what_was_measured(row, sent):
    assert (row["width"], row["height"], row["size"]) == (64, 48, 48)
    assert (row["threads"], row["device"], row["precision"]) == (1, "cpu", "float32")
    n_samples = row["air_time_s"] * sent.settings.sample_rate
    assert n_samples % sent.settings.ofdm.frame_length == pytest.approx(0)
    assert row["peak_rss_bytes"] > 50e6  # torch alone is more
    assert row["psnr_db"] > 15


def test_bare_networks_make_the_picture_that_the_link_shows(sent, engine, monkeypatch):
    """The same inputs: what goes into the bare decoders is what went into the link's."""
    given, shown = [], []
    to_pictures = engine.latent.to_pictures

    def noted(latents):
        given.append(latents.clone())
        shown.append(to_pictures(latents))
        return shown[-1]

    monkeypatch.setattr(engine.latent, "to_pictures", noted)
    measure_latency(sent, engine, 1)
    assert len(given) == 6  # ours and theirs, three times
    assert all(torch.equal(*given[at : at + 2]) for at in (0, 2, 4))


def test_pictures_a_second_count_all_of_them(sent):
    engine = FakeEngine()
    assert pictures_per_s(sent, engine, 3, loopback) > 0
    assert (engine.encoded, engine.decoded) == (3, 3)


def test_where_nothing_arrives_no_time_is_taken(sent, engine):
    buried = Sent(sent.image, "", LinkSettings(profile("awgn"), -20.0))
    with pytest.raises(GscError, match="higher SNR"):
        measure_latency(buried, engine, 1)
    with pytest.raises(GscError, match="0 of 2 pictures"):
        pictures_per_s(buried, FakeEngine(), 2, loopback)


def test_no_turn_at_all_is_refused(sent, engine):
    with pytest.raises(ConfigError, match="at least once"):
        measure_latency(sent, engine, 0)
