# SPDX-License-Identifier: MIT
"""Quick convolutions compute what plain ones do, and can be had back."""

import copy

import pytest
import torch
from torch import nn

from gsc_sdr.codec.autoencoder import NestedAutoencoder
from gsc_sdr.codec.convolution import quicken, slacken

pytestmark = pytest.mark.learn


@pytest.fixture
def model():
    """Return a small network, with layers that oneDNN takes and one that it does not."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.Conv2d(8, 8, 5, padding=2, groups=8),
        nn.Conv2d(8, 4, 1, bias=False),
        nn.Conv2d(4, 4, 3, stride=2, padding="valid"),
        nn.Conv2d(4, 2, 3, padding=1, padding_mode="reflect"),
    ).eval()


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 3, 16, 16), (1, 3, 24, 40), (2, 3, 16, 8)])
def test_quick_is_plain_but_for_rounding(model, size):
    x = torch.randn(size, generator=torch.Generator().manual_seed(1))
    plain = model(x)
    quicken(model)
    assert torch.allclose(model(x), plain, atol=1e-5)


@torch.no_grad()
def test_only_what_onednn_can_do_is_changed(model):
    quicken(model)
    assert [type(layer) is nn.Conv2d for layer in model] == [False, False, False, True, True]
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_bfloat16_keeps_the_layers_that_autocast_knows(model):
    quicken(model, "bfloat16")
    assert all(type(layer) is nn.Conv2d for layer in model)


@torch.no_grad()
def test_slackened_is_bit_for_bit_what_it_was(model):
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    plain = model(x)
    quicken(model)
    slacken(model)
    assert torch.equal(model(x), plain)
    assert all(type(layer) is nn.Conv2d for layer in model)


def test_weights_and_what_is_saved_stay(tmp_path):
    torch.manual_seed(0)
    model = NestedAutoencoder(latent_channels=4, widths=(8, 16)).eval()
    before = copy.deepcopy(model.state_dict())
    quicken(model)
    model.save_pretrained(tmp_path)
    again = NestedAutoencoder.from_pretrained(tmp_path).state_dict()
    assert list(again) == list(before)
    assert all(torch.equal(again[name], before[name]) for name in before)
