# SPDX-License-Identifier: MIT
"""A training run on disk: tensors in safetensors, the rest in JSON; no pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from gsc_sdr.errors import ModelError

__all__ = ["load_state", "save_half", "save_state"]


def save_half(model: nn.Module, folder: Path) -> None:
    """Write a copy of a diffusers model as config.json and fp16 safetensors.

    Names that the model was loaded by (machine paths, say) are left out.
    """
    source: Any = model
    config = {name: value for name, value in source.config.items() if not name.startswith("_")}
    copy = type(source).from_config(config)
    copy.load_state_dict(source.state_dict())
    copy.half().save_pretrained(folder)


def save_state(
    folder: Path,
    model: nn.Module,
    averaged: nn.Module,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> None:
    """Write everything that a resumed run needs; the old state stays until then."""
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"averaged.{k}": v for k, v in averaged.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in moments.items()}
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "state.part"
    save_file(
        {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()},
        fresh,
        metadata={"facts": json.dumps(facts)},
    )
    fresh.replace(folder / "state.safetensors")


def load_state(
    folder: Path, model: nn.Module, averaged: nn.Module, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    """Read what :func:`save_state` wrote into the given objects; return the facts.

    Raises
    ------
    ModelError
        If the state is missing, corrupt, or of another model.
    """
    path = folder / "state.safetensors"
    try:
        tensors = load_file(path)
        facts: dict[str, Any] = _facts(path)
        model.load_state_dict(_below(tensors, "model."))
        averaged.load_state_dict(_below(tensors, "averaged."))
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise ModelError(f"{path} cannot be resumed ({error}): train without --resume") from error
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _below(tensors, "optimizer.").items():
        index, moment = name.split(".", 1)
        state.setdefault(int(index), {})[moment] = value
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)
    return facts


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}


def _facts(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as opened:
        facts: dict[str, Any] = json.loads(opened.metadata()["facts"])
    return facts
