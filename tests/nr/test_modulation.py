# SPDX-License-Identifier: MIT
"""Modulation: the standard's points, Sionna's soft bits, erasures as no knowledge."""

import numpy as np
import pytest
from scipy.special import erfc

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.nr.modulation import BITS_PER_SYMBOL, map_bits, soft_bits

pytestmark = pytest.mark.learn


def all_points(order):
    """Return every point once, and its bits [2**order, order]."""
    bits = (np.arange(1 << order)[:, None] >> np.arange(order)[::-1] & 1).astype(np.uint8)
    return map_bits(bits.ravel(), order), bits


def test_points_are_those_of_the_standard():
    # TS 38.211, 5.1.2, 5.1.4, 5.1.5 and 5.1.6 at bits 1, 1011, 101101 and 10110111
    assert map_bits(np.array([1], np.uint8), 1) == pytest.approx((-1 - 1j) / np.sqrt(2))
    assert map_bits(np.array([1, 0, 1, 1], np.uint8), 4) == pytest.approx((-3 + 3j) / np.sqrt(10))
    bits = np.array([1, 0, 1, 1, 0, 1], np.uint8)
    assert map_bits(bits, 6) == pytest.approx((-5 + 7j) / np.sqrt(42))
    bits = np.array([1, 0, 1, 1, 0, 1, 1, 1], np.uint8)
    assert map_bits(bits, 8) == pytest.approx((-9 + 15j) / np.sqrt(170))


@pytest.mark.parametrize("order", BITS_PER_SYMBOL)
def test_points_have_unit_power_and_neighbours_differ_in_one_bit(order):
    points, bits = all_points(order)
    assert np.mean(np.abs(points) ** 2) == pytest.approx(1, abs=1e-6)
    apart = np.abs(points[:, None] - points) + 10 * np.eye(len(points))
    near = np.argwhere(apart < apart.min() * 1.01)
    assert all((bits[a] != bits[b]).sum() == 1 for a, b in near)


@pytest.mark.parametrize("order", BITS_PER_SYMBOL[1:])
@pytest.mark.parametrize("noise_var", [0.5, 0.02])
def test_points_and_soft_bits_are_sionnas(rng, order, noise_var):
    torch = pytest.importorskip("torch")
    from sionna.phy.mapping import Constellation, Demapper, Mapper

    bits = rng.integers(0, 2, 400 * order, dtype=np.uint8)
    points = map_bits(bits, order)
    where = {"precision": "single", "device": "cpu"}
    plan = Constellation("qam", order, **where)
    as_tensor = torch.from_numpy(bits[None].astype(np.float32))
    assert np.allclose(Mapper(constellation=plan, **where)(as_tensor)[0].numpy(), points, atol=1e-6)
    noise = rng.normal(scale=np.sqrt(noise_var / 2), size=(len(points), 2)) @ [1, 1j]
    heard = (points + noise).astype(np.complex64)
    demapper = Demapper("app", constellation=plan, **where)
    sionnas = demapper(torch.from_numpy(heard[None]), torch.tensor(noise_var))[0].numpy()
    ours = soft_bits(heard, np.full(len(heard), noise_var, np.float32), order)
    assert np.allclose(ours, -sionnas, atol=1e-3, rtol=1e-4)


def test_bpsk_errs_as_theory_has_it(rng):
    bits, noise_var = rng.integers(0, 2, 200_000, dtype=np.uint8), 0.4
    noise = rng.normal(scale=np.sqrt(noise_var / 2), size=(len(bits), 2)) @ [1, 1j]
    llr = soft_bits((map_bits(bits, 1) + noise).astype(np.complex64), np.full(len(bits), 0.4), 1)
    wrong = np.mean((llr < 0) != bits)
    assert wrong == pytest.approx(erfc(np.sqrt(1 / noise_var)) / 2, rel=0.05)
    # and soft bits say how often: of bits with |L| near l, 1 / (1 + exp l) are wrong
    unsure = np.abs(np.abs(llr) - 2) < 0.2
    assert np.mean(((llr < 0) != bits)[unsure]) == pytest.approx(1 / (1 + np.exp(2)), rel=0.1)


@pytest.mark.parametrize("order", BITS_PER_SYMBOL)
def test_what_is_erased_or_no_number_says_nothing(order):
    points = all_points(order)[0][:2].repeat(3)[:6]
    points = np.concatenate([points, np.array([np.nan, 1j * np.inf], np.complex64)])
    noise_var = np.array([np.inf, np.nan, -1.0, 0.0, 1e-30, 0.1, 0.1, 0.1], np.float32)
    llr = soft_bits(points, noise_var, order).reshape(8, order)
    assert not llr[[0, 1, 2, 6, 7]].any()
    assert np.isfinite(llr).all()
    assert (np.abs(llr[3:5]) > 100).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="bits_per_symbol is 3; choose one of: 1, 2, 4, 6, 8"):
        map_bits(np.zeros(6, np.uint8), 3)
    with pytest.raises(ShapeError, match=r"bits is \(7,\).*pad to whole symbols"):
        map_bits(np.zeros(7, np.uint8), 2)
    with pytest.raises(ShapeError, match=r"noise_var \(2,\)"):
        soft_bits(np.zeros(3, np.complex64), np.zeros(2, np.float32), 2)
    assert soft_bits(np.zeros(0, np.complex64), np.zeros(0, np.float32), 4).shape == (0,)
