# SPDX-License-Identifier: MIT
"""Bars: medians as long as they are, the slow ones behind them, bounds left out."""

import json

import numpy as np
import pytest

from gsc_sdr.errors import ConfigError
from gsc_sdr.plots.latency import latency_of_rows, latency_of_stages, read_stages

STAGES = [
    {"stage": stage, "size": size, "p50_s": p50, "p95_s": 2 * p50, "p99_s": 3 * p50}
    for size in (256, 512)
    for stage, p50 in (("encode", 0.05), ("decode", 0.1))
]


def test_bars_are_quantiles_in_milliseconds(make_row, rng):
    times = rng.exponential(0.02, 200)
    rows = [make_row(image=f"{i}", encode_s=value) for i, value in enumerate(times)]
    axes = latency_of_rows(rows).axes
    assert [one.get_title() for one in axes] == ["encode", "air: channel and receiver", "decode"]
    (bar,) = axes[0].patches
    assert bar.get_width() == pytest.approx(1000 * np.quantile(times, 0.5))
    marks = [line.get_xdata()[0] for line in axes[0].lines if line.get_marker() in ("|", "D")]
    assert marks == pytest.approx(1000 * np.quantile(times, (0.95, 0.99)))


def test_bounds_and_stages_without_times_are_left_out(make_row):
    rows = [make_row("avif+ldpc", air_s=None), make_row("avif+capacity"), make_row(air_s=None)]
    axes = latency_of_rows(rows).axes
    assert [one.get_title() for one in axes] == ["encode", "decode"]
    assert [text.get_text() for text in axes[0].get_yticklabels()] == ["gsc", "avif+ldpc"]
    with pytest.raises(ConfigError, match="no row has encode_s"):
        latency_of_rows([make_row("avif+capacity")])


@pytest.mark.parametrize("wrap", [list, lambda entries: {"torch": "2", "stages": entries}])
def test_stages_of_bench_latency_have_a_panel_for_each_size(tmp_path, wrap):
    path = tmp_path / "latency.json"
    path.write_text(json.dumps(wrap(STAGES)))
    axes = latency_of_stages(read_stages(path)).axes
    assert [one.get_title() for one in axes] == ["256 x 256 pixels", "512 x 512 pixels"]
    assert [bar.get_width() for bar in axes[1].patches] == pytest.approx([50, 100])


@pytest.mark.parametrize("content", ["", "{}", "[]", '[{"stage": "encode"}]', "7"])
def test_what_holds_no_stages_is_refused(tmp_path, content):
    path = tmp_path / "latency.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match="bench latency"):
        read_stages(path)
    with pytest.raises(ConfigError, match="no stages"):
        latency_of_stages([])
