# SPDX-License-Identifier: MIT
"""Ways to run the networks faster, each beside the plain ones in the same run.

Kept is what gains 5 % and moves no picture by more than 0.05 dB; what cannot be
tried here says why.
"""

from __future__ import annotations

import copy
import importlib.util
import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gsc_sdr.codec.convolution import quicken, slacken
from gsc_sdr.codec.precision import arithmetic, check_precision
from gsc_sdr.codec.tensors import to_tensor
from gsc_sdr.engine.local import LocalEngine
from gsc_sdr.errors import GscError, MissingError
from gsc_sdr.link.engine import Received
from gsc_sdr.metrics.image import psnr_db
from gsc_sdr.units import noise_var

__all__ = ["GAIN", "MOST_DB", "WAYS", "try_way"]

GAIN = 0.95  # of the time: less than that is a gain
MOST_DB = 0.05  # that a picture may change
_SNR_DB = 10.0
_RATE = "1/48"


@dataclass(frozen=True)
class _Variant:
    """An engine, and what surrounds its work."""

    engine: LocalEngine
    around: Callable[[], AbstractContextManager[Any]] = nullcontext
    shifts_work: bool = False  # to other processors, and saves none


def try_way(
    name: str, images: Sequence[NDArray[np.uint8]], engine: LocalEngine, repeat: int
) -> dict[str, Any]:
    """Run the networks one way and plainly, in turn; return one row.

    Parameters
    ----------
    name : str
        One of WAYS.
    images : sequence of [height, width, 3] uint8
        Pictures of one size. Times are of the first, quality of all.
    engine : LocalEngine
        Its networks are tried, plain and not; it is left as it is.
    repeat : int
        Turns that count.

    Returns
    -------
    row : dict
        ``verdict`` is ``gains``, ``no gain``, ``worse picture`` or ``not tried``, with
        ``why``; ``ratio`` the median of the times over the plain ones', ``ratio_cpu``
        the same of processor time, which decides but for threads; ``psnr_change_db`` the
        mean over the pictures, and ``psnr_worst_db`` the largest; ``prepare_s`` what it
        takes before.
    """
    row: dict[str, Any] = {"way": name, "size": min(images[0].shape[:2]), "n_images": len(images)}
    row |= {"threads": torch.get_num_threads(), "why": None}
    plain = _copy(engine)
    began = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            variant = WAYS[name](plain, images[0])
            with variant.around():
                _round_trip(variant.engine, images[0])
            row["prepare_s"] = time.perf_counter() - began
            return row | _compare(variant, images, plain, repeat)
    except GscError as error:
        return row | {"verdict": "not tried", "why": str(error)}
    except Exception as error:  # noqa: BLE001 -- what a compiler raises is its own affair
        line = (str(error).strip().splitlines() or [""])[0][:160]
        return row | {"verdict": "not tried", "why": f"{type(error).__name__}: {line}"}


def _compare(
    variant: _Variant, images: Sequence[NDArray[np.uint8]], plain: LocalEngine, repeat: int
) -> dict[str, Any]:
    """Return times and quality of a variant beside the plain engine."""
    changes = []
    for image in images:
        with variant.around():
            ours = psnr_db(_round_trip(variant.engine, image), image)
        changes.append(ours - psnr_db(_round_trip(plain, image), image))
    ratios, ratios_cpu = [], []
    for number in range(repeat):
        took = {}
        for one in (variant, _Variant(plain))[:: 1 if number % 2 else -1]:
            with one.around():
                began, spent = time.perf_counter(), time.process_time()
                _round_trip(one.engine, images[0])
                took[one.engine] = time.perf_counter() - began, time.process_time() - spent
        (wall, cpu), (plain_wall, plain_cpu) = took[variant.engine], took[plain]
        ratios.append(wall / plain_wall)
        ratios_cpu.append(cpu / plain_cpu)
    worst = max(changes, key=abs)
    # Other work disturbs the clock; but threads only shift processor time.
    decisive = median(ratios if variant.shifts_work else ratios_cpu)
    verdict = "worse picture" if abs(worst) > MOST_DB else "no gain" if decisive > GAIN else "gains"
    return {
        "verdict": verdict,
        "ratio": median(ratios),
        "ratio_cpu": median(ratios_cpu),
        "psnr_change_db": float(np.mean(changes)),
        "psnr_worst_db": worst,
    }


