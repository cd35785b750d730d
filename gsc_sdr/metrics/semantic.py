# SPDX-License-Identifier: MIT
"""What a picture shows, as one vector: CLIP's and DINO's features, and how alike they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from gsc_sdr.errors import MissingError, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Features", "clip_features", "cosine", "dino_features"]

Features = Callable[[NDArray[np.uint8]], NDArray[np.float64]]


def clip_features(source: str | Path) -> Features:
    """Return the image half of a CLIP model, from a folder or a hub id.

    Any model of transformers with ``get_image_features`` will do (CLIP, SigLIP ...).
    Its own preparation of pictures is used, which for CLIP scales the shorter
    side to 224 pixels and cuts the middle out: edges of wide pictures are not seen.

    Raises
    ------
    MissingError
        If transformers or the model is not there.
    ModelError
        If it is incomplete, no safetensors, or of another kind.
    """
    prepare, model = _load(source)
    if not hasattr(model, "get_image_features"):
        raise ModelError(f"{source} is a {type(model).__name__}, which gives no image features")
    return lambda image: _vector(model.get_image_features(**prepare(image)).pooler_output)


def dino_features(source: str | Path) -> Features:
    """Return the class token of a DINO, DINOv2 or DINOv3, from a folder or a hub id.

    Raises
    ------
    MissingError
        If transformers or the model is not there.
    ModelError
        If it is incomplete, no safetensors, or of another kind.
    """
    prepare, model = _load(source)
    if getattr(model.config, "patch_size", None) is None:
        raise ModelError(f"{source} is a {type(model).__name__}, which has no class token")
    return lambda image: _vector(model(**prepare(image)).last_hidden_state[:, 0])


def cosine(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the cosine of the angle between two vectors; 0 where one has no length.

    >>> round(cosine(np.array([1.0, 0.0]), np.array([1.0, 1.0])), 3)
    0.707
    """
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.clip(np.dot(a, b) / lengths, -1.0, 1.0)) if lengths else 0.0


def _load(source: str | Path) -> tuple[Callable[[NDArray[np.uint8]], Any], Any]:
    """Return what prepares a picture, and the model in evaluation mode."""
    try:
        from transformers import AutoImageProcessor, AutoModel
    except ModuleNotFoundError as error:
        raise MissingError(
            "transformers is not installed: pip install 'gsc-sdr[semantic]'"
        ) from error
    folder = Path(source).is_dir()
    options = {"local_files_only": True} if folder else {}
    try:
        with _quiet():
            processor = AutoImageProcessor.from_pretrained(source, backend="pil", **options)
            model, report = AutoModel.from_pretrained(
                source, use_safetensors=True, output_loading_info=True, **options
            )
    except OSError as error:
        raise MissingError(
            f"{source} cannot be loaded ({_line(error)}): name a folder with config.json, "
            "preprocessor_config.json and safetensors, or a hub id that can be reached"
        ) from error
    except (ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(f"{source} holds no model of transformers ({_line(error)})") from error
    lacking = sorted(key for key in report["missing_keys"] if not key.startswith("pooler."))
    if lacking:
        raise ModelError(f"{source} lacks {len(lacking)} weights ({lacking[0]} ...): get it anew")

    def prepare(image: NDArray[np.uint8]) -> Any:
        return processor(images=image, return_tensors="pt", input_data_format="channels_last")

    return prepare, model.float().eval().requires_grad_(False)


def _vector(features: Any) -> NDArray[np.float64]:
    return np.asarray(features[0].numpy(force=True), dtype=np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' progress bars off stderr."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
