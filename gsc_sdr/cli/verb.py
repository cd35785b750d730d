# SPDX-License-Identifier: MIT
"""The edge of the process: verbs are imported when called, errors become one line."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from gsc_sdr.errors import ConfigError, GscError, MissingError

__all__ = ["Verb", "Verbs"]


class Verb(TyperCommand):
    """One verb. Refuses numbers that are not finite before its function runs."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb's function; ConfigError names the option that is not finite."""
        for name, value in ctx.params.items():
            values = value if isinstance(value, list | tuple) else [value]
            if any(isinstance(item, float) and not math.isfinite(item) for item in values):
                option = f"--{name.replace('_', '-')}"
                raise ConfigError(f"{option} is {value}; give a finite number")
        return super().invoke(ctx)


class Verbs(TyperGroup):
    """A group whose verbs are files: ``summaries`` names them, one line each.

    ``gsc-sdr --help`` reads the summaries only, so that no verb's room is
    imported and a broken installation can still be asked for help.
    """

    package = "gsc_sdr.cli"
    summaries: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: Verb(name, help=summary) for name, summary in self.summaries.items()}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the verbs in the order in which ``summaries`` has them."""
        return list(self.summaries)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """Import the verb that is called; an unknown one is a usage error."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(self.package, name) if name else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb that was called; an error of ours ends it with one line and 2."""
        try:
            return super().invoke(ctx)
        except GscError as error:
            message = str(error)
        except ModuleNotFoundError as error:
            message = (
                f"the Python module {error.name} is not installed: run `make setup`, "
                "and start gsc-sdr from its .venv/bin"
            )
        except BrokenPipeError:
            raise
        except OSError as error:
            if error.filename is None:
                raise
            message = f"{error.filename}: {error.strerror}; name a place that you can use"
        typer.echo(f"gsc-sdr: {' '.join(message.split())}", err=True)
        raise typer.Exit(2)


def _load(package: str, name: str) -> Any:
    """Return the command of verb ``name``: a function or a Typer app of that name."""
    attribute = name.replace("-", "_")
    module = import_module(f"{package}.{attribute}")
    verb = getattr(module, attribute, None)
    if verb is None:
        raise MissingError(f"{module.__name__} has no {attribute}; a verb's file defines it")
    app = verb
    if not isinstance(verb, typer.Typer):
        app = typer.Typer(add_completion=False)
        app.command(name)(verb)
    for info in app.registered_commands:
        info.cls = Verb
        info.help = info.help or _summary(info.callback)
    return typer.main.get_group(app) if app is verb else typer.main.get_command(app)


def _summary(function: Any) -> str:
    """Return a docstring up to its first numpydoc section."""
    return re.split(r"\n\n?\w[\w ]*\n---", inspect.getdoc(function) or "")[0]
