# SPDX-License-Identifier: MIT
"""What the variable blocks of a canvas make: objects that blocks share.

Imports wait until a flowgraph runs: GNU Radio Companion imports this module
while it draws, and shall not load torch for that.
"""

from __future__ import annotations

from gsc_sdr.blocks.fading import Gains
from gsc_sdr.errors import ConfigError
from gsc_sdr.link.engine import Engine, FakeEngine

__all__ = ["make_engine", "make_fading", "tune_engine"]


def make_engine(
    kind: str = "local", vae: str = "", jscc: str = "", device: str = "cpu", snr_db: float = 10.0
) -> Engine:
    """Return an engine.

    Parameters
    ----------
    kind : str
        ``local`` for the networks, in this process; ``fake`` for mean colours of
        cells without networks, to try a flowgraph; or another codec to measure
        beside, see :func:`gsc_sdr.engine.by_name.open_codec`.
    vae, jscc : str
        Folder or hub id of the models; empty for those that ship.
    device : str
        Where torch works: ``cpu``, ``cuda`` or ``auto``.
    snr_db : float, dB
        Mean SNR that digital modulation is chosen for.

    Raises
    ------
    ConfigError
        If there is no such kind.
    ModelError
        If weights are missing or corrupt.
    """
    if kind == "fake":
        return FakeEngine()
    from gsc_sdr.engine.by_name import CodecOptions, open_codec

    options = CodecOptions(vae or None, jscc or None, device, snr_db)
    return open_codec("gsc" if kind == "local" else kind, options)


def tune_engine(engine: Engine, snr_db: float) -> None:
    """Tell an engine the mean SNR, if its modulation is chosen for one."""
    set_snr_db = getattr(engine, "set_snr_db", None)
    if set_snr_db is not None:
        set_snr_db(snr_db)


def make_fading(profile_name: str, sample_rate: float, seed: int = 0) -> Gains | None:
    """Return what fades in a channel profile; None where nothing does.

    Parameters
    ----------
    profile_name : str
        A profile that ships, or a path to a ``.toml`` file.
    sample_rate : float, samples per second
        Rate of the stream.
    seed : int
        Of the fading.

    Raises
    ------
    ConfigError
        If there is no such profile, it is more than fading, or the rate does not suit it.
    """
    from gsc_sdr.channel.fading import Fading
    from gsc_sdr.channel.profile import profile

    found = profile(profile_name)
    if found.front_end.is_on:
        raise ConfigError(
            f"profile {profile_name!r} has a table [front_end], which is more than fading: "
            "use the GSC Channel Emulator in place of the GSC Channel"
        )
    return None if found.model == "none" else Fading(found, sample_rate, seed)
