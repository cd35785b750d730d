# SPDX-License-Identifier: MIT
"""The verb ``calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["calibrate"]


def calibrate(
    radio: Annotated[str, typer.Option("--radio", help="A profile by name, or a .toml file.")],
    receiver: Annotated[
        str, typer.Option(help="A second radio that receives; else the first one does both.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where the copy of the profile goes; a new file.")
    ] = None,
    most_tx_gain_db: Annotated[
        float | None, typer.Option(help="Highest transmit gain to try, in dB.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Sweep transmit and receive gain to the least error; write them into a copy of the profile.

    Connect transmitter and receiver by a cable with an attenuator of 30 dB or more,
    and say so in the profile (attenuation_db). With antennas, the transmit gain does
    not go above the profile's unless --most-tx-gain-db says so.
    """
    import json
    from dataclasses import asdict

    from gsc_sdr.config.radio import radio_profile
    from gsc_sdr.config.radio_text import profile_text, with_gains
    from gsc_sdr.radio.calibrate import calibrate as run
    from gsc_sdr.radio.gain_search import GainReading

    transmitter = radio_profile(radio)
    second = radio_profile(receiver) if receiver else None
    copies = {radio: out or Path(f"{Path(radio).stem}_calibrated.toml")}
    if second:
        copies[receiver] = copies[radio].with_name(f"{Path(receiver).stem}_calibrated_rx.toml")
    _check_new(copies)

    def show(reading: GainReading) -> None:
        if not as_json:
            typer.echo(_line(reading))

    if not as_json:
        typer.echo("  tx gain   rx gain       EVM   clipped")
    result = run(transmitter, second, most_tx_gain_db, show)
    best = result.best
    for name, path in copies.items():
        tx_gain_db = best.tx_gain_db if name == radio else None
        rx_gain_db = best.rx_gain_db if name == (receiver or radio) else None
        with path.open("x", encoding="utf-8") as file:
            file.write(with_gains(profile_text(name), tx_gain_db, rx_gain_db))
    names = [str(path) for path in copies.values()]
    if as_json:
        typer.echo(
            json.dumps({"best": asdict(best), "profiles": names, "counts": dict(result.counts)})
        )
        return
    typer.echo(f"\nBest:{_line(best)}\nWritten to {' and '.join(names)}.")
    lost = {name: n for name, n in result.counts.items() if n and name in _TROUBLE}
    if lost:
        typer.echo(f"Meanwhile: {lost}; hardware/README.md says what each count means.", err=True)


_TROUBLE = ("underrun", "late", "sequence", "overflow", "lost_samples")


def _check_new(copies: dict[str, Path]) -> None:
    """Refuse to overwrite a profile before any radio sends."""
    from gsc_sdr.errors import ConfigError

    for path in copies.values():
        if path.exists():
            raise ConfigError(f"{path} exists; name a new file with --out")
        if not path.parent.is_dir():
            raise ConfigError(f"{path.parent} is no folder; make it, or name another with --out")


def _line(reading: object) -> str:
    """Return one reading as a line of the table."""
    tx, rx, evm, clipped = (
        getattr(reading, name) for name in ("tx_gain_db", "rx_gain_db", "evm_db", "clipped")
    )
    error = "no frame" if evm == float("inf") else f"{evm:5.1f} dB"
    return f"{tx:6.2f} dB {rx:6.2f} dB  {error:>8}  {clipped:8.2%}"
