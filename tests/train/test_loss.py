# SPDX-License-Identifier: MIT
"""The training loss: PSNR, and beside it structure and look, each with its weight."""

import math

import pytest
import torch

from gsc_sdr.errors import ConfigError, ShapeError
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


def test_structure_counts_with_its_weight_where_sent():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(3, 3, 12, 12, generator=generator) * 2 - 1
    wanted = torch.nn.functional.interpolate(coarse, size=(99, 99), mode="bicubic").clamp(-1, 1)
    shown = wanted.clone()
    shown[1] = -wanted[1]  # nothing alike
    shown[2] = wanted[2].mean()  # not sent: must not count

    def parts(weight, is_sent):
        return float(PictureLoss(structure=weight)(shown, wanted, torch.tensor(is_sent)))

    plain = parts(0.0, [True, True, False])
    one, two = (parts(weight, [True, True, False]) - plain for weight in (1.0, 2.0))
    assert two == pytest.approx(2 * one, rel=1e-4)
    assert parts(2.0, [True, False, False]) == pytest.approx(plain, abs=1e-4)  # equal: 1 - s is 0
    assert 0.5 / 3 < one < 1 / 3  # of three pictures, one that is sent is unlike: 1 - s in 0.5..1
    assert parts(2.0, [False, False, False]) == pytest.approx(plain)


def test_structure_has_a_slope_where_nothing_is_alike():
    generator = torch.Generator().manual_seed(0)
    wanted = torch.rand(1, 3, 99, 99, generator=generator) * 2 - 1
    shown = (-wanted).requires_grad_()
    PictureLoss(structure=6.0)(shown, wanted, torch.tensor([True])).backward()
    with_structure = shown.grad.clone()
    shown.grad = None
    PictureLoss()(shown, wanted, torch.tensor([True])).backward()
    assert torch.isfinite(with_structure).all()
    assert float((with_structure - shown.grad).norm()) > 1e-6


@pytest.mark.parametrize("structure", [-1.0, math.nan, 1000.0])
def test_a_weight_of_structure_that_cannot_be_used_is_named(structure):
    with pytest.raises(ConfigError, match="structure"):
        PictureLoss(structure=structure)


def test_pictures_too_small_for_structure_are_named():
    small = torch.zeros(1, 3, 98, 128)
    with pytest.raises(ShapeError, match="--crop 112"):
        PictureLoss(structure=1.0)(small, small, torch.tensor([True]))
