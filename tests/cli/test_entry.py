"""Help, exit codes, pipes and defects: what is common to all commands."""

import os
import re
import subprocess
import sys

import pytest

import isthmus.io
from isthmus import cli

from .commands import SCRIPT, command, fit, options, raising, run

COMMANDS = ("demo", "fit", "sweep", "encode", "decode", "classify", "score", "sample", "info")

LEAVES = (*(name for name in COMMANDS if name != "classify"), "classify fit", "classify predict")


def test_version_is_printed(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == isthmus.__version__


def test_failure_of_the_machine_is_one_line(assert_fails, monkeypatch):
    for error in (MemoryError(), OSError(28, "No space left on device")):
        monkeypatch.setattr(isthmus.io, "read", raising(error))
        assert_fails(1, *fit())


def test_defect_is_one_line_that_asks_for_a_report(assert_fails, monkeypatch):
    monkeypatch.delenv("ISTHMUS_TRACEBACK", raising=False)
    monkeypatch.setattr(isthmus.io, "read", raising(RuntimeError("two\nlines")))
    says = "a defect of Isthmus came to light (RuntimeError: two lines); please report it"
    assert_fails(1, *fit(), says=says)
    monkeypatch.setenv("ISTHMUS_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        run(*fit())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["fit", "x.csv", "-o", "no/m.isthmus"], 1), (["frobnicate"], 2), (["--version"], 0)],
)
def test_script_leaves_with_the_exit_code(arguments, code, here):
    done = command(*arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == (code != 0)
    assert bool(done.stdout) == (code == 0)


def test_main_leaves_with_the_exit_code():
    with pytest.raises(SystemExit) as left:
        cli.main(["frobnicate"])
    assert left.value.code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
@pytest.mark.parametrize(
    "arguments", [["info", "m.isthmus"], ["fit", "--help"]], ids=["print", "rich"]
)
def test_reader_that_leaves_early_is_no_failure(arguments, here):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([SCRIPT, *arguments], stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["classify", "--help"],
        ["--version"],
        ["frobnicate"],
        ["fit"],
        ["fit", "x.csv", "-o", "no/x.isthmus"],
        ["fit", "x.csv", "-o", "x.isthmus", "--hiden", "3"],
    ],
)
def test_help_and_mistakes_do_not_wait_for_libraries(arguments):
    code = (
        "import sys; from isthmus.cli import run; run(sys.argv[1:]);"
        "heavy = {'jax', 'sklearn', 'matplotlib', 'pyarrow', 'equinox', 'optax'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_help_names_every_command_and_what_it_does(capsys):
    for arguments in ([], ["--help"]):
        assert run(*arguments) == 0
        shown = capsys.readouterr().out
        for name in COMMANDS:
            assert re.search(rf"│ {name} +\w", shown)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_and_option_has_help(name, capsys):
    assert run(*name.split(), "--help") == 0
    shown = capsys.readouterr().out
    app = cli.app
    for part in name.split():
        app = app[part]
    assert app.help
    assert app.help.splitlines()[0].split()[0] in shown
    arguments = options(name)
    assert len(arguments) > 0
    for argument in arguments:
        assert argument.parameter.help, f"{argument.name} of {name} has no help"
        assert "{" not in argument.parameter.help
        assert argument.name in shown
