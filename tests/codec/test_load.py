# SPDX-License-Identifier: MIT
"""Codecs from folders: the right kind, whole, or named with the mend."""

import pytest

from gsc_sdr.codec.jscc import JsccCodec
from gsc_sdr.codec.load import load_codec
from gsc_sdr.codec.pixel import PixelCodec
from gsc_sdr.errors import ModelError

pytestmark = pytest.mark.learn
TINY = {"widths": (8, 16), "encoder_depths": (1, 1), "decoder_depths": (1, 1)}


def load(kind, folder):
    return load_codec(kind, "jscc", "gsc-sdr train jscc", folder)


def test_a_folder_gives_its_codec_ready_to_serve(tmp_path):
    JsccCodec(**TINY).save_pretrained(tmp_path / "mine")
    codec, name = load(JsccCodec, tmp_path / "mine")
    assert name.startswith("mine@")
    assert not codec.training
    assert not any(parameter.requires_grad for parameter in codec.parameters())


def test_the_shipped_one_is_the_default():
    codec, name = load(JsccCodec, None)
    assert name.startswith("jscc@")
    assert codec.config.n_symbols == 16


def test_another_kind_of_model_is_refused(tmp_path):
    JsccCodec(**TINY).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="is a JsccCodec, not a PixelCodec"):
        load(PixelCodec, tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ModelError, match="train jscc"):
        load(JsccCodec, tmp_path)


def test_cut_weights_are_refused(tmp_path):
    JsccCodec(**TINY).save_pretrained(tmp_path)
    weights = next(tmp_path.glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:500])
    with pytest.raises(ModelError, match="cannot be loaded"):
        load(JsccCodec, tmp_path)
