# SPDX-License-Identifier: MIT
"""OFDM: unitary, invertible, and configuration that is checked once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gsc_sdr.errors import ConfigError, ShapeError
from gsc_sdr.phy.ofdm import OfdmConfig, demodulate, modulate


def random_grid(rng, *shape):
    return rng.normal(size=(*shape, 2)) @ [1, 1j] / np.sqrt(2)


def test_the_default_frame_is_that_of_the_design():
    config = OfdmConfig()
    assert (config.n_data, config.n_active) == (48, 52)
    assert (config.preamble_length, config.symbol_length) == (480, 80)
    assert (config.frame_length, config.capacity) == (3040, 1152)


def test_columns_lead_back_to_the_carriers():
    config = OfdmConfig()
    active = np.array(config.active_carriers)
    assert active[config.data_columns].tolist() == list(config.data_carriers)
    assert active[config.pilot_columns].tolist() == list(config.pilot_carriers)
    assert (config.bins == active % 64).all()


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([(32, 4), (64, 16), (128, 9), (72, 36)]), st.integers(1, 5))
def test_demodulate_undoes_modulate(size, n_symbols):
    n_fft, n_cp = size
    data = tuple(c for c in range(1 - n_fft // 2, n_fft // 2) if c not in (-4, 0, 4))
    config = OfdmConfig(n_fft, n_cp, data, (-4, 4), n_header=6)
    grid = random_grid(np.random.default_rng(n_symbols), 3, n_symbols, n_fft)
    samples = modulate(grid, config)
    assert samples.shape == (3, n_symbols * (n_fft + n_cp))
    assert np.allclose(demodulate(samples, config), grid, atol=1e-5)


def test_power_of_carriers_is_power_of_samples(rng):
    config = OfdmConfig()
    grid = random_grid(rng, 400, 64)
    body = modulate(grid, config).reshape(400, 80)[:, 16:]
    assert (np.abs(body) ** 2).sum() == pytest.approx((np.abs(grid) ** 2).sum(), rel=1e-5)


def test_the_prefix_is_the_symbol_s_end(rng):
    rows = modulate(random_grid(rng, 4, 64), OfdmConfig()).reshape(4, 80)
    assert np.array_equal(rows[:, :16], rows[:, 64:])


def test_lists_from_a_file_become_tuples_and_the_hash_follows_every_field():
    config = OfdmConfig(pilot_carriers=[-21, -7, 7, 21])
    assert config == OfdmConfig()
    assert config.hash == OfdmConfig().hash
    others = [OfdmConfig(n_payload=n).hash for n in range(1, 9)]
    assert len({config.hash, *others}) > 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_fft": 60}, "n_fft is 60; choose a multiple of 8"),
        ({"n_fft": 8}, "n_fft is 8; choose a whole number from 16 to 4096"),
        ({"n_fft": 64.0}, "n_fft is 64.0"),
        ({"n_cp": 33}, "n_cp is 33; choose a whole number from 4 to 32"),
        ({"n_payload": True}, "n_payload is True"),
        ({"n_header": 2}, "n_header is 2: 192 bits; the header needs 288, so at least 3"),
        ({"pilot_carriers": (7,)}, "at least two"),
        ({"pilot_carriers": (1, 7)}, r"carriers \[1\] are data and pilot"),
        ({"pilot_carriers": (7, 32)}, "a carrier of pilot_carriers is 32"),
        ({"data_carriers": (0, 1, 2)}, "distinct and not 0"),
        ({"data_carriers": (1, 1, 2)}, "distinct and not 0"),
        (
            {"data_carriers": tuple(range(1, 32, 2)), "pilot_carriers": (-1, -3), "n_header": 20},
            "multiples of 4",
        ),
    ],
)
def test_a_bad_value_is_named_with_its_mend(change, message):
    with pytest.raises(ConfigError, match=message):
        OfdmConfig(**change)


def test_wrong_shapes_are_named():
    config = OfdmConfig()
    with pytest.raises(ShapeError, match=r"grid is \(2, 63\)"):
        modulate(np.zeros((2, 63), complex), config)
    with pytest.raises(ShapeError, match=r"samples is \(81,\)"):
        demodulate(np.zeros(81, complex), config)
