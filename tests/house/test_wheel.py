# SPDX-License-Identifier: MIT
"""The wheel: it holds every file that the package needs, the weights with them."""

import shutil
import subprocess
import sys
import zipfile

import pytest


@pytest.mark.timeout(300)
def test_the_wheel_holds_every_file_of_the_package(root, tracked, tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path / "source"
    for path in tracked:
        target = source / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    (source / "gsc_sdr" / "models").symlink_to("../models")
    build = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("gsc_sdr-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(root).as_posix()
        for path in tracked
        if path.is_relative_to(root / "gsc_sdr")
    }
    wanted |= {
        f"gsc_sdr/{path.relative_to(root).as_posix()}"
        for path in tracked
        if path.is_relative_to(root / "models")
    }
    assert wanted - held == set()
