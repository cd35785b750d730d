# SPDX-License-Identifier: MIT
"""The pixel codec: linear optimum at birth, nested rates, noise and erasure are one thing."""

import pytest
import torch

from gsc_sdr.codec.pixel import PixelCodec

pytestmark = pytest.mark.learn
TINY = {
    "n_symbols": 8,
    "widths": (8, 8, 16),
    "encoder_depths": (1, 1, 1),
    "decoder_depths": (1, 1, 1),
}


@pytest.fixture(scope="module")
def pictures():
    """Return smooth pictures [64, 3, 64, 64] in -1..1: few components of a cell are strong."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(64, 3, 4, 4, generator=generator) * 2 - 1
    smooth = torch.nn.functional.interpolate(coarse, size=(64, 64), mode="bilinear")
    return smooth + 0.01 * torch.randn(smooth.shape, generator=generator)


@pytest.fixture(scope="module")
def codec(pictures):
    torch.manual_seed(0)
    model = PixelCodec(**TINY).eval().requires_grad_(False)
    model.set_linear(pictures)
    return model


def error(codec, pictures, symbols, noise_var):
    shown = codec.decode(symbols, torch.full(symbols.shape, noise_var))
    return float((shown - pictures).square().mean() / pictures.square().mean())


def test_linear_start_recovers_the_strong_components(codec, pictures):
    assert error(codec, pictures, codec.encode(pictures), 0.0) < 0.02


def test_half_of_the_symbols_make_a_coarser_picture(codec, pictures):
    symbols = codec.encode(pictures)
    assert symbols.shape == (64, 8, 4, 4)
    whole, half = (error(codec, pictures, symbols[:, :n], 0.0) for n in (8, 4))
    assert whole < half < 0.5


def test_symbols_start_with_unit_power(codec, pictures):
    assert float(codec.encode(pictures).abs().square().mean()) == pytest.approx(1, rel=0.1)


def test_erased_symbols_are_the_same_as_symbols_that_were_not_sent(codec, pictures):
    symbols = codec.encode(pictures)
    noise_var = torch.full(symbols.shape, 0.1)
    unsent = codec.decode(symbols[:, :4], noise_var[:, :4])
    noise_var[:, 4:] = torch.inf
    symbols[:, 4:] = 1e6 + 1e6j
    assert torch.allclose(codec.decode(symbols, noise_var), unsent, atol=1e-5)


def test_everything_erased_is_the_mean_cell(codec, pictures):
    symbols = torch.zeros(1, 8, 2, 2, dtype=torch.complex64)
    shown = codec.decode(symbols, torch.full(symbols.shape, torch.inf))
    mean = pictures.unflatten(3, (4, 16)).unflatten(2, (4, 16)).mean(dim=(0, 2, 4))
    assert torch.allclose(shown, mean.repeat(1, 1, 2, 2).reshape(shown.shape), atol=1e-3)


@pytest.mark.parametrize("size", [(16, 16), (48, 32)])
def test_any_whole_cells(codec, size):
    shape = (1, 8, size[0] // 16, size[1] // 16)
    assert codec.encode(torch.zeros(1, 3, *size)).shape == shape


def test_the_default_is_small():
    n_parameters = sum(parameter.numel() for parameter in PixelCodec().parameters())
    assert 1e6 < n_parameters < 2.5e6
