# SPDX-License-Identifier: MIT
"""The edge: verbs load when called; an error of ours is one line and exit code 2."""

import subprocess
import sys
import textwrap

import pytest
import typer
from typer.testing import CliRunner

from gsc_sdr.cli.verb import Verbs

FILES = {
    "send": '''
        from typing import Annotated
        import typer
        from gsc_sdr.errors import ConfigError

        def send(
            snr_db: float = 10.0,
            weights: Annotated[list[float], typer.Option()] = [1.0],
            fault: str = "",
        ):
            """Send something.

            Parameters
            ----------
            snr_db : float, dB
            """
            if fault == "ours":
                raise ConfigError("rate is 7;\\nchoose 1/48")
            if fault == "module":
                import no_such_module
            if fault == "file":
                open("/nowhere/at/all.png")
            if fault == "bug":
                raise RuntimeError("a defect")
            if fault == "interrupt":
                raise KeyboardInterrupt
            typer.echo(f"sent at {snr_db}")
        ''',
    "bench": """
        import typer
        bench = typer.Typer()

        @bench.command()
        def link(snr_db: float = 0.0):
            typer.echo(f"measured at {snr_db}")
        """,
    "broken": "raise RuntimeError('imported')",
    "two_words": "def two_words():\n    print('two')",
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs the command line of a package of verbs."""
    package = tmp_path / "verbs_of_the_test"
    package.mkdir()
    for name, source in FILES.items():
        (package / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        monkeypatch.delitem(sys.modules, name)

    class TestVerbs(Verbs):
        package = "verbs_of_the_test"
        summaries = dict.fromkeys(("send", "bench", "broken", "two-words", "gone"), "A verb.")

    app = typer.Typer(cls=TestVerbs, pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    return lambda *words: CliRunner().invoke(app, words)


def test_a_verb_runs(run):
    result = run("send", "--snr-db", "3")
    assert (result.exit_code, result.stdout) == (0, "sent at 3.0\n")


def test_a_verb_may_have_verbs_even_one(run):
    assert run("bench", "link", "--snr-db", "3").stdout == "measured at 3.0\n"


def test_a_dash_in_a_verb_is_an_underscore_in_its_file(run):
    assert run("two-words").stdout == "two\n"


def test_help_imports_no_verb(run):
    result = run("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("send", "broken", "gone"))


def test_help_of_a_verb_ends_before_the_parameters_section(run):
    text = run("send", "--help").stdout
    assert "Send something." in text
    assert "----------" not in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["send", "--fault", "ours"], "gsc-sdr: rate is 7; choose 1/48"),
        (["send", "--fault", "module"], "no_such_module is not installed: run `make setup`"),
        (["send", "--fault", "file"], "/nowhere/at/all.png: No such file or directory"),
        (["send", "--snr-db", "nan"], "--snr-db is nan; give a finite number"),
        (["send", "--snr-db", "inf"], "--snr-db is inf; give a finite number"),
        (["send", "--weights", "1", "--weights", "nan"], "--weights is"),
        (["bench", "link", "--snr-db=-inf"], "--snr-db is -inf; give a finite number"),
        (["gone"], "gone is not installed"),
    ],
)
def test_what_the_user_can_mend_is_one_line_and_two(run, words, says):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_verb_is_refused(run):
    result = run("snd")
    assert result.exit_code == 2
    assert "snd" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_defect_is_not_hidden(run):
    result = run("send", "--fault", "bug")
    assert isinstance(result.exception, RuntimeError)


def test_an_interrupt_ends_quietly(run):
    result = run("send", "--fault", "interrupt")
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


def test_help_is_quick_since_it_loads_nothing_heavy():
    heavy = "{'numpy', 'torch', 'gnuradio', 'matplotlib', 'PIL', 'sionna'}"
    code = (
        "import sys; from typer.testing import CliRunner; from gsc_sdr.cli.main import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        f"sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
