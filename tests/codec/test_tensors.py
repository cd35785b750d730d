# SPDX-License-Identifier: MIT
"""Images to tensors and back: every pixel as it was, padded to whole cells."""

import numpy as np
import pytest
import torch

from gsc_sdr.codec.tensors import to_image, to_tensor, torch_device
from gsc_sdr.errors import ConfigError, ShapeError

pytestmark = pytest.mark.learn


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (17, 40)])
def test_pixels_come_back_as_they_were(rng, size):
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    tensor = to_tensor(image)
    assert [length % 16 for length in tensor.shape[2:]] == [0, 0]
    assert (to_image(tensor, size[1], size[0]) == image).all()


def test_padding_repeats_the_edge():
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 1] = 255
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 16, 16)
    assert (tensor[..., 1:] == 1).all()
    assert (tensor[..., 0] == -1).all()


def test_what_is_out_of_range_is_clipped():
    picture = torch.tensor([-7.0, 0.0, 7.0]).reshape(1, 3, 1, 1)
    assert to_image(picture, 1, 1).ravel().tolist() == [0, 128, 255]


@pytest.mark.parametrize("shape", [(16, 16), (0, 16, 3), (16, 16, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ShapeError, match="height, width, 3"):
        to_tensor(np.zeros(shape, np.uint8))


def test_devices_have_names():
    assert torch_device("cpu").type == "cpu"
    assert torch_device("auto").type in ("cpu", "cuda")
    with pytest.raises(ConfigError, match="auto, cpu or cuda"):
        torch_device("tpu")
