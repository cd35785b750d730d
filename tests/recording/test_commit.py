# SPDX-License-Identifier: MIT
"""The commit: that of the checkout, or none."""

import re
import subprocess

import pytest

from gsc_sdr.recording import commit
from gsc_sdr.recording.commit import git_commit


@pytest.fixture(autouse=True)
def forget():
    """Ask git anew, before and after."""
    git_commit.cache_clear()
    yield
    git_commit.cache_clear()


def test_it_is_that_of_the_checkout(root):
    if not (root / ".git").exists():
        pytest.skip("needs a git checkout")
    order = ["git", "rev-parse", "HEAD"]
    head = subprocess.run(order, cwd=root, capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(f"{head.strip()}(-dirty)?", git_commit())


def test_there_is_none_without_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr(commit.gsc_sdr, "__file__", str(tmp_path / "gsc_sdr" / "__init__.py"))
    assert git_commit() == ""


def test_there_is_none_without_git(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_commit() == ""


def test_there_is_none_where_git_refuses(tmp_path, monkeypatch):
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(commit.gsc_sdr, "__file__", str(tmp_path / "gsc_sdr" / "__init__.py"))
    assert git_commit() == ""
