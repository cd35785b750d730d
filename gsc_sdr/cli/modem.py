# SPDX-License-Identifier: MIT
"""The verb ``bench modem``: what of the frames arrives, beside GNU Radio's own modem."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gsc_sdr.experiments.modem import Flowgraphs, Sizes

__all__ = ["modem"]

_AWGN = (
    ("snr_db", "SNR dB", "{:g}"),
    ("frames_delivered", "delivered", "{}"),
    ("frames_sent", "of", "{}"),
    ("delivery_95", "95 % interval", "{0[0]:.4f} - {0[1]:.4f}"),
    ("stock_delivered", "ofdm_rx", "{}"),
    ("stock_gentle_delivered", "gentle", "{}"),
    ("stock_sent", "of", "{}"),
    ("snr_est_rmse_db", "SNR rms dB", "{:.2f}"),
    ("cfo_rmse_subcarriers", "CFO rms", "{:.5f}"),
    ("implementation_loss_db", "loss dB", "{:.2f}"),
)
_TDL = (
    ("profile", "channel", "{}"),
    ("delay_spread_ns", "ns", "{}"),
    ("speed_kmh", "km/h", "{}"),
    ("frames_delivered", "delivered", "{}"),
    ("frames_sent", "of", "{}"),
    ("outage_genie", "outage", "{:.3f}"),
    ("readable_delivered", "delivered", "{}"),
    ("readable_sent", "of read", "{}"),
    ("reach_delivered", "delivered", "{}"),
    ("reach_sent", "of 0 dB", "{}"),
    ("snr_est_rmse_db", "SNR rms dB", "{:.2f}"),
    ("symbol_loss_median_db", "loss dB", "{:.2f}"),
)


def modem(
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw delivery over SNR here.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer frames: about a minute.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, max=1_000_000)] = 0,
    frames: Annotated[
        int | None,
        typer.Option("--frames", min=40, max=1_000_000, help="At each SNR up to 3 dB."),
    ] = None,
) -> None:
    """Send frames through GNU Radio and a hard channel; count what arrives.

    Carrier and clock offset, start, gaps, phase noise, DC, IQ imbalance and a 12-bit
    converter are drawn at random, all at once, for each forty frames. GNU Radio's own
    ofdm_tx and ofdm_rx go through channels drawn in the same way, and through gentle
    ones: a small carrier offset alone. Estimates and loss are measured under carrier
    and clock offset, against a receiver that is told time, offset and channel.
    """
    from gsc_sdr.recording.commit import git_commit

    for path in filter(None, (as_json, plot)):
        path.touch()  # a place that cannot be written to is told now, not at the end
    sizes = _sizes(quick, frames)
    found = _measure(sizes, seed)
    _show(found)
    if as_json:
        import json
        from dataclasses import asdict

        about = {"sizes": asdict(sizes), "seed": seed, "commit": git_commit()}
        as_json.write_text(json.dumps(found | {"settings": about}, indent=1) + "\n")
    if plot:
        from gsc_sdr.plots.figure import save
        from gsc_sdr.plots.modem import delivery_over_snr

        save(delivery_over_snr(found["awgn"]), plot)


def _sizes(quick: bool, frames: int | None) -> Sizes:
    from dataclasses import replace

    from gsc_sdr.experiments.modem import Sizes

    sizes = Sizes.quick() if quick else Sizes()
    if frames is None:
        return sizes
    return replace(sizes, low=frames, high=-(-frames // 5), offsets=-(-frames // 10))


def _flowgraphs() -> Flowgraphs:
    """Return the functions of the GNU Radio side."""
    from gsc_sdr.cli.through import runner
    from gsc_sdr.experiments.modem import Flowgraphs

    runner("gnuradio")
    from gsc_sdr.radio.modem import hear_frames, hear_noise, hear_packets
    from gsc_sdr.radio.stock import PACKET_BYTES, stock_frames

    return Flowgraphs(hear_frames, hear_packets, hear_noise, stock_frames, PACKET_BYTES)


def _measure(sizes: Sizes, seed: int) -> dict[str, Any]:
    """Run the bench with progress."""
    from rich.console import Console
    from rich.progress import track

    from gsc_sdr.experiments.modem import bench_modem, n_steps

    found: dict[str, Any] = {"awgn": [], "tdl": [], "false_alarms": {}}
    steps = bench_modem(sizes, seed, _flowgraphs())
    console = Console(stderr=True)
    for kind, row in track(steps, "sending", total=n_steps(), console=console, transient=True):
        if kind == "false_alarms":
            found[kind] = row
        else:
            found[kind].append(row)
    return found


def _show(found: dict[str, Any]) -> None:
    """Print what was found."""
    from rich.console import Console
    from rich.table import Table

    wide = Console()
    wide.width = max(wide.width, 124)
    for kind, columns, title in (
        ("awgn", _AWGN, "all at once, and GNU Radio's own modem under the same and under gentle"),
        ("tdl", _TDL, "fading at 10 dB mean SNR"),
    ):
        table = Table(title=f"gsc-sdr bench modem: {title}", title_justify="left")
        for _, heading, _ in columns:
            table.add_column(heading, justify="right")
        for row in found[kind]:
            cells = ("-" if row[key] is None else text.format(row[key]) for key, _, text in columns)
            table.add_row(*cells)
        wide.print(table)
    for kind, text in (
        ("readable", "of the frames whose header a genie reads"),
        ("reach", "of those whose preamble and header have 0 dB at least"),
    ):
        good, sent = (
            sum(row[f"{kind}_{k}"] for row in found["tdl"]) for k in ("delivered", "sent")
        )
        typer.echo(f"fading, {text}: {good} of {sent} ({100 * good / max(sent, 1):.2f} %)")
    alarms = found["false_alarms"]
    typer.echo(f"noise alone: {alarms['accepted']} frames accepted in {alarms['samples']} samples")
