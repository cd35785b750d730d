# SPDX-License-Identifier: MIT
"""The one training loop: resume, seed, log, best so far.

A Recipe says what is trained and how it is judged; the loop says when.
Accelerate carries it to a GPU, to several, or to several hosts.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from gsc_sdr.codec.precision import computes_bf16
from gsc_sdr.codec.tensors import torch_device
from gsc_sdr.errors import ConfigError
from gsc_sdr.train.state import load_state, save_state

__all__ = ["Recipe", "TrainConfig", "train"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainConfig:
    """How long, how fast, where.

    The rate warms up, holds, then falls linearly to zero over the last
    ``decay`` of the steps: a run may be extended by resuming with more steps.

    Attributes
    ----------
    out : Path
        Folder for best model, state, log and sample pictures.
    steps : int
        Total optimiser steps, those of earlier runs included.
    batch : int
        Crops a step.
    lr : float
        Peak learning rate of AdamW.
    warmup : int
        Steps of linear warm-up.
    decay : float
        Share of the steps at the end over which the rate falls.
    clip : float
        Bound on the norm of the gradient.
    ema : float
        Decay of the averaged weights that are judged and saved.
    every : int
        Steps between validations.
    seed : int
        Of the weights and of every draw.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    resume : bool
        Whether to go on from ``out``.
    """

    out: Path
    steps: int = 20_000
    batch: int = 16
    lr: float = 2e-3
    warmup: int = 400
    decay: float = 0.8
    clip: float = 1.0
    ema: float = 0.998
    every: int = 500
    seed: int = 0
    device: str = "auto"
    resume: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1 or self.every < 1:
            raise ConfigError(
                f"steps is {self.steps}, batch {self.batch}, every {self.every}: all must be >= 1"
            )
        if self.device not in ("auto", "cpu", "cuda"):
            raise ConfigError(f"--device is {self.device!r}; choose auto, cpu or cuda")
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("--device is cuda, but torch sees no GPU: use auto, or a CUDA torch")


class Recipe(Protocol):
    """What the loop trains."""

    model: nn.Module

    def loss(self, step: int, device: torch.device, rank: int) -> Tensor:
        """Return the loss of one step's batch."""
        ...

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Judge a model; ``score`` is what the loop maximises."""
        ...

    def save(self, model: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write a model folder, with sample pictures and what is known of it."""
        ...


def train(recipe: Recipe, config: TrainConfig) -> dict[str, float]:
    """Train a recipe's model and return the best validation figures.

    Parameters
    ----------
    recipe : Recipe
        Holds the model, whose parameters change in place.
    config : TrainConfig
        How long, how fast, where.

    Returns
    -------
    dict of str to float
        Figures of the best averaged model, which is saved in ``out/best``.
    """
    accelerator = Accelerator(
        cpu=config.device == "cpu",
        mixed_precision="bf16" if computes_bf16(torch_device(config.device)) else "no",
    )
    optimizer = torch.optim.AdamW(
        recipe.model.parameters(), lr=config.lr, betas=(0.9, 0.99), weight_decay=1e-4
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        recipe.model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(config.ema)
    ).to(accelerator.device)
    recipe.model, optimizer = accelerator.prepare(recipe.model, optimizer)
    run = _Run(recipe, config, accelerator, optimizer, averaged)
    return run.go()


class _Run:
    """One call of :func:`train`: its state and its steps."""

    def __init__(
        self,
        recipe: Recipe,
        config: TrainConfig,
        accelerator: Accelerator,
        optimizer: torch.optim.Optimizer,
        averaged: torch.optim.swa_utils.AveragedModel,
    ) -> None:
        self.recipe, self.config, self.accelerator = recipe, config, accelerator
        self.optimizer, self.averaged = optimizer, averaged
        self.facts: dict[str, Any] = {"step": 0, "seconds": 0.0, "best": {}}
        self.state = config.out / "state"
        self.skipped = 0
        config.out.mkdir(parents=True, exist_ok=True)
        if config.resume and self.state.is_dir():
            self.facts = load_state(self.state, recipe.model, averaged, optimizer)
            _LOG.info("resumed at step %d of %d", self.facts["step"], config.steps)

    def go(self) -> dict[str, float]:
        """Run to the last step; return the best figures."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns, disable=not self.accelerator.is_main_process) as progress:
            bar = progress.add_task("training", total=self.config.steps)
            while self.facts["step"] < self.config.steps:
                started = time.monotonic()
                loss = self.step()
                self.facts["seconds"] += time.monotonic() - started
                step = self.facts["step"]
                text = f"step {step} loss {loss:.5f} best {self.facts['best'].get('score', 0):.2f}"
                progress.update(bar, completed=step, description=text)
                if step % self.config.every == 0 or step == self.config.steps:
                    self.judge(loss)
        best: dict[str, float] = self.facts["best"]
        return best

    def step(self) -> float:
        """Take one optimiser step; a loss or gradient that is not finite is passed over."""
        step = self.facts["step"]
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * _schedule(step, self.config)
        self.optimizer.zero_grad()
        with self.accelerator.autocast():
            loss = self.recipe.loss(step, self.accelerator.device, self.accelerator.process_index)
        self.facts["step"] = step + 1
        if torch.isfinite(loss):
            self.accelerator.backward(loss)
            norm = self.accelerator.clip_grad_norm_(
                self.recipe.model.parameters(), self.config.clip
            )
            if not torch.isfinite(torch.as_tensor(norm)):
                self.skipped += 1
                return float(loss.detach())
            self.optimizer.step()
            self.averaged.update_parameters(self.accelerator.unwrap_model(self.recipe.model))
        return float(loss.detach())

    def judge(self, loss: float) -> None:
        """Validate the averaged model, log, and keep it when it is the best so far."""
        if not self.accelerator.is_main_process:
            return
        figures = self.recipe.validate(self.averaged.module)
        row = {"step": self.facts["step"], "loss": loss, "seconds": self.facts["seconds"]}
        row["skipped"] = self.skipped
        with (self.config.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(row | figures) + "\n")
        if figures["score"] > self.facts["best"].get("score", float("-inf")):
            self.facts["best"] = figures
            about = {k: str(v) for k, v in asdict(self.config).items() if k != "out"}
            facts = row | figures | about
            self.recipe.save(self.averaged.module, self.config.out / "best", facts)
        model = self.accelerator.unwrap_model(self.recipe.model)
        save_state(self.state, model, self.averaged, self.optimizer, self.facts)


def _schedule(step: int, config: TrainConfig) -> float:
    """Return the learning rate's factor: warm up, hold, fall to zero."""
    fall = max(1.0, config.decay * config.steps)
    return min(1.0, (step + 1) / max(1, config.warmup), max(0.01, (config.steps - step) / fall))
