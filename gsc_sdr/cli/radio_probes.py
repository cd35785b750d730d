# SPDX-License-Identifier: MIT
"""What a radio profile needs and this machine has: driver, images, device, rights, buffers."""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gsc_sdr.cli.probes import Finding, load
from gsc_sdr.config.radio import RadioProfile

__all__ = ["Host", "radio_findings"]

_BUFFER_S = 0.02  # of the link's rate: what UHD asks of socket buffers (its manual, Transport)
_USB = {  # driver or device type: vendor, what its rules file is called, the package, the rate
    "b200": ({"2500", "3923"}, "uhd", "uhd-host", 5000),
    "plutosdr": ({"0456"}, "iio", "libiio0", 480),
    "lime": ({"0403", "1d50"}, "lime", "limesuite-udev", 5000),
    "hackrf": ({"1d50"}, "hackrf", "libhackrf0", 480),
}
_NETWORK = ("usrp2", "x300", "n3xx", "e3xx", "x4xx")
_B200_IMAGES = ("usrp_b200_fw.hex", "usrp_b200_fpga.bin", "usrp_b210_fpga.bin")


@dataclass(frozen=True)
class Host:
    """Where this machine's state is read.

    Attributes
    ----------
    root : Path
        What ``/sys``, ``/proc``, ``/lib`` and ``/usr`` stand in.
    images : Path or None
        UHD's images; None to ask UHD.
    """

    root: Path = Path("/")
    images: Path | None = None

    def number(self, path: str) -> float | None:
        """Return the number in a file, or None."""
        try:
            return float((self.root / path).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def text(self, path: Path) -> str:
        """Return a file's text without its end of line; empty if it cannot be read."""
        try:
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""


def radio_findings(profile: RadioProfile, host: Host | None = None) -> list[Finding]:
    """Look for all that a profile needs; the order is that in which a reader mends them.

    Parameters
    ----------
    profile : RadioProfile
        The radio that is wanted.
    host : Host or None
        The machine; None for this one.

    Returns
    -------
    findings : list of Finding
        ``device`` is among them, and is needed; what merely costs samples is not.
    """
    host = host or Host()
    made = Finding(
        "profile",
        True,
        f"{profile.name}: {profile.driver}, {profile.sample_rate / 1e6:g} Msamples/s at "
        f"{profile.centre_frequency_hz / 1e6:g} MHz",
    )
    if profile.driver == "zmq":
        port = profile.zmq
        way = f"{port.transmit_address or 'usual address'}, {port.receive_address or 'usual one'}"
        return [made, Finding("device", True, f"none needed: ZeroMQ at {way}")]
    kind = _kind(profile)
    probes: list[Callable[[], Finding]] = [lambda: made, lambda: _driver(profile)]
    if kind == "b200":
        probes.append(lambda: _images(host))
    probes.append(lambda: _device(profile))
    if kind in _USB:
        probes += [lambda: _rules(kind, host), lambda: _usb(kind, host)]
    elif kind in _NETWORK or _address(profile):
        address = _address(profile)
        probes += [lambda: _network(address, profile), lambda: _buffers(address, host)]
    probes.append(_priority)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lambda probe: probe(), probes))


def _kind(profile: RadioProfile) -> str:
    """Return the word of the device arguments that tells what it is: b200, usrp2, lime ..."""
    found = re.search(r"\b(?:type|driver)=(\w+)", profile.device_args)
    return found[1] if found else ""


def _address(profile: RadioProfile) -> str:
    """Return the network address of the device arguments, or nothing."""
    found = re.search(r"\b(?:addr|addr0|hostname)=([\w.:-]+)", profile.device_args)
    return found[1] if found else ""


