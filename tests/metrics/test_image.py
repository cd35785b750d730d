# SPDX-License-Identifier: MIT
"""Image metrics: exact where theory is, of one size only, None where undefined."""

import math

import numpy as np
import pytest

from gsc_sdr.errors import ShapeError
from gsc_sdr.metrics.image import ms_ssim, psnr_db


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


@pytest.mark.parametrize("measure", [psnr_db, ms_ssim])
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
