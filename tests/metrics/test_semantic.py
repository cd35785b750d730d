# SPDX-License-Identifier: MIT
"""CLIP's and DINO's features: the model's own, whole or refused."""

import json
import shutil

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from gsc_sdr.errors import MissingError, ModelError
from gsc_sdr.metrics.semantic import clip_features, cosine, dino_features

pytestmark = pytest.mark.learn


def test_clip_is_the_models_projected_picture(clip, image):
    transformers = pytest.importorskip("transformers")
    processor = transformers.CLIPImageProcessorPil.from_pretrained(clip)
    model = transformers.CLIPModel.from_pretrained(clip)
    given = processor(images=image, return_tensors="pt")
    expected = model.get_image_features(**given).pooler_output[0].numpy(force=True)
    found = clip_features(clip)(image)
    assert found.shape == (16,)
    assert np.allclose(found, expected, atol=1e-6)


def test_dino_is_the_models_class_token(dino, image):
    transformers = pytest.importorskip("transformers")
    processor = transformers.BitImageProcessorPil.from_pretrained(dino)
    model = transformers.Dinov2Model.from_pretrained(dino)
    given = processor(images=image, return_tensors="pt")
    expected = model(**given).pooler_output[0].numpy(force=True)
    assert np.allclose(dino_features(str(dino))(image), expected, atol=1e-6)


def test_cosine_is_the_angle_and_needs_a_length():
    a, b = np.array([3.0, 0.0]), np.array([2.0, 2.0])
    assert cosine(a, b) == pytest.approx(np.sqrt(0.5))
    assert cosine(a, -a) == -1
    assert cosine(a, np.zeros(2)) == 0


@pytest.mark.parametrize("load", [clip_features, dino_features])
def test_what_is_not_there_is_named_with_what_it_takes(load, tmp_path):
    with pytest.raises(MissingError, match=r"preprocessor_config\.json"):
        load(tmp_path)


def test_a_model_without_some_weights_is_refused(clip, dino, tmp_path):
    """transformers would fill the gap with random numbers, and only log it."""
    for source, load in ((clip, clip_features), (dino, dino_features)):
        folder = tmp_path / source.name
        shutil.copytree(source, folder)
        numbers = load_file(folder / "model.safetensors")
        dropped = next(name for name in numbers if name.endswith("layernorm.weight"))
        del numbers[dropped]
        save_file(numbers, folder / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelError, match=r"lacks 1 weights .*layernorm\.weight"):
            load(folder)


def test_a_model_of_another_kind_is_refused(dino, tmp_path):
    with pytest.raises(ModelError, match="gives no image features"):
        clip_features(dino)
    shutil.copytree(dino, tmp_path / "dino")
    config = json.loads((dino / "config.json").read_text()) | {"model_type": "no_such_model"}
    (tmp_path / "dino" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="holds no model of transformers"):
        dino_features(tmp_path / "dino")


def test_damaged_weights_are_refused(dino, tmp_path):
    shutil.copytree(dino, tmp_path / "dino")
    (tmp_path / "dino" / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError):
        dino_features(tmp_path / "dino")