_UHD = "from gnuradio import uhd; print('UHD', uhd.get_version_string())"
_SOAPY = """
import sys
from gnuradio import soapy
try:
    import SoapySDR
except ImportError:
    sys.exit("GNU Radio has it, Python has not: without python3-soapysdr no device can be listed")
kind = {kind!r}
names = [path.rsplit("/", 1)[-1] for path in SoapySDR.listModules()]
if kind and not any(kind.lower()[:4] in name.lower() or
                    (kind == "lime" and "LMS7" in name) for name in names):
    sys.exit(f"SoapySDR has no module for {{kind}}; it has: {{', '.join(names) or 'none'}}")
print("SoapySDR", SoapySDR.getAPIVersion(), "with", len(names), "modules")
"""


def _driver(profile: RadioProfile) -> Finding:
    """Load the driver; for SoapySDR, look for the device's module."""
    if profile.driver == "uhd":
        return load("driver", _UHD, "apt-get install gnuradio uhd-host")
    kind = _kind(profile)
    package = {"lime": "lms7"}.get(kind, kind or "all")
    if kind == "plutosdr":
        mend = (
            "apt-get install python3-soapysdr; build github.com/pothosware/SoapyPlutoSDR: "
            "Debian 12 has no package of it"
        )
    else:
        mend = f"apt-get install python3-soapysdr soapysdr-module-{package}"
    return load("driver", _SOAPY.format(kind=kind), mend)


_FIND_UHD = """
import sys
from gnuradio import uhd
found = uhd.find(uhd.device_addr({args!r}))
if not found:
    sys.exit("no device found for " + {args!r})
print("; ".join(device.to_string() for device in found))
"""
_FIND_SOAPY = """
import sys
import SoapySDR
found = SoapySDR.Device.enumerate({args!r})
if not found:
    sys.exit("no device found for " + {args!r})
print("; ".join(str(dict(device)) for device in found))
"""


def _device(profile: RadioProfile) -> Finding:
    """Ask the driver for the device."""
    code = _FIND_UHD if profile.driver == "uhd" else _FIND_SOAPY
    where = "check its address and ping it" if _address(profile) else "plug it into USB"
    mend = f"power it, {where}; set device_args if it is another"
    return load("device", code.format(args=profile.device_args), mend)


def _images(host: Host) -> Finding:
    """Look for what a B200 is loaded with each time it is plugged in."""
    folders = [host.images] if host.images else _image_folders()
    mend = "run uhd_images_downloader --types b2xx as root; UHD_IMAGES_DIR names another folder"
    for folder in folders:
        missing = [name for name in _B200_IMAGES if not (folder / name).is_file()]
        if len(missing) < len(_B200_IMAGES):
            found = f"{folder}" + (f", without {', '.join(missing)}" if missing else "")
            return Finding("UHD images", not missing, found, mend if missing else "")
    looked = ", ".join(map(str, folders))
    return Finding("UHD images", False, f"no images of the B200 in {looked}", mend)


def _image_folders() -> list[Path]:
    """Return where UHD looks for images."""
    folders = [os.environ["UHD_IMAGES_DIR"]] if "UHD_IMAGES_DIR" in os.environ else []
    try:
        told = subprocess.run(
            ["uhd_config_info", "--images-dir"],  # noqa: S607 -- wherever UHD is installed
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        ).stdout
        folders += re.findall(r"(?m)^Images directory: *(\S+)", told)
    except (OSError, subprocess.TimeoutExpired):
        pass
    return [Path(folder) for folder in [*folders, "/usr/share/uhd/images"]]


def _rules(kind: str, host: Host) -> Finding:
    """Look for the udev rule that gives users the rights to a device."""
    _, word, package, _ = _USB[kind]
    places = ("etc/udev/rules.d", "lib/udev/rules.d", "usr/lib/udev/rules.d")
    found = [path for place in places for path in (host.root / place).glob(f"*{word}*.rules")]
    if found:
        return Finding("udev rights", True, str(found[0]), needed=False)
    if os.geteuid() == 0:
        return Finding("udev rights", True, "no rule, but you are root", needed=False)
    mend = f"apt-get install {package}; udevadm control --reload; plug the device in again"
    return Finding("udev rights", False, f"no *{word}*.rules", mend, needed=False)


