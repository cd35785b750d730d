# SPDX-License-Identifier: MIT
"""Image metrics: exact where theory is, of one size only, None where undefined."""

import math

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.metrics.image import ms_ssim, psnr_db, ssim


def picture(rng, height=176, width=192):
    """Return a picture [height, width, 3] with structure at several scales."""
    coarse = rng.integers(40, 216, (height // 16, width // 16, 3))
    return (np.kron(coarse, np.ones((16, 16, 1))) + rng.normal(0, 8, (height, width, 3))).astype(
        np.uint8
    )


@pytest.mark.parametrize("step", [1, 2, 16, 255])
def test_psnr_is_the_formula(step):
    black = np.zeros((5, 7, 3), np.uint8)
    expected = 20 * math.log10(255 / step)
    assert psnr_db(black, black + np.uint8(step)) == pytest.approx(expected, abs=1e-9)


def test_psnr_does_not_wrap_around():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert psnr_db(black, white) == psnr_db(white, black) == 0


def test_psnr_of_equal_pictures_is_infinite(rng):
    image = picture(rng)
    assert psnr_db(image, image) == math.inf


def test_psnr_of_rounded_noise_is_its_variance(rng):
    image = np.full((256, 256, 3), 128, np.uint8)
    noise = rng.normal(0, 10, image.shape)
    noisy = np.round(image + noise).astype(np.uint8)
    expected = 10 * math.log10(255**2 / (100 + 1 / 12))  # rounding adds 1/12
    assert psnr_db(noisy, image) == pytest.approx(expected, abs=0.05)


@pytest.mark.learn
def test_ssim_is_one_for_equal_pictures_and_falls_with_noise(rng):
    image = picture(rng)
    weak, strong = (
        np.clip(image + rng.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)
        for sigma in (5, 50)
    )
    assert ssim(image, image) == 1
    assert 0 < ssim(strong, image) < ssim(weak, image) < 1


@pytest.mark.learn
@pytest.mark.parametrize(("grey", "other"), [(100, 120), (0, 255), (7, 7)])
def test_ssim_of_flat_pictures_is_its_luminance_term(grey, other):
    a, b = (np.full((32, 40, 3), value, np.uint8) for value in (grey, other))
    c1 = (0.01 * 255) ** 2
    assert ssim(a, b) == pytest.approx(
        (2 * grey * other + c1) / (grey**2 + other**2 + c1), abs=3e-4
    )


@pytest.mark.learn
def test_ssim_is_the_formula_with_reflected_edges(rng):
    a, b = (rng.integers(0, 256, (12, 15, 3)).astype(np.uint8) for _ in range(2))
    along = np.exp(-0.5 * ((np.arange(11) - 5) / 1.5) ** 2)
    window = np.outer(along, along) / along.sum() ** 2

    def mean(x):
        wide = np.pad(x, ((5, 5), (5, 5), (0, 0)), mode="reflect")
        around = np.lib.stride_tricks.sliding_window_view(wide, (11, 11), (0, 1))
        return np.einsum("hwcij,ij->hwc", around, window)

    x, y = a.astype(float), b.astype(float)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    spread = mean(x * x) - mean(x) ** 2 + mean(y * y) - mean(y) ** 2
    likeness = (2 * mean(x) * mean(y) + c1) / (mean(x) ** 2 + mean(y) ** 2 + c1)
    likeness *= (2 * (mean(x * y) - mean(x) * mean(y)) + c2) / (spread + c2)
    assert ssim(a, b) == pytest.approx(likeness.mean(), abs=1e-4)


@pytest.mark.learn
def test_ssim_needs_one_window(rng):
    image = picture(rng)
    assert ssim(image[:10], image[:10]) is None
    assert 0.9 < ssim(image[:11, :11], image[:11, :11] ^ 1) < 1


@pytest.mark.learn
def test_ms_ssim_is_one_for_equal_pictures_and_falls_with_noise(rng):
    image = picture(rng)
    weak, strong = (
        np.clip(image + rng.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)
        for sigma in (5, 50)
    )
    assert ms_ssim(image, image) == pytest.approx(1, abs=1e-5)
    assert 0 < ms_ssim(strong, image) < ms_ssim(weak, image) < 1


@pytest.mark.learn
def test_ms_ssim_needs_five_scales(rng):
    image = picture(rng)
    assert ms_ssim(image[:175], image[:175]) is None
    assert ms_ssim(image[:176, :176], image[:176, :176]) is not None


@pytest.mark.parametrize("measure", [psnr_db, ssim, ms_ssim])
@pytest.mark.parametrize(
    "other",
    [
        np.zeros((4, 5, 3), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
    ],
    ids=["size", "grey", "float"],
)
def test_unlike_pictures_are_refused_with_both_shapes(measure, other):
    with pytest.raises(ShapeError, match="crop or convert") as caught:
        measure(np.zeros((4, 4, 3), np.uint8), other)
    assert str(other.shape) in str(caught.value)


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4), (4, 4, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ShapeError, match="uint8"):
        psnr_db(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
