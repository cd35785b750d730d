# SPDX-License-Identifier: MIT
"""The command ``gsc-sdr``: one file a verb.

To add a verb, write ``cli/<verb>.py`` (``-`` becomes ``_``) with a typed
function of the verb's name, or a :class:`typer.Typer` of that name where the
verb has verbs of its own, and give it a line in :class:`GscSdr`. Import rooms
inside the function. Raise a GscError where the user must mend something: it
becomes one line on stderr and exit code 2, as do missing modules and files
that cannot be opened. Numbers that are not finite never reach the function.
"""

from __future__ import annotations

import logging
from typing import Annotated, ClassVar

import typer

from gsc_sdr import __version__
from gsc_sdr.cli.verb import Verbs

__all__ = ["GscSdr", "app", "main"]


class GscSdr(Verbs):
    """The verbs of ``gsc-sdr``."""

    summaries: ClassVar = {
        "loopback": "Send pictures and their prompt through a GNU Radio link; show what arrives.",
        "run": "Run transmitter, channel and receiver together, each a program of its own.",
        "transmit": "Send pictures as samples, to a channel or a radio.",
        "channel": "Send samples through a simulated channel.",
        "receive": "Receive pictures from a channel, a radio or a recording.",
        "engine": "Serve the networks to transmitters and receivers elsewhere.",
        "keys": "Make keys for links between machines.",
        "bench": "Measure the link over pictures, channels, SNRs and rates.",
        "plot": "Draw figures from the rows of a sweep, and strips of pictures.",
        "metrics": "Measure pictures against those that they should be.",
        "train": "Train the autoencoder or the joint source-channel codec.",
        "grc": "Open GNU Radio Companion with the blocks of this package.",
        "doctor": "Show what is installed, what is missing, and the mend.",
        "calibrate": "Find a radio's best gains; write them into a copy of its profile.",
        "demo-picture": "Draw the demo picture.",
        "weights": "Bring published weights into safetensors.",
    }


app = typer.Typer(
    cls=GscSdr,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gsc-sdr {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what goes on inside.")
    ] = False,
) -> None:
    """Send pictures and their prompts as neural symbols over GNU Radio."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )


def main() -> None:
    """Run ``gsc-sdr``."""
    app()