def _round_trip(engine: LocalEngine, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Code a picture, disturb its symbols as AWGN does, and decode it; no prompt, no frames."""
    encoded = engine.encode(image, "", _RATE)
    variance = noise_var(_SNR_DB)
    parts = np.random.default_rng(0).standard_normal((len(encoded.symbols), 2))
    noise = (parts @ [1, 1j] * np.sqrt(variance / 2)).astype(np.complex64)
    size = (encoded.width, encoded.height, encoded.rate_id, 0, encoded.level)
    spread = np.full(len(noise), variance, np.float32)
    return engine.decode(Received(encoded.symbols + noise, spread, *size)).image


def _copy(engine: LocalEngine) -> LocalEngine:
    """Return an engine with plain networks of its own: float32, torch's choice of everything."""
    own = copy.copy(engine)
    own.precision = "float32"
    own.latent = copy.copy(engine.latent)
    own.latent.model = copy.deepcopy(engine.latent.model)
    own.codec = copy.deepcopy(engine.codec)
    for model in _models(own):
        slacken(model)
    return own


def _models(engine: LocalEngine) -> tuple[nn.Module, nn.Module]:
    return engine.latent.model, engine.codec


def _threads(count: int) -> Callable[[LocalEngine, NDArray[np.uint8]], _Variant]:
    """Return the way with so many threads of torch."""

    @contextmanager
    def around() -> Iterator[None]:
        before = torch.get_num_threads()
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def way(engine: LocalEngine, _: NDArray[np.uint8]) -> _Variant:
        if count == torch.get_num_threads():
            raise MissingError(f"torch has {count} thread(s) already: choose others with --threads")
        if count > len(os.sched_getaffinity(0)):
            raise MissingError(f"there are fewer than {count} processors: use one thread")
        return _Variant(_copy(engine), around, shifts_work=True)

    return way


def _channels_last(engine: LocalEngine, _: NDArray[np.uint8]) -> _Variant:
    own = _copy(engine)
    for model in _models(own):
        model.to(memory_format=torch.channels_last)
    return _Variant(own)


def _onednn(engine: LocalEngine, _: NDArray[np.uint8]) -> _Variant:
    if engine.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        raise MissingError("oneDNN is for processors, and not in every torch: use plain ones")
    own = _copy(engine)
    for model in _models(own):
        quicken(model)
    return _Variant(own)


def _bfloat16(engine: LocalEngine, _: NDArray[np.uint8]) -> _Variant:
    check_precision("bfloat16", engine.device)
    own = _copy(engine)
    own.precision = "bfloat16"
    return _Variant(own)


def _bfloat16_channels_last(engine: LocalEngine, image: NDArray[np.uint8]) -> _Variant:
    variant = _bfloat16(engine, image)
    for model in _models(variant.engine):
        model.to(memory_format=torch.channels_last)
    return variant


class _Pointwise(nn.Module):
    """A 1 x 1 convolution as the linear map that dynamic quantisation knows."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        self.linear = nn.Linear(layer.in_channels, layer.out_channels)
        self.linear.load_state_dict({"weight": layer.weight[:, :, 0, 0], "bias": layer.bias})

    def forward(self, x: Tensor) -> Tensor:
        """Map [batch, in, h, w] to [batch, out, h, w]."""
        mapped: Tensor = self.linear(x.movedim(1, -1))
        return mapped.movedim(-1, 1)


def _int8(engine: LocalEngine, image: NDArray[np.uint8]) -> _Variant:
    """Quantise the 1 x 1 convolutions to int8, activations as they come."""
    from torch.ao.quantization import quantize_dynamic

    own = _channels_last(engine, image).engine
    layers = [
        (part, name, layer)
        for model in _models(own)
        for part in model.modules()
        for name, layer in part.named_children()
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1)
    ]
    for part, name, layer in layers:
        setattr(part, name, _Pointwise(layer))
    own.latent.model = quantize_dynamic(own.latent.model, {nn.Linear}, dtype=torch.qint8)
    own.codec = quantize_dynamic(own.codec, {nn.Linear}, dtype=torch.qint8)
    return _Variant(own)


def _compiled(engine: LocalEngine, _: NDArray[np.uint8]) -> _Variant:
    if engine.device.type == "cpu" and shutil.which("g++") is None:
        raise MissingError("torch.compile needs a C++ compiler: install g++")
    own = _copy(engine)
    for model in _models(own):
        for name in ("encode", "decode"):
            setattr(model, name, torch.compile(getattr(model, name), dynamic=False))
    return _Variant(own)


class _Call(nn.Module):
    """One method of a model as a module of its own, to be traced."""

    def __init__(self, model: nn.Module, method: str) -> None:
        super().__init__()
        self.model, self.method = model, method

    def forward(self, *given: Tensor) -> Tensor:
        """Return the tensor that the method returns."""
        found = getattr(self.model, self.method)(*given)
        tensor: Tensor = found if isinstance(found, Tensor) else next(iter(found.values()))
        return tensor


def _frozen(engine: LocalEngine, image: NDArray[np.uint8]) -> _Variant:
    """Trace for this size, freeze and optimise; another size would be traced anew."""
    own = _copy(engine)
    latent, codec = own.latent, own.codec
    with torch.no_grad(), arithmetic(own.precision, own.device):
        pixels = to_tensor(image, own.device)
        latents = latent.to_latents(pixels)
        symbols = codec.encode(latents)
        calls = {
            (latent.model, "encode"): (pixels,),
            (codec, "encode"): (latents,),
            (codec, "decode"): (symbols, torch.ones(symbols.shape, device=own.device)),
            (latent.model, "decode"): (latents,),
        }
        traced = {}
        for (model, method), given in calls.items():
            script = torch.jit.trace(_Call(model, method).eval(), given, check_trace=False)
            traced[method, model is codec] = torch.jit.optimize_for_inference(
                torch.jit.freeze(script)
            )
    latent.to_latents = lambda x: (traced["encode", False](x) - latent.shift) * latent.scale
    latent.to_pictures = lambda z: traced["decode", False](z / latent.scale + latent.shift)
    codec.encode, codec.decode = traced["encode", True], traced["decode", True]
    return _Variant(own)


def _onnx(_: LocalEngine, __: NDArray[np.uint8]) -> _Variant:
    absent = [name for name in ("onnxruntime", "onnx") if importlib.util.find_spec(name) is None]
    if absent:
        raise MissingError(f"{' and '.join(absent)} not installed: no way to export and run here")
    raise MissingError("onnxruntime is installed, but no export is written: use torch")


WAYS: dict[str, Callable[[LocalEngine, NDArray[np.uint8]], _Variant]] = {
    "1 thread": _threads(1),
    "2 threads": _threads(2),
    "channels_last": _channels_last,
    "oneDNN for all, channels_last": _onednn,
    "bfloat16": _bfloat16,
    "bfloat16, channels_last": _bfloat16_channels_last,
    "int8 of 1 x 1, dynamic": _int8,
    "torch.compile": _compiled,
    "traced, frozen, optimised": _frozen,
    "ONNX Runtime": _onnx,
}
