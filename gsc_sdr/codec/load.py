# SPDX-License-Identifier: MIT
"""Codecs from model folders: the shipped one or any other, safetensors only."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import torch
from diffusers.models.modeling_utils import ModelMixin

from gsc_sdr.codec.checkpoint import checksum, model_config, shipped_model, verify_shipped
from gsc_sdr.errors import ModelError

__all__ = ["load_codec"]

_Codec = TypeVar("_Codec", bound=ModelMixin)


def load_codec(
    kind: type[_Codec], shipped: str, verb: str, source: str | Path | None = None
) -> tuple[_Codec, str]:
    """Load a codec, ready to serve, and its name for reports.

    Parameters
    ----------
    kind : type
        Class of the codec.
    shipped : str
        Name of the model that ships.
    verb : str
        The command that trains one, for messages.
    source : str or Path, optional
        Folder of a model; None is the shipped one, whose checksum is held.

    Raises
    ------
    ModelError
        If the folder holds no such codec, or it is missing or corrupt.
    """
    folder = shipped_model(shipped) if source is None else Path(source)
    if source is None:
        verify_shipped(folder)
    mend = f"give a folder that `{verb}` wrote"
    if not (folder / "config.json").is_file():
        raise ModelError(f"codec {str(folder)!r} has no config.json: {mend}")
    found = model_config(folder).get("_class_name", kind.__name__)
    if found != kind.__name__:
        raise ModelError(f"codec {str(folder)!r} is a {found}, not a {kind.__name__}: {mend}")
    try:
        codec = kind.from_pretrained(folder, use_safetensors=True, torch_dtype=torch.float32)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(f"codec {str(folder)!r} cannot be loaded ({line}): {mend}") from error
    return codec.float().eval().requires_grad_(False), f"{folder.name}@{checksum(folder)}"
