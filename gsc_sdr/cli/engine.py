# SPDX-License-Identifier: MIT
"""The verb ``engine``: the networks behind a socket."""

from __future__ import annotations

from typing import Annotated

import typer

from gsc_sdr.link.address import ENGINE

__all__ = ["engine"]


def engine(
    address: Annotated[str, typer.Option("--address", help="Where to be reached.")] = ENGINE,
    keys: Annotated[
        str | None, typer.Option("--keys", help="Folder of keys; needed beyond this machine.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="local, fake: no networks, or avif+ldpc@10 ...")
    ] = "local",
    vae: Annotated[str, typer.Option("--vae", help="Autoencoder: folder or hub id.")] = "",
    jscc: Annotated[str, typer.Option("--jscc", help="Folder of a codec.")] = "",
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Serve the networks until Ctrl-C, for `gsc-sdr transmit --engine ADDRESS` and receive."""
    import os
    import sys
    import threading

    from gsc_sdr.cli.ends import ending
    from gsc_sdr.link.keys import Keys, require_keys
    from gsc_sdr.link.serve import serve
    from gsc_sdr.radio.canvas import make_engine

    loaded = Keys.load(keys) if keys else None
    require_keys(address, loaded)
    with ending() as stopped:
        networks = make_engine(kind, vae, jscc, device)
        served: list[dict[str, int]] = []
        errors: list[BaseException] = []

        def work() -> None:
            try:
                found = serve(networks, address, loaded, stopped.is_set, _say_ready)
                served.append(dict(found))
            except BaseException as error:  # noqa: BLE001 -- raised below, where it is caught
                errors.append(error)
                stopped.set()

        thread = threading.Thread(target=work, name="gsc_serve", daemon=True)
        thread.start()
        while not stopped.wait(0.1):
            pass
        thread.join(1.5)
    if errors:
        raise errors[0]
    counts = served[0] if served else {"unfinished": 1}
    said = ", ".join(f"{n} {name}" for name, n in sorted(counts.items()) if n)
    typer.echo(f"engine: {said or 'nothing was asked'}")
    sys.stdout.flush()
    os._exit(0)


def _say_ready(server: object) -> None:
    typer.echo(f"engine: serving at {getattr(server, 'address', '')}")
