# SPDX-License-Identifier: MIT
"""Linear analog codes: power shared as theory says, and erasure is a weight of zero."""

import pytest
import torch

from gsc_sdr.codec.linear import heard_parts, linear_code

pytestmark = pytest.mark.learn


@pytest.fixture
def rows():
    """Return vectors [4000, 6] whose components have deviations 8, 4, 2, 1, .5, .25."""
    generator = torch.Generator().manual_seed(0)
    spread = 2.0 ** torch.arange(3, -3, -1, dtype=torch.float64)
    plain = torch.randn(4000, 6, generator=generator, dtype=torch.float64) * spread
    turn = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64)).Q
    return plain @ turn + 3.0


def test_what_is_kept_comes_back_and_power_is_one(rows):
    code = linear_code(rows, 3)
    parts = (rows - code.mean) @ code.down.T
    assert torch.allclose(parts @ code.up.T + code.mean, rows, atol=1e-9)
    assert float(parts.square().sum(dim=1).mean()) == pytest.approx(3, rel=0.01)
    assert float(code.power.mean()) == pytest.approx(1)


def test_power_is_shared_as_the_deviation_and_falls(rows):
    code = linear_code(rows, 2)
    parts = (rows - code.mean) @ code.down.T
    real, imag = parts.var(dim=0).chunk(2)  # of symbols 0 and 1
    assert torch.allclose(real + imag, code.power, rtol=1e-6)
    assert float(real[0] / imag[0]) == pytest.approx(2, rel=0.1)  # deviations 8 and 4
    assert float(real[0] / real[1]) == pytest.approx(4, rel=0.1)  # deviations 8 and 2


def test_the_estimate_is_the_linear_one_of_least_error():
    symbols = torch.tensor([1 + 2j, 4j, 5 + 5j]).reshape(1, 3, 1, 1)
    noise_var = torch.tensor([0.0, 1.0, torch.inf]).reshape(1, 3, 1, 1)
    parts, weight = heard_parts(symbols, noise_var, torch.tensor([1.0, 3.0, 1.0, 1.0]).log())
    assert torch.allclose(weight.flatten(), torch.tensor([1.0, 0.75, 0.0, 0.0]))
    assert torch.allclose(parts.flatten(), torch.tensor([1.0, 0, 0, 0, 2, 3, 0, 0]))
