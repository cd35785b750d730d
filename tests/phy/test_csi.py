# SPDX-License-Identifier: MIT
"""Channel state: exact without noise, unbiased with it, better than least squares."""

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.phy.csi import estimate_gain
from gsc_sdr.phy.ofdm import OfdmConfig
from gsc_sdr.phy.preamble import training

CONFIG = OfdmConfig()
PATHS = {"one": {4.0: 1}, "between": {4.5: 1}, "few": {4.0: 0.8, 5.3: 0.6j}, "far": {1: 1, 13: 0.7}}


def gain_of(paths):
    """Return the gain [n_active] of paths (delay: amplitude), of unit mean power."""
    carriers = np.array(CONFIG.active_carriers)
    gain = sum(a * np.exp(-2j * np.pi * carriers * d / 64) for d, a in paths.items())
    return gain / np.sqrt((np.abs(gain) ** 2).mean())


def received(rng, gain, snr_db, n=300):
    sent = training(CONFIG).sent
    noise = rng.normal(size=(n, *sent.shape, 2)) @ [1, 1j] / np.sqrt(2)
    return gain * sent + noise * 10 ** (-snr_db / 20), sent[None]


@pytest.mark.parametrize("paths", PATHS.values(), ids=PATHS)
def test_gain_is_exact_without_noise(rng, paths):
    gain = gain_of(paths)
    found = estimate_gain(*received(rng, gain, np.inf, 2), CONFIG)
    assert np.allclose(found.gain, gain, atol=1e-4)
    assert np.allclose(found.noise_var, 0, atol=1e-12)
    assert found.csi()[0].snr_db > 100


@pytest.mark.parametrize("paths", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("snr_db", [-3, 5, 20])
def test_noise_and_snr_are_unbiased(rng, paths, snr_db):
    found = estimate_gain(*received(rng, gain_of(paths), snr_db), CONFIG)
    assert found.noise_var.mean() == pytest.approx(10 ** (-snr_db / 10), rel=0.03)
    assert found.power.mean() == pytest.approx(1, rel=0.03)


@pytest.mark.parametrize(("name", "share"), [("one", 0.25), ("between", 0.25), ("far", 0.5)])
def test_smoothing_takes_away_what_no_channel_can_do(rng, name, share):
    gain = gain_of(PATHS[name])
    copies, sent = received(rng, gain, 5)
    found = estimate_gain(copies, sent, CONFIG)
    energy = (np.abs(sent[0]) ** 2).sum(axis=0)
    plain = (copies * sent.conj()).sum(axis=1) / energy
    error = (np.abs(found.gain - gain) ** 2).mean()
    assert error < share * (np.abs(plain - gain) ** 2).mean()
    assert error == pytest.approx(found.error.mean(), rel=0.8)


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e-9, 1e9])
def test_snr_is_finite_at_the_edges(scale):
    sent = training(CONFIG).sent
    found = estimate_gain(scale * sent[None], sent[None], CONFIG)
    assert np.isfinite(found.gain).all()
    assert np.isfinite(found.csi()[0].snr_db)


def test_no_frames_are_no_trouble():
    sent = training(CONFIG).sent
    found = estimate_gain(np.zeros((0, *sent.shape), complex), np.zeros((0, *sent.shape)), CONFIG)
    assert found.gain.shape == (0, 52)


@pytest.mark.parametrize("shape", [(6, 52), (1, 1, 52), (1, 6, 51)])
def test_wrong_shape_names_both_shapes_and_the_mend(shape):
    sent = training(CONFIG).sent
    with pytest.raises(ShapeError, match="at least two known symbols") as caught:
        estimate_gain(np.ones(shape, complex), sent[None], CONFIG)
    assert str(shape) in str(caught.value)
