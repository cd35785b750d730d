# SPDX-License-Identifier: MIT
"""LPIPS: nothing between equals, more with more noise, plain when it cannot run."""

import pytest
import torch
from safetensors.torch import save_file

from gsc_sdr.errors import MissingError, ModelError, ShapeError
from gsc_sdr.metrics.lpips import LPIPS_FILE, Lpips, convert_lpips

pytestmark = pytest.mark.learn


@pytest.fixture
def weights(tmp_path):
    """Return a folder of random but whole weights."""
    torch.manual_seed(0)
    model = Lpips()
    for head in model.heads:
        head.data.uniform_(0, 1)
    save_file(model.state_dict(), tmp_path / LPIPS_FILE)
    return tmp_path


def pictures(n=2, side=64):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_equal_pictures_are_at_no_distance(weights):
    metric = Lpips.load(weights)
    assert metric(pictures(), pictures()).tolist() == [0.0, 0.0]


def test_distance_grows_with_noise_and_has_no_direction(weights):
    metric, clean = Lpips.load(weights), pictures()
    noise = torch.randn_like(clean)
    near, far = (metric(clean, clean + level * noise) for level in (0.05, 0.5))
    assert (near > 0).all()
    assert (near < far).all()
    assert torch.allclose(far, metric(clean + 0.5 * noise, clean), rtol=1e-5)


def test_it_steers_training_but_is_not_trained(weights):
    metric, shown = Lpips.load(weights), pictures().requires_grad_()
    metric(shown, pictures() * 0.5).sum().backward()
    assert shown.grad.abs().sum() > 0
    assert all(p.grad is None for p in metric.parameters())


@pytest.mark.parametrize("shape", [(2, 3, 64, 32), (3, 64, 64), (2, 3, 16, 16)])
def test_pictures_of_a_wrong_size_are_named(shape, weights):
    other = torch.zeros(2, 3, *shape[-2:]) if shape[-1] == 16 else torch.zeros(2, 3, 64, 64)
    with pytest.raises(ShapeError, match="32 pixels"):
        Lpips.load(weights)(torch.zeros(shape), other)


def test_missing_and_foreign_weights_are_named(tmp_path):
    with pytest.raises(MissingError, match="gsc-sdr weights lpips"):
        Lpips.load(tmp_path)
    save_file({"a": torch.zeros(1)}, tmp_path / LPIPS_FILE)
    with pytest.raises(ModelError, match="does not hold LPIPS"):
        Lpips.load(tmp_path)
    (tmp_path / LPIPS_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="does not hold LPIPS"):
        Lpips.load(tmp_path)


def test_published_files_become_one(tmp_path):
    model = Lpips()
    trunk = {k: v.half() for k, v in model.state_dict().items() if k.startswith("features")}
    save_file(trunk | {"classifier.1.bias": torch.zeros(3)}, tmp_path / "trunk.safetensors")
    heads = {
        f"lin{i}.model.1.weight": torch.rand(1, len(h), 1, 1) for i, h in enumerate(model.heads)
    }
    torch.save(heads, tmp_path / "heads.pth")
    convert_lpips(tmp_path / "trunk.safetensors", tmp_path / "heads.pth", tmp_path / "made")
    loaded = Lpips.load(tmp_path / "made")
    assert torch.equal(loaded.heads[3], heads["lin3.model.1.weight"].flatten())


def test_files_of_another_kind_are_refused(tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "trunk.safetensors")
    (tmp_path / "heads.pth").write_bytes(b"not a file of weights")
    with pytest.raises(ModelError, match="are not SqueezeNet"):
        convert_lpips(tmp_path / "trunk.safetensors", tmp_path / "heads.pth", tmp_path)
