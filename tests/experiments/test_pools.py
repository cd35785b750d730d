# SPDX-License-Identifier: MIT
"""Several processes, or a cluster, measure what one process does, row by row."""

import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from gsc_sdr.channel.profile import profile
from gsc_sdr.errors import ConfigError, GscError, MissingError
from gsc_sdr.experiments.cluster import on_ray
from gsc_sdr.experiments.plan import Bench, Chunk
from gsc_sdr.experiments.pools import in_processes, in_this_process
from gsc_sdr.experiments.rows import TIMES, row_key
from gsc_sdr.transceiver.loopback import loopback

pytestmark = pytest.mark.learn
BENCH = Bench(measures=("psnr_db", "ms_ssim"))


@pytest.fixture(scope="module")
def chunks():
    y, x = np.mgrid[:61, :83]
    waves = np.stack([np.sin(x / 17), np.cos(y / 11), np.sin((x + y) / 29)], axis=-1)
    image = (127 + 100 * waves).astype(np.uint8)
    points = ((profile("awgn"), 10.0), (profile("tdl-c"), 10.0))
    return [
        Chunk(codec, "waves.png", rate, image, points)
        for rate in ("1/384", "1/48")
        for codec in ("fake", "gsc")
    ]


@pytest.fixture(scope="module")
def here(chunks):
    return timeless(in_this_process(BENCH, chunks))


def timeless(outcomes):
    """Return rows in order, without what differs from run to run."""
    rows = [row for outcome in outcomes for row in outcome.rows]
    return [{k: v for k, v in r.items() if k not in TIMES} for r in sorted(rows, key=row_key)]


@pytest.mark.timeout(400)
def test_processes_measure_the_same(chunks, here):
    before = dict(os.environ)
    assert timeless(in_processes(2)(BENCH, chunks)) == here
    assert dict(os.environ) == before


def dies(pictures, engine, settings):
    """End the process, as one does that is out of memory."""
    os._exit(9)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_process_that_dies_names_where(chunks):
    bench = replace(BENCH, run=dies)
    with pytest.raises(GscError, match=r"worker process died .*codec fake, image waves\.png"):
        list(in_processes(1)(bench, chunks[:1]))


def test_no_processes_are_refused():
    with pytest.raises(ConfigError, match="--jobs is 0"):
        in_processes(0)


@pytest.mark.timeout(400)
def test_a_ray_cluster_measures_the_same(chunks, here):
    pytest.importorskip("ray")
    assert timeless(on_ray("local", 2)(BENCH, chunks)) == here


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_a_ray_cluster_that_is_not_there_is_named(chunks, address):
    pytest.importorskip("ray")
    with pytest.raises(ConfigError, match=r"no cluster answers there .*refused.*ray start --head"):
        list(on_ray(address)(BENCH, chunks))


def test_ray_that_is_not_installed_is_named_with_its_mend(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"pip install 'gsc-sdr\[cluster\]'"):
        on_ray("local")


def test_torch_has_its_threads_back(chunks):
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        list(in_this_process(replace(BENCH, run=loopback), chunks[:1]))
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
