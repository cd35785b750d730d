# SPDX-License-Identifier: MIT
"""Probes: what loads is found, what does not is told in one line; weights are checked."""

import hashlib

import pytest

from gsc_sdr.cli import probes
from gsc_sdr.cli.probes import check_weights, findings, load


def test_what_loads_is_found():
    finding = load("json", "import json; print('2.0', 'here')", "mend")
    assert (finding.ok, finding.found, finding.mend) == (True, "2.0 here", "")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("import os; os.abort()", "ended with -6"),
    ],
)
def test_what_does_not_load_is_one_line_with_its_mend(code, found):
    finding = load("part", code, "run `make setup`", needed=False)
    assert (finding.ok, finding.found, finding.needed) == (False, found, False)
    assert finding.mend == "run `make setup`"


def test_what_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(probes, "_LOAD_S", 0.5)
    assert "within 0.5 s" in load("part", "import time; time.sleep(60)", "mend").found


@pytest.fixture
def models(tmp_path):
    """Return a folder of two models with recorded checksums."""
    lines = []
    for name in ("jscc", "vae"):
        (tmp_path / name).mkdir()
        weights = tmp_path / name / "model.safetensors"
        weights.write_bytes(name.encode() * 1000)
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()
        lines.append(f"{digest}  {name}/model.safetensors\n")
    (tmp_path / "SHA256SUMS").write_text("".join(lines), encoding="ascii")
    return tmp_path


def test_whole_weights_are_named(models):
    finding = check_weights(models)
    assert finding.ok
    assert "jscc@" in finding.found
    assert "vae@" in finding.found


@pytest.mark.parametrize("change", ["flip", "cut", "remove"])
def test_changed_weights_are_named(models, change):
    weights = models / "vae" / "model.safetensors"
    data = weights.read_bytes()
    if change == "remove":
        weights.unlink()
    else:
        weights.write_bytes(data[:-1] if change == "cut" else b"\xff" + data[1:])
    finding = check_weights(models)
    assert (finding.ok, finding.needed) == (False, True)
    assert "vae" in finding.found
    assert "git checkout" in finding.mend


def test_weights_without_a_checksum_are_named(models):
    (models / "new").mkdir()
    (models / "new" / "model.safetensors").write_bytes(b"x")
    assert "new has no recorded checksum" in check_weights(models).found


def test_an_empty_folder_is_missing_weights(tmp_path):
    assert not check_weights(tmp_path).ok


@pytest.mark.radio
@pytest.mark.learn
def test_every_part_is_looked_for():
    found = {finding.part: finding for finding in findings()}
    parts = {"Python", "numpy", "GNU Radio", "torch", "Sionna", "weights", "GRC blocks"}
    assert parts | {"UHD", "SoapySDR", "RAM", "disk"} == set(found)
    assert found["GNU Radio"].ok
    assert found["torch"].ok
    assert found["Sionna"].ok
    assert not any(finding.mend for finding in found.values() if finding.ok)
