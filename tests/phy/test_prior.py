# SPDX-License-Identifier: MIT
"""The Wiener filter: its error is what theory gives, its evidence finds the scale."""

import numpy as np
import pytest

from gsc_sdr.phy.prior import Prior

COVARIANCE = 0.8 ** np.abs(np.subtract.outer(np.arange(20), np.arange(20))) + 0j


def seen_in_noise(rng, scale, noise, n=4000):
    """Return truth and observations [n, 20] of a process of known covariance."""
    draw = rng.normal(size=(2, n, 20, 2)) @ [1, 1j] / np.sqrt(2)
    truth = np.sqrt(scale) * draw[0] @ np.linalg.cholesky(COVARIANCE).T
    return truth, truth + np.sqrt(noise) * draw[1]


def test_nothing_is_lost_without_noise(rng):
    truth, _ = seen_in_noise(rng, 1.0, 0.0, 5)
    mean, error = Prior.from_covariance(COVARIANCE).smooth(truth, np.ones(5), np.zeros(5))
    assert np.allclose(mean, truth)
    assert np.allclose(error, 0)


@pytest.mark.parametrize(("scale", "noise"), [(1.0, 1.0), (4.0, 0.1), (0.1, 3.0)])
def test_the_error_is_the_one_it_claims(rng, scale, noise):
    truth, seen = seen_in_noise(rng, scale, noise)
    ones = np.ones(len(seen))
    mean, error = Prior.from_covariance(COVARIANCE).smooth(seen, scale * ones, noise * ones)
    assert (np.abs(mean - truth) ** 2).mean() == pytest.approx(error[0], rel=0.05)
    gain = scale * COVARIANCE @ np.linalg.inv(scale * COVARIANCE + noise * np.eye(20))
    assert error[0] == pytest.approx(noise * np.trace(gain).real / 20)


def test_evidence_is_highest_at_the_truth(rng):
    _, seen = seen_in_noise(rng, 0.5, 1.0)
    ones, prior = np.ones(len(seen)), Prior.from_covariance(COVARIANCE)
    scales = [0.0, 0.05, 0.5, 5.0]
    evidence = [prior.evidence(seen, scale * ones, ones).mean() for scale in scales]
    assert scales[int(np.argmax(evidence))] == 0.5
