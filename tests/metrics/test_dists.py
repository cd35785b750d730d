# SPDX-License-Identifier: MIT
"""DISTS: torchmetrics' formula on VGG-16 as it is published, without torchvision."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from gsc_sdr.errors import MissingError, ModelError, ShapeError
from gsc_sdr.metrics.dists import VGG_FILE, Dists

pytestmark = pytest.mark.learn
PLAN = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M")


def vgg16_features():
    """Return the convolutions of VGG-16 in torchvision's numbering."""
    layers, n_in = [], 3
    for width in PLAN:
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(n_in, width, 3, padding=1), nn.ReLU()]
            n_in = width
    return nn.Sequential(*layers)


@pytest.fixture(scope="module")
def trunk():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return vgg16_features()


@pytest.fixture(scope="module")
def metric(trunk, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / VGG_FILE
    path.parent.mkdir()
    numbers = {f"features.{name}": value for name, value in trunk.state_dict().items()}
    save_file(numbers | {"pre_logits.fc1.bias": torch.zeros(3)}, path)
    return Dists.load(path)


def pictures(side=48):
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_the_first_stages_are_those_of_the_published_network(metric, trunk):
    x = pictures()
    expected = trunk[:4]((x - metric.mean) / metric.std)
    assert torch.allclose(metric.forward_once(x)[1], expected, atol=1e-6)
    assert [one.shape[1] for one in metric.forward_once(x)] == [3, 64, 128, 256, 512, 512]
    assert [one.shape[2] for one in metric.forward_once(x)] == [48, 48, 24, 12, 6, 3]


def test_the_weights_of_the_formula_are_the_authors(metric):
    assert metric.alpha.max() > 0.02  # they are not all alike
    assert (metric.alpha.sum() + metric.beta.sum()).item() == pytest.approx(1.0, abs=0.01)


def test_equals_are_at_no_distance_and_noise_is_further(metric):
    clean = pictures()
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    none, near, far = (metric(clean, clean + level * noise) for level in (0, 0.05, 0.5))
    assert none.abs().max() < 1e-5
    assert (near > 1e-4).all()
    assert (far > near).all()


@pytest.mark.parametrize("side", [31, 64])
def test_pictures_of_a_wrong_size_are_named(metric, side):
    other = pictures(31) if side == 31 else pictures()
    with pytest.raises(ShapeError, match="32 pixels"):
        metric(pictures(side), other)


def test_missing_and_foreign_weights_are_named(tmp_path):
    path = tmp_path / VGG_FILE
    with pytest.raises(MissingError, match=r"hf download timm/vgg16\.tv_in1k"):
        Dists.load(path)
    path.parent.mkdir()
    save_file({"features.0.weight": torch.zeros(1, 2, 3, 3)}, path)
    with pytest.raises(ModelError, match="does not hold VGG-16"):
        Dists.load(path)
    path.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="does not hold VGG-16"):
        Dists.load(path)
