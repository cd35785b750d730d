# SPDX-License-Identifier: MIT
"""The wheel: it holds every file that the package needs, the weights with them."""

import shutil
import subprocess
import sys
import zipfile

import pytest

OF_README = "gsc_sdr/data/results/figures"  # `make figures` draws them from the rows
BESIDE = ("hardware", "models")  # folders beside the package that go into it


@pytest.mark.timeout(300)
def test_the_wheel_holds_every_file_of_the_package(root, tracked, tmp_path):
    pytest.importorskip("setuptools", minversion="77")
    source = tmp_path / "source"
    for path in tracked:
        target = source / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    for name in BESIDE:
        (source / "gsc_sdr" / name).symlink_to(f"../{name}")
    build = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("gsc_sdr-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(root).as_posix()
        for path in tracked
        if path.is_relative_to(root / "gsc_sdr") and not path.is_relative_to(root / OF_README)
    }
    wanted |= {
        f"gsc_sdr/{path.relative_to(root).as_posix()}"
        for path in tracked
        if any(path.is_relative_to(root / name) for name in BESIDE)
    }
    assert wanted - held == set()