def _usb(kind: str, host: Host) -> Finding:
    """Look for the device on USB, at what speed, and whether this user may open it."""
    vendors, _, _, wanted = _USB[kind]
    for vendor in sorted((host.root / "sys/bus/usb/devices").glob("*/idVendor")):
        if host.text(vendor) not in vendors:
            continue
        place = vendor.parent
        speed = host.number(f"{(place / 'speed').relative_to(host.root)}") or 0.0
        name = host.text(place / "product") or host.text(vendor)
        bus, number = host.text(place / "busnum"), host.text(place / "devnum")
        node = host.root / f"dev/bus/usb/{bus.zfill(3)}/{number.zfill(3)}"
        if node.exists() and not os.access(node, os.R_OK | os.W_OK):
            mend = "see udev rights; plug the device in again"
            return Finding("USB", False, f"{name}: {node} is not yours to open", mend)
        if speed < wanted:
            mend = "use a blue (USB 3) port and its cable: USB 2 carries about 8 Msamples/s"
            return Finding("USB", False, f"{name} at {speed:g} Mbit/s", mend, needed=False)
        return Finding("USB", True, f"{name} at {speed:g} Mbit/s", needed=False)
    return Finding("USB", False, "no such device on USB", "plug it in", needed=False)


def _network(address: str, profile: RadioProfile) -> Finding:
    """Look at the interface that leads to the device: its network, its MTU."""
    import psutil

    if not address:
        return Finding("network", False, "device_args names no addr", "add addr=...", needed=False)
    name, ours = _interface(address)
    if not name:
        mend = f"give an interface an address beside {address}, with netmask 255.255.255.0"
        return Finding("network", False, f"no way to {address}", mend)
    if ours.rsplit(".", 1)[0] != address.rsplit(".", 1)[0]:
        mend = f"give the interface at the radio an address beside {address}"
        return Finding("network", False, f"{address} is reached through {name} ({ours})", mend)
    mtu = psutil.net_if_stats()[name].mtu
    wanted = 8000 if profile.sample_rate > 25e6 else 1500
    mend = "" if mtu >= wanted else f"ip link set {name} mtu {9000 if wanted > 1500 else 1500}"
    return Finding("network", not mend, f"{name} ({ours}), MTU {mtu}", mend, needed=False)


def _interface(address: str) -> tuple[str, str]:
    """Return the name and address of the interface that leads to ``address``."""
    import psutil

    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect((address, 49152))  # sends nothing
            ours = way.getsockname()[0]
    except OSError:
        return "", ""
    for name, entries in psutil.net_if_addrs().items():
        if any(entry.address == ours for entry in entries):
            return name, ours
    return "", ours


def _buffers(address: str, host: Host) -> Finding:
    """Hold the largest socket buffers that the kernel grants against what UHD asks for."""
    import psutil

    stats = psutil.net_if_stats()
    name = _interface(address)[0] if address else ""
    speed = max(stats[name].speed if name in stats else 0, 1000)  # Mbit/s
    wanted = int(_BUFFER_S * speed * 1e6 / 8)
    small = []
    for key in ("rmem_max", "wmem_max"):
        size = host.number(f"proc/sys/net/core/{key}")
        if size is not None and size < wanted:
            small.append(f"net.core.{key}={wanted}")
    if small:
        return Finding(
            "buffers", False, f"less than {wanted} bytes", f"sysctl -w {' '.join(small)}", False
        )
    return Finding("buffers", True, f"rmem_max and wmem_max hold {wanted} bytes", needed=False)


def _priority() -> Finding:
    """Tell whether threads may have real-time priority, which keeps U and O rare."""
    highest = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
    if os.geteuid() == 0 or highest > 0 or highest == resource.RLIM_INFINITY:
        return Finding("real-time priority", True, "allowed", needed=False)
    mend = "groupadd usrp; usermod -aG usrp $USER; log in again (uhd-host brings the limit)"
    return Finding("real-time priority", False, "not allowed", mend, needed=False)
