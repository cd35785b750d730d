# SPDX-License-Identifier: MIT
"""Random walks: followed as exactly as theory allows, and told apart by their pace."""

import numpy as np
import pytest

from gsc_sdr.phy.walk import PACES, Seen, add_surprise, retrace

TIMES = 1.25 * np.arange(1, 41)


def walk(rng, pace, noise):
    """Return a walk from 1 that began at time 0, and what was seen of it."""
    draw = rng.normal(size=(2, len(TIMES), 2)) @ [1, 1j] / np.sqrt(2)
    path = 1 + np.cumsum(draw[0] * np.sqrt(1.25 * pace))
    variance = np.full(len(TIMES), noise)
    return path, Seen(path + draw[1] * np.sqrt(noise), variance, TIMES, 1 + 0j, 0.0, 0.0)


def retraced(seen, pace):
    path, error = np.empty(len(TIMES), complex), np.empty(len(TIMES))
    retrace(seen, pace, path, error)
    return path, error


@pytest.mark.parametrize(("pace", "noise"), [(0.01, 0.1), (0.1, 0.01), (0.0, 1.0)])
def test_the_error_is_the_one_it_claims(rng, pace, noise):
    runs = []
    for _ in range(500):
        truth, seen = walk(rng, pace, noise)
        runs.append((truth, *retraced(seen, pace)))
    missed = np.mean([np.abs(path - truth) ** 2 for truth, path, _ in runs], axis=0)
    assert missed.mean() == pytest.approx(runs[0][2].mean(), rel=0.1, abs=1e-12)


def test_the_smoother_is_the_solution_of_the_normal_equations(rng):
    _, seen = walk(rng, 0.02, 0.3)
    covariance = 0.02 * np.minimum.outer(TIMES, TIMES)
    exact = 1 + covariance @ np.linalg.solve(covariance + 0.3 * np.eye(40), seen.values - 1)
    assert np.allclose(retraced(seen, 0.02)[0], exact)


def test_surprise_is_the_negative_log_likelihood(rng):
    _, seen = walk(rng, 0.02, 0.3)
    surprise = np.zeros(len(PACES))
    add_surprise(seen, 2.0, surprise)
    for pace, found in zip(PACES, surprise, strict=True):
        covariance = 2.0 * pace * np.minimum.outer(TIMES, TIMES) + 0.3 * np.eye(40)
        missed = seen.values - 1
        exact = (missed.conj() @ np.linalg.solve(covariance, missed)).real
        exact += np.linalg.slogdet(covariance)[1] - 40 * np.log(0.3)
        assert found == pytest.approx(exact)


@pytest.mark.parametrize("which", [0, 5, 9, 12])
def test_the_true_pace_surprises_least(rng, which):
    surprise = np.zeros(len(PACES))
    for _ in range(200):
        add_surprise(walk(rng, PACES[which], 1e-3)[1], 1.0, surprise)
    assert abs(int(surprise.argmin()) - which) <= (1 if which else 0)
