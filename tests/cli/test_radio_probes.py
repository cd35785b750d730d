# SPDX-License-Identifier: MIT
"""Radio probes: the machine as its files say it is; the real drivers find no radio."""

import os

import pytest

from gsc_sdr.cli import radio_probes
from gsc_sdr.cli.radio_probes import Host, radio_findings
from gsc_sdr.config.radio import radio_names, radio_profile

IMAGES = ("usrp_b200_fw.hex", "usrp_b200_fpga.bin", "usrp_b210_fpga.bin")


@pytest.fixture
def host(tmp_path):
    """Return a machine of files, and a function that writes one of them."""

    def write(path, text=""):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return Host(tmp_path, tmp_path / "images"), write


def plug(write, vendor="2500", speed="5000", product="USRP B200"):
    """Put a device on USB."""
    files = {"idVendor": vendor, "speed": speed, "product": product, "busnum": "2", "devnum": "7"}
    for name, text in files.items():
        write(f"sys/bus/usb/devices/2-1/{name}", f"{text}\n")
    return write("dev/bus/usb/002/007")


def test_images_are_there_missing_or_incomplete(host):
    machine, write = host
    none = radio_probes._images(machine)
    assert (none.ok, none.needed) == (False, True)
    assert "no images of the B200" in none.found
    assert "uhd_images_downloader" in none.mend
    write(f"images/{IMAGES[0]}")
    some = radio_probes._images(machine)
    assert (some.ok, "without usrp_b200_fpga.bin" in some.found) == (False, True)
    for name in IMAGES:
        write(f"images/{name}")
    assert radio_probes._images(machine).ok


@pytest.mark.parametrize(
    ("kind", "rules", "package"),
    [
        ("b200", "60-uhd-host.rules", "uhd-host"),
        ("hackrf", "60-libhackrf0.rules", "libhackrf0"),
        ("lime", "64-limesuite.rules", "limesuite-udev"),
        ("plutosdr", "90-libiio0.rules", "libiio0"),
    ],
)
def test_udev_rules_are_found_where_distributions_put_them(host, monkeypatch, kind, rules, package):
    machine, write = host
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    bare = radio_probes._rules(kind, machine)
    assert (bare.ok, package in bare.mend) == (False, True)
    write(f"lib/udev/rules.d/{rules}")
    assert radio_probes._rules(kind, machine).ok


def test_a_device_on_usb_3_is_fine_and_on_usb_2_is_said(host):
    machine, write = host
    assert not radio_probes._usb("b200", machine).ok
    plug(write)
    fast = radio_probes._usb("b200", machine)
    assert (fast.ok, fast.found) == (True, "USRP B200 at 5000 Mbit/s")
    plug(write, speed="480")
    slow = radio_probes._usb("b200", machine)
    assert (slow.ok, slow.needed) == (False, False)
    assert "USB 3" in slow.mend


def test_a_device_that_is_not_yours_is_said(host, monkeypatch):
    machine, write = host
    plug(write)
    monkeypatch.setattr(os, "access", lambda *_: False)
    refused = radio_probes._usb("b200", machine)
    assert (refused.ok, refused.needed) == (False, True)
    assert "002/007 is not yours to open" in refused.found


def test_another_makers_device_is_not_ours(host):
    machine, write = host
    plug(write, vendor="046d", product="Mouse")
    assert radio_probes._usb("b200", machine).found == "no such device on USB"


@pytest.mark.parametrize(
    ("sizes", "ok"), [((212992, 212992), False), ((2500000, 2500000), True), ((2500000, 1), False)]
)
def test_small_socket_buffers_come_with_the_sysctl_line(host, sizes, ok):
    machine, write = host
    for key, size in zip(("rmem_max", "wmem_max"), sizes, strict=True):
        write(f"proc/sys/net/core/{key}", f"{size}\n")
    found = radio_probes._buffers("", machine)
    assert found.ok is ok
    wanted = [
        f"net.core.{k}=2500000"
        for k, n in zip(("rmem_max", "wmem_max"), sizes, strict=True)
        if n < 2500000
    ]
    assert all(line in found.mend for line in wanted)
    assert not found.needed


def test_a_way_that_leads_elsewhere_is_said(monkeypatch):
    profile = radio_profile("usrp_n210")
    monkeypatch.setattr(radio_probes, "_interface", lambda address: ("lo", "127.0.0.1"))
    assert radio_probes._network("127.0.0.9", profile).ok
    away = radio_probes._network("192.168.10.2", profile)
    assert (away.ok, away.needed) == (False, True)
    assert "reached through lo (127.0.0.1)" in away.found
    monkeypatch.setattr(radio_probes, "_interface", lambda address: ("", ""))
    assert "no way to 192.168.10.2" in radio_probes._network("192.168.10.2", profile).found
    assert "add addr=" in radio_probes._network("", profile).mend


def test_the_interface_of_this_machine_is_found():
    assert radio_probes._interface("127.0.0.1") == ("lo", "127.0.0.1")


@pytest.mark.radio
@pytest.mark.parametrize("name", radio_names())
def test_every_profile_is_looked_at_with_the_real_drivers(name):
    found = {finding.part: finding for finding in radio_findings(radio_profile(name))}
    assert found["profile"].ok
    assert found["device"].needed
    if name == "zmq":
        assert found["device"].ok
        return
    assert not found["device"].ok
    assert "no device found" in found["device"].found
    assert found["device"].mend
    on_usb = not name.endswith(("n210", "x310"))
    assert {"USB", "udev rights"} <= set(found) if on_usb else {"network", "buffers"} <= set(found)
    assert ("UHD images" in found) is name.startswith("usrp_b")
    assert "real-time priority" in found
