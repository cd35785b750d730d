# SPDX-License-Identifier: MIT
"""What is installed here. Parts that may break an interpreter load in one of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from gsc_sdr.errors import GscError

__all__ = ["Finding", "check_weights", "findings", "load"]

_GIB = 2**30
_LOAD_S = 120  # a first import of torch from a cold disk takes tens of seconds


@dataclass(frozen=True)
class Finding:
    """One part of the installation.

    Attributes
    ----------
    part : str
        What was looked for.
    ok : bool
        Whether it is there and works.
    found : str
        Its version and place, or what is wrong with it.
    mend : str
        What to do where it is not ok; empty where it is.
    needed : bool
        Whether the loopback needs it.
    """

    part: str
    ok: bool
    found: str
    mend: str = ""
    needed: bool = True


def findings() -> list[Finding]:
    """Look for every part; the order is that in which a reader mends them."""
    probes: list[Callable[[], Finding]] = [
        _python,
        _numpy,
        lambda: load("GNU Radio", _GNU_RADIO, "run `make setup`: it installs a numpy that fits"),
        lambda: load("torch", _TORCH, "run `make setup`"),
        lambda: load("Sionna", _SIONNA, "run `make setup`"),
        _weights,
        _blocks,
        lambda: load("UHD", _UHD, "for a USRP: apt-get install gnuradio uhd-host", needed=False),
        lambda: load(
            "SoapySDR", _SOAPY, "for other radios: apt-get install gnuradio", needed=False
        ),
        _memory,
        _disk,
    ]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lambda probe: probe(), probes))


_GNU_RADIO = """
from gnuradio import blocks, channels, digital, fft, gr
import numpy, pmt
pmt.to_python(pmt.to_pmt(numpy.ones(2, numpy.complex64)))
print(gr.version(), "in", gr.prefix())
"""
_TORCH = """
import torch
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(torch.__version__, "on", ", ".join(gpus) or f"CPU, {torch.get_num_threads()} threads")
"""
_SIONNA = "import sionna.phy; print(sionna.__version__)"
_UHD = "from gnuradio import uhd; print(uhd.get_version_string())"
_SOAPY = "from gnuradio import soapy; print('gnuradio.soapy')"


def load(part: str, code: str, mend: str, needed: bool = True) -> Finding:
    """Run ``code`` in an interpreter of its own; what it prints was found.

    A GNU Radio that was built for another numpy may end its interpreter.
    """
    try:
        run = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=_LOAD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(part, False, f"does not load within {_LOAD_S} s", mend, needed)
    if run.returncode == 0:
        return Finding(part, True, run.stdout.strip(), "", needed)
    last = run.stderr.strip().splitlines()[-1:] or [f"ended with {run.returncode}"]
    return Finding(part, False, last[0], mend, needed)


def check_weights(folder: Path) -> Finding:
    """Hold the models in ``folder`` against the checksums that it records."""
    from gsc_sdr.codec.checkpoint import checksum, verify_shipped

    sums = folder / "SHA256SUMS"
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    recorded = {line.split(maxsplit=1)[1].split("/")[0] for line in lines if line.strip()}
    present = {path.parent.name for path in folder.glob("*/*.safetensors")}
    whole, faults = [], [f"{name} has no recorded checksum" for name in present - recorded]
    for name in sorted(recorded):
        try:
            verify_shipped(folder / name)
            whole.append(f"{name}@{checksum(folder / name)}")
        except GscError as error:
            faults.append(str(error))
    if faults or not whole:
        found = "; ".join(faults) or f"none in {folder}"
        return Finding(
            "weights", False, found, "git checkout models; if you trained: make checksums"
        )
    return Finding("weights", True, f"{', '.join(whole)}: checksums hold")


def _weights() -> Finding:
    with as_file(files("gsc_sdr") / "models") as folder:
        return check_weights(folder)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", True, f"{version} in {sys.prefix}")


def _numpy() -> Finding:
    return load(
        "numpy",
        "import numpy; print(numpy.__version__, 'in', numpy.__path__[0])",
        "run `make setup`",
    )


def _blocks() -> Finding:
    with as_file(files("gsc_sdr") / "grc") as folder:
        n_blocks = len(list(folder.glob("*.block.yml")))
        place = str(folder)
    companion = shutil.which("gnuradio-companion")
    if not n_blocks or not companion:
        lacking = "no block descriptions" if companion else "no gnuradio-companion"
        mend = "run `make setup`; for the canvas: apt-get install gnuradio gir1.2-gtk-3.0"
        return Finding("GRC blocks", False, f"{lacking} ({place})", mend, needed=False)
    listed = place in os.environ.get("GRC_BLOCKS_PATH", "").split(os.pathsep)
    way = "in GRC_BLOCKS_PATH" if listed else "`gsc-sdr grc` sets the block path"
    return Finding("GRC blocks", True, f"{n_blocks} in {place}; {way}", needed=False)


def _memory() -> Finding:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"{pages / _GIB:.1f} GiB, {free / _GIB:.1f} GiB unused"
    mend = "" if pages >= 3 * _GIB else "3 GiB are needed for a picture of 768 x 512"
    return Finding("RAM", not mend, found, mend)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    mend = "" if free >= 0.1 * _GIB else "free 0.1 GiB for the pictures and reports"
    return Finding("disk", not mend, f"{free / _GIB:.1f} GiB free here", mend)
