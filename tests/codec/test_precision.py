# SPDX-License-Identifier: MIT
"""Precision: what is asked for is computed with, or refused."""

import pytest
import torch

from gsc_sdr.codec.precision import PRECISIONS, arithmetic, check_precision
from gsc_sdr.errors import ConfigError

pytestmark = pytest.mark.learn
CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_networks_compute_with_what_is_asked_for(precision):
    with torch.no_grad(), arithmetic(precision, CPU):
        out = torch.nn.functional.conv2d(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 1, 1))
    assert out.dtype == getattr(torch, precision)


def test_float32_is_for_every_device():
    check_precision("float32", CPU)


def test_what_is_no_precision_is_refused():
    with pytest.raises(ConfigError, match="float32 or bfloat16"):
        check_precision("int4", CPU)


def test_a_device_without_bfloat16_is_refused(monkeypatch):
    monkeypatch.setattr("gsc_sdr.codec.precision.computes_bf16", lambda device: False)
    with pytest.raises(ConfigError, match="use float32"):
        check_precision("bfloat16", CPU)
    check_precision("float32", CPU)
