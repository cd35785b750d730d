# SPDX-License-Identifier: MIT
"""MobileNet: the published layers with TensorFlow's padding; it tells what pictures show."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional

from gsc_sdr.errors import MissingError, ModelError, ShapeError
from gsc_sdr.metrics.mobilenet import (
    MOBILENET_FILE,
    MobileNet,
    convert_mobilenet,
    deep_distance,
)

pytestmark = pytest.mark.learn


def pictures(n=2, height=64, width=64):
    seeded = torch.Generator().manual_seed(1)
    return torch.rand(n, 3, height, width, generator=seeded) * 2 - 1


def layer(x, weights, name, stride=1):
    """Return one layer of the published network, written down a second time."""
    kernel = weights[f"{name}.weight"].float()
    if kernel.shape[-1] == 3:
        before = 0 if stride == 2 else 1
        x = functional.pad(x, (before, 1, before, 1))
    x = functional.conv2d(
        x,
        kernel,
        stride=stride,
        groups=kernel.shape[0] // kernel.shape[1] or 1 if kernel.shape[1] == 1 else 1,
    )
    scale, bias, mean, var = (
        weights[f"{name}_bn.{part}"][:, None, None]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return ((x - mean) / torch.sqrt(var + 1e-3) * scale + bias).clamp(0, 6)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (47, 70)])
def test_features_are_those_of_the_layers_written_down(weights, height, width):
    numbers = load_file(weights / MOBILENET_FILE)
    x = layer(pictures(1, height, width), numbers, "conv1", 2)
    for index in range(1, 13):
        x = layer(x, numbers, f"conv_dw_{index}", 2 if index in (2, 4, 6, 12) else 1)
        x = layer(x, numbers, f"conv_pw_{index}")
    features = MobileNet.load(weights)(pictures(1, height, width))
    assert features.shape == (1, MobileNet.n_features)
    assert torch.allclose(features, x.mean(dim=(2, 3)), atol=1e-5)


def test_maps_halve_from_one_to_the_next(weights):
    maps = MobileNet.load(weights).maps(pictures())
    assert [tuple(one.shape[1:]) for one in maps] == [
        (64, 32, 32),
        (128, 16, 16),
        (256, 8, 8),
        (512, 4, 4),
        (1024, 2, 2),
    ]


def test_distance_is_nothing_between_equals_and_grows_with_noise(weights):
    network, clean = MobileNet.load(weights), pictures()
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    none, near, far = (
        deep_distance(network.maps(clean), network.maps(clean + level * noise))
        for level in (0, 0.05, 0.5)
    )
    assert none.tolist() == [0, 0]
    assert (near > 0).all()
    assert (near < far).all()
    assert (far <= 2).all()


def test_distance_is_the_formula():
    a, b = torch.zeros(1, 2, 1, 2), torch.zeros(1, 2, 1, 2)
    a[0, 0], b[0, 0, 0, 0], b[0, 1, 0, 1] = 3.0, 5.0, 5.0  # alike at one place, apart at another
    assert deep_distance([a], [b]).item() == pytest.approx(1.0)
    assert deep_distance([a, a], [b, a]).item() == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(1, 3, 31, 64), (3, 64, 64)])
def test_pictures_of_a_wrong_size_are_named(weights, shape):
    with pytest.raises(ShapeError, match="32 pixels"):
        MobileNet.load(weights)(torch.zeros(shape))


def test_maps_of_unlike_pictures_are_refused(weights):
    network = MobileNet.load(weights)
    with pytest.raises(ShapeError, match="of one size"):
        deep_distance(network.maps(pictures()), network.maps(pictures(2, 96)))


def test_the_published_file_is_read_as_it_is_and_converted(weights, tmp_path):
    numbers = load_file(weights / MOBILENET_FILE)
    halved = {k: v.half() if v.ndim == 4 else v for k, v in numbers.items() if v.ndim}
    source = tmp_path / "mobilenet_v1_100_224_any.safetensors"
    save_file(halved | {"conv_dw_13.weight": torch.zeros(3)}, source)
    expected = MobileNet.load(tmp_path)(pictures())
    made = convert_mobilenet(source, tmp_path / "made")
    assert "conv_dw_13.weight" not in load_file(made)
    assert torch.equal(MobileNet.load(made.parent)(pictures()), expected)


def test_missing_and_foreign_weights_are_named(tmp_path):
    with pytest.raises(MissingError, match="gsc-sdr weights mobilenet"):
        MobileNet.load(tmp_path)
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / MOBILENET_FILE)
    with pytest.raises(ModelError, match=r"does not hold MobileNet v1 1\.0"):
        MobileNet.load(tmp_path)
    (tmp_path / MOBILENET_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="no file of weights"):
        MobileNet.load(tmp_path)


@pytest.mark.slow
def test_published_features_tell_classes_apart(shared_data):
    """60 classes of Caltech-101, 10 pictures a centroid: 73 % are nearest to their own."""
    network = MobileNet.load(shared_data / "weights")
    classes = defaultdict(list)
    for path in sorted((shared_data / "train" / "caltech101").glob("*.webp")):
        classes[path.stem.rpartition("_")[0]].append(path)
    classes = [paths for paths in classes.values() if len(paths) >= 15][:60]

    def features(path):
        scaled = Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
        pixels = torch.from_numpy(np.array(scaled)).movedim(-1, 0)[None].float()
        with torch.inference_mode():
            return functional.normalize(network(pixels / 127.5 - 1))[0]

    centroids = torch.stack([sum(features(p) for p in paths[:10]) for paths in classes])
    right = [
        int((functional.normalize(centroids) @ features(path)).argmax()) == index
        for index, paths in enumerate(classes)
        for path in paths[10:15]
    ]
    assert np.mean(right) > 0.65
