# SPDX-License-Identifier: MIT
"""The chunks of a sweep on a Ray cluster: the only door to Ray.

Ray carries pictures and rows between processes of one user by pickle, as Python's own
process pools do, and runs what it is sent: give it the address of a cluster that is
yours. Nothing that came from the air is unpickled. The machines of a cluster need the
same version of this package, and models and weights where the options say.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from typing import Any

from gsc_sdr.errors import ConfigError, GscError, MissingError
from gsc_sdr.experiments.plan import Bench, Chunk
from gsc_sdr.experiments.pools import Pool
from gsc_sdr.experiments.workers import Outcome, work

__all__ = ["on_ray"]

_LOCAL_JOBS = 2
_PATIENCE_S = 10.0
_ENVIRONMENT = {
    "env_vars": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
}


def on_ray(address: str, n_jobs: int = _LOCAL_JOBS) -> Pool:
    """Return a pool of the processors of a Ray cluster.

    Parameters
    ----------
    address : str
        Of the cluster's head, ``auto`` for the one that this machine is part of, or
        ``local`` for a cluster of ``n_jobs`` processes on this machine alone.
    n_jobs : int
        Processes of a local cluster.

    Raises
    ------
    MissingError
        If Ray is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise MissingError(
            f"Ray cannot be imported ({error}): run `pip install 'gsc-sdr[cluster]'`, "
            "or leave out --ray"
        ) from error

    def pool(bench: Bench, chunks: Iterable[Chunk]) -> Iterator[Outcome]:
        _connect(ray, address, n_jobs)
        try:
            yield from _drain(ray, bench, iter(chunks))
        finally:
            ray.shutdown()

    return pool


def _connect(ray: Any, address: str, n_jobs: int) -> None:
    """Join a cluster, or start one."""
    shared: dict[str, Any] = {
        "runtime_env": _ENVIRONMENT,
        "log_to_driver": False,
        "logging_level": "WARNING",
    }
    if address == "local":
        try:
            ray.init(address="local", num_cpus=n_jobs, include_dashboard=False, **shared)
        except Exception as error:  # Ray raises just that where it is too slow
            raise GscError(
                f"a local Ray cluster did not start ({_first_line(error)}): try again when the "
                "machine has less to do, or leave out --ray"
            ) from error
        return
    try:
        _knock(address)
        ray.init(address=address, **shared)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise ConfigError(
            f"--ray is {address!r}, and no cluster answers there ({_first_line(error)}): start "
            "one with `ray start --head`, or give local"
        ) from error


def _knock(address: str) -> None:
    """Raise at once where nobody listens: Ray itself tries for minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), _PATIENCE_S).close()


def _drain(ray: Any, bench: Bench, chunks: Iterator[Chunk]) -> Iterator[Outcome]:
    """Keep the cluster busy, with no more chunks under way than it has processors."""
    task, shared = ray.remote(num_cpus=1)(work), ray.put(bench)
    under_way: dict[Any, Chunk] = {}
    while True:
        room = max(1, int(ray.cluster_resources().get("CPU", 1))) + 1
        while len(under_way) < room and (chunk := next(chunks, None)) is not None:
            under_way[task.remote(shared, chunk)] = chunk
        if not under_way:
            return
        (done,), _ = ray.wait(list(under_way), num_returns=1)
        chunk = under_way.pop(done)
        try:
            yield ray.get(done)
        except ray.exceptions.RayError as error:
            line = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            raise GscError(
                f"a Ray task ended at {chunk}: {line}. Run the same command again to go on"
            ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
