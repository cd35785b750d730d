# SPDX-License-Identifier: MIT
"""The verb ``channel``: the air between a transmitter and a receiver."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gsc_sdr.cli.options import JsonStatus, OfdmFile, SampleRate
from gsc_sdr.link.address import AIR_IN, AIR_OUT

__all__ = ["channel"]


def channel(
    profile: Annotated[
        str, typer.Option("--profile", help="awgn, tdl-a ... or a .toml file.")
    ] = "awgn",
    snr_db: Annotated[float, typer.Option("--snr-db", help="Es/N0 of a subcarrier, in dB.")] = 10.0,
    cfo_hz: Annotated[float, typer.Option("--cfo-hz", help="Carrier offset, in Hz.")] = 0.0,
    sample_rate: SampleRate = 1e6,
    seed: Annotated[int, typer.Option("--seed", help="Of noise and fading.")] = 0,
    source: Annotated[str, typer.Option("--from", help="Where samples come from.")] = AIR_IN,
    address: Annotated[str, typer.Option("--address", help="Where samples can be had.")] = AIR_OUT,
    record: Annotated[str, typer.Option("--record", help="SigMF recording of what leaves.")] = "",
    ofdm: OfdmFile = None,
    json_status: JsonStatus = False,
) -> None:
    """Send the samples of `gsc-sdr transmit` through a simulated channel, until Ctrl-C.

    As fast as they are taken at the other end: nothing is dropped on the way.
    """
    from gsc_sdr.cli.ends import live_end, read_parts

    def make() -> Any:
        parts = read_parts(ofdm, None, None)
        from gsc_sdr.channel.profile import profile as read_profile
        from gsc_sdr.radio.channel import ChannelGraph, ChannelSettings

        settings = ChannelSettings(
            channel=read_profile(profile),
            snr_db=snr_db,
            cfo_hz=cfo_hz,
            sample_rate=sample_rate,
            seed=seed,
            source=source,
            address=address,
            record=record,
            **parts,
        )
        return ChannelGraph(settings)

    live_end("channel", json_status, make)
