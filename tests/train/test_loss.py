# SPDX-License-Identifier: MIT
"""The training loss: PSNR where LPIPS is left out, and never a weight without a metric."""

import math

import pytest
import torch

from gsc_sdr.errors import ConfigError
from gsc_sdr.metrics.lpips import Lpips
from gsc_sdr.train.loss import PictureLoss

pytestmark = pytest.mark.learn


def test_without_lpips_the_loss_is_the_psnr():
    wanted = torch.zeros(2, 3, 32, 32)
    error = 0.2
    loss = float(PictureLoss()(wanted + error, wanted, torch.tensor([True, False])))
    assert loss == pytest.approx(math.log(error**2 + 1e-3), abs=1e-5)


def test_the_look_counts_with_its_weight():
    torch.manual_seed(0)
    metric = Lpips()
    for head in metric.heads:
        head.data.fill_(1.0)
    shown, wanted = torch.rand(2, 2, 3, 32, 32)
    is_sent = torch.tensor([True, False])
    plain, both = (
        loss(shown, wanted, is_sent) for loss in (PictureLoss(), PictureLoss(3.0, metric))
    )
    look = float(metric(shown[:1], wanted[:1])) / 2  # the second was not sent
    assert float(both - plain) == pytest.approx(3 * look, rel=1e-4)


@pytest.mark.parametrize("weight", [2.0, -1.0, math.nan, 1000.0])
def test_a_weight_that_cannot_be_used_is_named(weight):
    with pytest.raises(ConfigError, match="LPIPS"):
        PictureLoss(weight)
