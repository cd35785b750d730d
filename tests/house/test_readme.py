# SPDX-License-Identifier: MIT
"""README: every command in it exists, with the options that it shows."""

import re
import shlex

import pytest
import typer

from gsc_sdr.cli.main import app


@pytest.fixture(scope="module")
def commands(root):
    """Return the shell lines of README, each split into words."""
    text = (root / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def test_every_make_target_exists(root, commands):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    variables = set(re.findall(r"^(\w+) \?=", makefile, flags=re.MULTILINE))
    words = [word for command in commands if command[:1] == ["make"] for word in command[1:]]
    assert {"demo", "test"} <= set(words)
    assert {word for word in words if "=" not in word} <= targets
    assert {word.split("=")[0] for word in words if "=" in word} <= variables


def test_every_verb_and_option_exists(commands):
    shown = [command for command in commands if command[:1] and command[0].endswith("gsc-sdr")]
    assert shown
    group = typer.main.get_command(app)
    for command in shown:
        context = group.make_context("gsc-sdr", command[1:], resilient_parsing=True)
        _, verb, rest = group.resolve_command(context, command[1:])
        while hasattr(verb, "commands"):
            verb, rest = verb.commands[rest[0]], rest[1:]
        known = {option for parameter in verb.params for option in parameter.opts} | {"--help"}
        assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known, command
