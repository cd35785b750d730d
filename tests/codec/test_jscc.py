# SPDX-License-Identifier: MIT
"""The analog codec: linear optimum at birth, noise and erasure are one thing."""

import pytest
import torch

from gsc_sdr.codec.jscc import JsccCodec

pytestmark = pytest.mark.learn
TINY = {
    "latent_channels": 4,
    "n_symbols": 4,
    "widths": (8, 16),
    "encoder_depths": (1, 1),
    "decoder_depths": (1, 1),
}


@pytest.fixture
def latents():
    """Return correlated latents [8, 4, 8, 8]: half of their cells' components are small."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(8, 4, 4, 4, generator=generator)
    fine = torch.randn(8, 4, 8, 8, generator=generator)
    return torch.nn.functional.interpolate(coarse, scale_factor=2) + 0.05 * fine


@pytest.fixture
def codec(latents):
    model = JsccCodec(**TINY).eval()
    model.set_linear(latents, torch.ones(4))
    return model


def test_linear_start_recovers_the_strong_components(codec, latents):
    with torch.no_grad():
        symbols = codec.encode(latents)
        back = codec.decode(symbols, torch.zeros(symbols.shape))
    assert float((back - latents).square().mean()) < 0.01 * float(latents.square().mean())


def test_symbols_start_with_unit_power(codec, latents):
    with torch.no_grad():
        power = codec.encode(latents).abs().square().mean()
    assert float(power) == pytest.approx(1, rel=0.1)


def test_erased_symbols_are_the_same_as_symbols_that_were_not_sent(codec, latents):
    with torch.no_grad():
        symbols = codec.encode(latents)
        noise_var = torch.full(symbols.shape, 0.1)
        noise_var[:, 2:] = torch.inf
        symbols[:, 2:] = 1e6 + 1e6j
        erased = codec.decode(symbols, noise_var)
        unsent = codec.decode(symbols[:, :2], noise_var[:, :2])
    assert torch.allclose(erased, unsent, atol=1e-6)


def test_everything_erased_is_finite(codec, latents):
    shape = codec.encode(latents).shape
    with torch.no_grad():
        out = codec.decode(torch.zeros(shape, dtype=torch.complex64), torch.full(shape, torch.inf))
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("size", [(2, 2), (6, 4), (16, 2)])
def test_any_even_size(codec, size):
    assert codec.encode(torch.zeros(1, 4, *size)).shape == (1, 4, size[0] // 2, size[1] // 2)
