# SPDX-License-Identifier: MIT
"""Small pictures, and whole folders of weights with random numbers in them."""

import numpy as np
import pytest


@pytest.fixture
def image(rng):
    """Return a picture [96, 80, 3] with structure at two scales."""
    coarse = rng.integers(40, 216, (6, 5, 3))
    return (np.kron(coarse, np.ones((16, 16, 1))) + rng.normal(0, 8, (96, 80, 3))).astype(np.uint8)


@pytest.fixture
def noisy(rng):
    """Return a function that adds noise of a deviation to a picture."""

    def add(image, deviation):
        loud = image + rng.normal(0, deviation, image.shape)
        return np.clip(np.round(loud), 0, 255).astype(np.uint8)

    return add


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Return a folder with LPIPS and MobileNet: whole files of random numbers."""
    import torch
    from safetensors.torch import save_file

    from gsc_sdr.metrics.lpips import LPIPS_FILE, Lpips
    from gsc_sdr.metrics.mobilenet import MOBILENET_FILE, MobileNet

    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        lpips, mobilenet = Lpips(), MobileNet()
        for head in lpips.heads:
            head.data.uniform_(0, 1)
        for name, value in mobilenet.state_dict().items():
            if name.endswith("_bn.bias"):
                value.uniform_(0, 1)  # else half of the features of a random network die
    save_file(lpips.state_dict(), folder / LPIPS_FILE)
    save_file(mobilenet.state_dict(), folder / MOBILENET_FILE)
    return folder


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Return a folder with a tiny CLIP of random numbers."""
    transformers = pytest.importorskip("transformers")
    import torch

    folder = tmp_path_factory.mktemp("clip")
    width = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    width |= {"num_attention_heads": 2}
    config = transformers.CLIPConfig(
        vision_config=width | {"image_size": 32, "patch_size": 8},
        text_config=width | {"vocab_size": 64, "max_position_embeddings": 8},
        projection_dim=16,
    )
    size = {"height": 32, "width": 32}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=size).save_pretrained(
        folder
    )
    return folder


@pytest.fixture(scope="session")
def dino(tmp_path_factory):
    """Return a folder with a tiny DINOv2 of random numbers."""
    transformers = pytest.importorskip("transformers")
    import torch

    folder = tmp_path_factory.mktemp("dino")
    config = transformers.Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    size = {"height": 28, "width": 28}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.Dinov2Model(config).save_pretrained(folder)
    transformers.BitImageProcessorPil(size={"shortest_edge": 28}, crop_size=size).save_pretrained(
        folder
    )
    return folder
