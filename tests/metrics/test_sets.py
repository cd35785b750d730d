# SPDX-License-Identifier: MIT
"""FID and KID: the formulas exactly, small sets with a warning, absent ones with the mend."""

import numpy as np
import pytest
import torch

from gsc_sdr.errors import ConfigError
from gsc_sdr.metrics.sets import SET_MEASURES, frechet, kernel, set_distances

pytestmark = pytest.mark.learn


def features(rng, n=30, n_features=12, shift=0.0):
    return rng.random((n, n_features)) ** 2 + shift


def test_frechet_is_the_formula_by_singular_values(rng):
    a, b = features(rng, 30), features(rng, 40, shift=0.2)
    mean = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    left, right = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (a, b))
    cross = np.linalg.svd(left @ right.T, compute_uv=False).sum()
    expected = mean + np.square(left).sum() + np.square(right).sum() - 2 * cross
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet(b, a) == pytest.approx(expected, rel=1e-6)


def test_frechet_of_a_shift_is_its_square(rng):
    a = features(rng)
    assert frechet(a, a + 0.5) == pytest.approx(12 * 0.25, rel=1e-6)
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)


def test_kernel_is_the_unbiased_formula(rng):
    a, b = features(rng), features(rng, shift=0.2)

    def cube(x, y):
        return (x @ y.T / x.shape[1] + 1) ** 3

    def within(x):
        return (cube(x, x).sum() - np.trace(cube(x, x))) / (len(x) * (len(x) - 1))

    expected = within(a) + within(b) - 2 * cube(a, b).mean()
    assert kernel(a, b) == pytest.approx(expected, rel=1e-6)


def test_kernel_of_like_sets_scatters_around_nothing(rng):
    values = [kernel(features(rng), features(rng)) for _ in range(100)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))
    assert min(values) < 0


def test_subsets_are_the_same_ones_every_time_and_leave_the_generator_alone(rng):
    a, b = features(rng, 30), features(rng, 40)
    torch.manual_seed(7)
    before = torch.get_rng_state()
    assert kernel(a, b) == kernel(a, b)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shapes", [((1, 3), (4, 3)), ((4, 3), (4, 2)), ((4,), (4, 3))])
@pytest.mark.parametrize("measure", [frechet, kernel])
def test_features_that_do_not_fit_are_refused(measure, shapes):
    with pytest.raises(ConfigError, match="n of 2 at least"):
        measure(*(np.ones(shape) for shape in shapes))


def test_features_that_are_not_finite_are_refused():
    with pytest.raises(ConfigError, match="not finite"):
        kernel(np.full((4, 3), np.nan), np.ones((4, 3)))


def test_sets_are_measured_over_what_is_there_and_say_how_far_to_trust_it(weights, image, noisy):
    clean = [image, image[::-1], image[:, ::-1]]
    found = set_distances([noisy(one, 60) for one in clean], clean, weights)
    assert tuple(found.values) == tuple(SET_MEASURES)
    assert set(found.absent) == {"fid", "kid"}
    assert found.values["fid"] is None
    assert found.values["fid_mobilenet"] > 0
    assert found.values["kid_mobilenet"] is not None
    assert any("3 and 3 pictures is biased" in note for note in found.notes)
    assert any("KID is one estimate over 3 pictures" in note for note in found.notes)


@pytest.mark.parametrize("cut", [lambda images: images[:1], lambda images: [images[0][:20]] * 2])
def test_sets_too_small_for_anything_are_absent(weights, image, cut):
    found = set_distances(cut([image, image]), [image, image], weights)
    assert set(found.absent) == set(SET_MEASURES)
    assert set(found.values.values()) == {None}
    assert found.notes == []


def test_without_weights_the_mend_is_named(image):
    found = set_distances([image, image], [image, image], None)
    assert all("give --weights" in why for why in found.absent.values())
    assert set(found.absent) == set(SET_MEASURES)
