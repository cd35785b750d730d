# SPDX-License-Identifier: MIT
"""Where the chunks of a sweep are measured: in this process, or in several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from gsc_sdr.errors import ConfigError, GscError
from gsc_sdr.experiments.plan import Bench, Chunk
from gsc_sdr.experiments.workers import Outcome, Worker, one_torch_thread, work

__all__ = ["Pool", "in_processes", "in_this_process"]

Pool = Callable[[Bench, Iterable[Chunk]], Iterator[Outcome]]

# What numpy, torch and their libraries ask before they start threads; nothing else is read.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def in_this_process(bench: Bench, chunks: Iterable[Chunk]) -> Iterator[Outcome]:
    """Measure chunks one after the other; an outcome a point."""
    with one_torch_thread():
        worker = Worker(bench)
        for chunk in chunks:
            yield from worker.outcomes(chunk)


def in_processes(n_jobs: int) -> Pool:
    """Return a pool of ``n_jobs`` processes of one thread each.

    Processes are started afresh, not forked: torch and GNU Radio have threads. They
    end with the one that started them, however that ends.

    Raises
    ------
    ConfigError
        If there is to be none.
    """
    if n_jobs < 1:
        raise ConfigError(f"--jobs is {n_jobs}; choose 1 or more")

    def pool(bench: Bench, chunks: Iterable[Chunk]) -> Iterator[Outcome]:
        ours = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(n_jobs, context, initializer=_begin)
        with _one_thread():
            try:
                yield from _drain(executor, bench, iter(chunks), n_jobs)
            finally:
                # What is under way is not waited for: its points are measured again.
                for process in set(multiprocessing.active_children()) - ours:
                    process.terminate()
                executor.shutdown(wait=True, cancel_futures=True)

    return pool


def _drain(
    executor: ProcessPoolExecutor, bench: Bench, chunks: Iterator[Chunk], n_jobs: int
) -> Iterator[Outcome]:
    """Keep all processes busy, and no more chunks in memory than that takes."""
    under_way: dict[Future[Outcome], Chunk] = {}
    while True:
        while len(under_way) <= n_jobs and (chunk := next(chunks, None)) is not None:
            under_way[executor.submit(work, bench, chunk)] = chunk
        if not under_way:
            return
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                outcome = future.result()
            except BrokenProcessPool as error:
                where = "; or ".join(str(chunk) for chunk in under_way.values())
                raise GscError(
                    "a worker process died (out of memory, or killed) at one of these points: "
                    f"{where}. Run the same command again to go on, with fewer --jobs"
                ) from error
            del under_way[future]
            yield outcome


def _begin() -> None:
    """Begin a worker process: Ctrl-C is its parent's to handle, and so is its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have processes that are started within take one thread each."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
