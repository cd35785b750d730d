# SPDX-License-Identifier: MIT
"""The tree: licensed, free of one machine's paths, small, tests where rooms are."""

import re
import subprocess
import sys
from pathlib import Path

HOMES = re.compile(r"(?<![\w.])/(?:home|Users|root|work|workspace|mnt)/\w+")
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".json", ".grc", ".txt", ".cfg", ".lock"}
MOST_BYTES = 25_000_000


def texts(tracked):
    """Return the text files of the tree, by path."""
    named = [path for path in tracked if path.suffix in TEXT or path.name in ("Makefile", "run")]
    return {path: path.read_text(encoding="utf-8") for path in named}


def test_no_file_names_a_path_of_one_machine(root, tracked):
    naming = {
        path.relative_to(root).as_posix(): match[0]
        for path, text in texts(tracked).items()
        if path != Path(__file__).resolve()
        and (match := HOMES.search(text) or re.search(re.escape(f"{root}/"), text))
    }
    assert naming == {}


def test_source_says_its_licence_first(root, tracked):
    bare = [
        path.relative_to(root).as_posix()
        for path, text in texts(tracked).items()
        if path.suffix == ".py" and not text.startswith("# SPDX-License-Identifier: MIT\n")
    ]
    assert bare == []


def test_no_generated_or_huge_file_is_tracked(root, tracked):
    generated = [path for path in (root / "flowgraphs").glob("*.py") if path in tracked]
    huge = [path.name for path in tracked if path.stat().st_size > MOST_BYTES]
    assert (generated, huge) == ([], [])


def test_every_room_has_tests(root, modules):
    rooms = {module.room for module in modules if module.name.count("/") == 1}
    with_tests = {path.parent.name for path in (root / "tests").rglob("test_*.py")}
    assert rooms - with_tests == set()


def test_rooms_stand_on_their_floors(root):
    lint = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    run = subprocess.run(lint, cwd=root, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
