# SPDX-License-Identifier: MIT
"""Inception: absent with the mend; its pickle becomes safetensors, other pickles do not."""

import pickle
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from gsc_sdr.errors import MissingError, ModelError
from gsc_sdr.metrics.inception import INCEPTION_FILE, convert_inception, inception_features

pytestmark = pytest.mark.learn
INSTALLED = find_spec("torch_fidelity") is not None


def test_what_is_not_there_is_named(tmp_path):
    mend = "gsc-sdr weights inception" if INSTALLED else "pip install torch-fidelity"
    with pytest.raises(MissingError, match=mend):
        inception_features(tmp_path)


def test_published_weights_become_safetensors(tmp_path):
    weights = {"Conv2d_1a_3x3.conv.weight": torch.rand(4, 3, 3, 3).transpose(2, 3)}
    torch.save(weights, tmp_path / "published.pth")
    made = convert_inception(tmp_path / "published.pth", tmp_path / "made")
    assert made.name == INCEPTION_FILE
    assert torch.equal(load_file(made)["Conv2d_1a_3x3.conv.weight"], *weights.values())


class Opens:
    """Makes a folder when it is unpickled without care."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return type(self.folder).mkdir, (self.folder,)


@pytest.mark.parametrize("kind", ["nonsense", "list", "program"])
def test_other_files_are_refused_and_nothing_in_them_runs(kind, tmp_path):
    path, trap = tmp_path / "other.pth", tmp_path / "trap"
    if kind == "nonsense":
        path.write_bytes(b"not a file of weights")
    elif kind == "list":
        torch.save([torch.zeros(1)], path)
    else:
        path.write_bytes(pickle.dumps(Opens(trap), protocol=2))
    with pytest.raises(ModelError, match="does not hold Inception"):
        convert_inception(path, tmp_path)
    assert not trap.exists()


@pytest.mark.skipif(not INSTALLED, reason="needs torch-fidelity, which needs torchvision")
def test_a_foreign_file_is_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    convert_inception(tmp_path / "a.pth", tmp_path)
    with pytest.raises(ModelError, match="does not hold Inception"):
        inception_features(tmp_path)(np.zeros((64, 64, 3), np.uint8))
