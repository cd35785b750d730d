# SPDX-License-Identifier: MIT
"""The Wiener filter: its error is what theory gives, the likeliest prior is taken."""

import numpy as np
import pytest

from gsc_sdr.phy.prior import priors_of, smooth

COVARIANCE = 0.8 ** np.abs(np.subtract.outer(np.arange(20), np.arange(20))) + 0j


def seen_in_noise(rng, scale, noise, n=4000):
    """Return truth and observations [n, 20] of a process of known covariance."""
    draw = rng.normal(size=(2, n, 20, 2)) @ [1, 1j] / np.sqrt(2)
    truth = np.sqrt(scale) * draw[0] @ np.linalg.cholesky(COVARIANCE).T
    return truth, truth + np.sqrt(noise) * draw[1]


def smoothed(seen, scale, noise, priors):
    """Return estimates [n, 20], their errors [n] and which prior was taken [n]."""
    means, errors, chosen = [], [], []
    for row in seen:
        mean = np.empty((2, len(row)))
        error, prior = smooth(np.stack([row.real, row.imag]), scale, noise, priors, mean)
        means.append(mean[0] + 1j * mean[1])
        errors.append(error)
        chosen.append(prior)
    return np.array(means), np.array(errors), np.array(chosen)


def test_nothing_is_lost_without_noise(rng):
    truth, _ = seen_in_noise(rng, 1.0, 0.0, 5)
    mean, error, _ = smoothed(truth, 1.0, 0.0, priors_of([COVARIANCE]))
    assert np.allclose(mean, truth)
    assert np.allclose(error, 0)


@pytest.mark.parametrize(("scale", "noise"), [(1.0, 1.0), (4.0, 0.1), (0.1, 3.0)])
def test_the_error_is_the_one_it_claims(rng, scale, noise):
    truth, seen = seen_in_noise(rng, scale, noise)
    mean, error, _ = smoothed(seen, scale, noise, priors_of([COVARIANCE]))
    assert (np.abs(mean - truth) ** 2).mean() == pytest.approx(error[0], rel=0.05)
    gain = scale * COVARIANCE @ np.linalg.inv(scale * COVARIANCE + noise * np.eye(20))
    assert error[0] == pytest.approx(noise * np.trace(gain).real / 20)


def test_weak_directions_may_be_taken_as_one(rng):
    basis = np.linalg.qr(rng.normal(size=(20, 20, 2)) @ [1, 1j])[0]
    power = np.where(np.arange(20) < 5, 3.0, 0.01)
    covariance = (basis * power) @ basis.conj().T
    seen = rng.normal(size=(20, 20, 2)) @ [1, 1j]
    whole, short = priors_of([covariance]), priors_of([covariance], floor=0.02)
    assert len(short.power) == 5
    for exact, found in zip(
        smoothed(seen, 1.0, 0.5, whole), smoothed(seen, 1.0, 0.5, short), strict=True
    ):
        assert np.allclose(exact, found)


def test_the_likeliest_of_some_priors_is_taken(rng):
    _, seen = seen_in_noise(rng, 0.5, 1.0, 2000)
    scales = [0.05, 0.5, 5.0]
    chosen = smoothed(seen, 1.0, 1.0, priors_of([scale * COVARIANCE for scale in scales]))[2]
    assert np.bincount(chosen).argmax() == 1
