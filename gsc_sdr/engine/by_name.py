# SPDX-License-Identifier: MIT
"""Codecs by name: the product's own, and those that it is measured beside.

Whatever stands here is an Engine, and crosses the same frames, channel and receiver.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Engine, FakeEngine

__all__ = ["CodecOptions", "codec_names", "is_bound", "open_codec", "read_name"]

_SOURCES = ("jpeg", "j2k", "webp", "avif", "heic", "jxl")
_DIGITAL, _BOUND = "+ldpc", "+capacity"
_NEURAL = ("gsc", "gsc-mse", "uncoded", "deepjscc")
_MSE = ("nested_autoencoder_mse", "jscc_mse")  # the same networks, for squared error alone
_NAME = re.compile(r"(?P<codec>[^@:]+)(?:@(?P<snr_db>[^:]+))?(?::(?P<channel>.+))?")


@dataclass(frozen=True)
class CodecOptions:
    """What codecs want to know; each takes what concerns it.

    Attributes
    ----------
    vae, jscc : str or None
        Folder or hub id of the models; None for those that ship.
    device : str
        Where torch works: ``cpu``, ``cuda`` or ``auto``.
    snr_db : float, dB
        Mean Es/N0 that digital modulation is chosen for.
    channel : str
        Name of the channel profile that it is chosen for.
    """

    vae: str | None = None
    jscc: str | None = None
    device: str = "cpu"
    snr_db: float = 10.0
    channel: str = "awgn"


def codec_names() -> tuple[str, ...]:
    """Return the names that ``--codec`` takes, bounds that need no air last.

    >>> codec_names()[:4]
    ('gsc', 'gsc-mse', 'uncoded', 'deepjscc')
    """
    digital = tuple(source + _DIGITAL for source in _SOURCES)
    return _NEURAL + digital + tuple(source + _BOUND for source in _SOURCES)


def is_bound(name: str) -> bool:
    """Tell whether a codec is a bound that is computed, with nothing on the air."""
    return name.endswith(_BOUND)


def open_codec(name: str, options: CodecOptions | None = None) -> Engine:
    """Return the codec of a name.

    Parameters
    ----------
    name : str
        One of :func:`codec_names`, or ``fake``. A digital one may say what its
        modulation is chosen for, whatever the options say: ``avif+ldpc@10`` for a
        mean SNR of 10 dB, ``avif+ldpc@10:tdl-c`` on the channel tdl-c.
    options : CodecOptions, optional
        What the codec wants to know.

    Raises
    ------
    ConfigError
        If there is no such codec, or it is a bound.
    MissingError
        If a library that it needs is not installed.
    ModelError
        If weights are missing or corrupt.
    """
    codec, options = read_name(name, options)
    if codec == "fake":
        return FakeEngine()
    if is_bound(codec):
        raise ConfigError(
            f"codec {codec} is a bound: nothing of it goes over the air; "
            "it stands in `gsc-sdr bench sweep` and `bench baselines` only"
        )
    if codec == "gsc":
        from gsc_sdr.engine.local import LocalEngine

        return LocalEngine(options.vae, options.jscc, options.device)
    if codec == "gsc-mse":
        from gsc_sdr.codec.checkpoint import shipped_model, verify_shipped
        from gsc_sdr.engine.local import LocalEngine

        vae, jscc = (shipped_model(name) for name in _MSE)
        verify_shipped(vae)
        verify_shipped(jscc)
        return LocalEngine(vae, jscc, options.device)
    if codec == "uncoded":
        from gsc_sdr.baselines.analog import UncodedEngine

        return UncodedEngine(options.vae, options.device)
    if codec == "deepjscc":
        from gsc_sdr.baselines.pixel import PixelEngine

        return PixelEngine(options.jscc, options.device)
    from gsc_sdr.baselines.digital import DigitalEngine

    return DigitalEngine(codec.removesuffix(_DIGITAL), options.snr_db, options.channel)


def read_name(name: str, options: CodecOptions | None = None) -> tuple[str, CodecOptions]:
    """Split a name into the codec's own and what its modulation is chosen for.

    Raises
    ------
    ConfigError
        If there is no such codec, or what follows its name is not understood.

    Examples
    --------
    >>> codec, options = read_name("avif+ldpc@8:tdl-c")
    >>> codec, options.snr_db, options.channel
    ('avif+ldpc', 8.0, 'tdl-c')
    """
    options = options or CodecOptions()
    found = _NAME.fullmatch(name.strip())
    codec = found["codec"] if found else ""
    if found is None or codec not in ("fake", *codec_names()):
        raise ConfigError(f"codec is {name!r}; choose one of: {', '.join(codec_names())}")
    snr_db, channel = found["snr_db"], found["channel"]
    if (snr_db or channel) and not codec.endswith(_DIGITAL):
        raise ConfigError(
            f"codec is {name!r}; only digital modulation is chosen for an SNR: write {codec!r}"
        )
    if snr_db:
        options = replace(options, snr_db=_number(name, snr_db))
    return codec, replace(options, channel=channel) if channel else options


def _number(name: str, text: str) -> float:
    """Return an SNR that is written in a codec's name."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -100 <= value <= 100:
        raise ConfigError(f"codec is {name!r}: {text!r} is no SNR; write dB as in avif+ldpc@10")
    return value
