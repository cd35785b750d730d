# SPDX-License-Identifier: MIT
"""Options that several ends of a link have, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = ["EngineName", "JsonStatus", "KeyFolder", "OfdmFile", "SampleRate"]

EngineName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--engine",
        help="local: the networks; fake: none, to try out; avif+ldpc@10 and others, to compare; "
        "or where one is served.",
    ),
]
JsonStatus: TypeAlias = Annotated[
    bool, typer.Option("--json-status", help="One JSON object a line on stdout.")
]
KeyFolder: TypeAlias = Annotated[
    str | None,
    typer.Option("--keys", help="Folder made by `gsc-sdr keys new`, for control and engine."),
]
OfdmFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--ofdm", help="TOML file with the shape of a frame: n_fft, n_cp, n_payload ..."),
]
SampleRate: TypeAlias = Annotated[
    float, typer.Option("--sample-rate", help="Samples a second; the same at both ends.")
]
