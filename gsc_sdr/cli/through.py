# SPDX-License-Identifier: MIT
"""Which way the samples go: GNU Radio's scheduler, or plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsc_sdr.errors import ConfigError, MissingError

if TYPE_CHECKING:
    from gsc_sdr.experiments.link import Run

__all__ = ["runner"]


def runner(through: str) -> Run:
    """Return the function that sends pictures ``through`` "gnuradio" or "arrays".

    Raises
    ------
    ConfigError
        If it is neither.
    MissingError
        If GNU Radio is wanted and cannot be imported.
    """
    if through == "arrays":
        from gsc_sdr.transceiver.loopback import loopback

        return loopback
    if through != "gnuradio":
        raise ConfigError(f"--through is {through!r}; choose gnuradio or arrays")
    try:
        import gsc_sdr.radio.loopback
    except ImportError as error:  # a broken GNU Radio raises more than ModuleNotFoundError
        raise MissingError(
            f"GNU Radio cannot be imported ({error}): run `make setup` and start gsc-sdr from its "
            ".venv/bin, or send through arrays with --through arrays"
        ) from error
    return gsc_sdr.radio.loopback.run_loopback
