# SPDX-License-Identifier: MIT
"""The package as source: every module, parsed, without importing any."""

from __future__ import annotations

import ast
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    name: str
    text: str

    @cached_property
    def tree(self):
        """Return the syntax tree."""
        return ast.parse(self.text)

    @property
    def functions(self):
        """Return every function and method, nested ones too."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    @property
    def room(self):
        """Return the folder below the package that the module stands in."""
        return self.name.split("/")[0]


@pytest.fixture(scope="session")
def modules(root):
    """Return every module of the package."""
    package = root / "gsc_sdr"
    return [
        Module(path.relative_to(package).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(package.rglob("*.py"))
    ]


@pytest.fixture(scope="session")
def tracked(root) -> list[Path]:
    """Return every file that a commit of this tree would hold; skip without git."""
    if not shutil.which("git") or not (root / ".git").exists():
        pytest.skip("needs a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [root / name for name in listed if name and (root / name).is_file()]
