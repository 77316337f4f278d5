"""Run a command line, and turn failures into sentences and exit codes."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import closing

from cyclopts import CycloptsError

from isthmus.cli.app import app
from isthmus.cli.help import fill_in
from isthmus.cli.messages import (
    FAILED,
    INTERRUPTED,
    MISUSED,
    MisuseError,
    fail,
    one_line,
    warnings_told,
)
from isthmus.cli.reading import ReadingBar
from isthmus.cli.streams import prepare_streams
from isthmus.cli.values import MEMORY_VARIABLE
from isthmus.passes import passes_told
from isthmus.signals import (
    Command,
    exit_code,
    heard_signal,
    ignore_terminations,
    name_of,
    running_command,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    0: done. 1: the data, a file or the machine would not do. 2: the command was misused.
    130: stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP; what had been learned was saved.
    """
    # All that the libraries bring in stays to the end. Looking through it for garbage, again and
    # again and once more on the way out, takes half a second of every command.
    prepare_streams()
    # Taking three quarters of a GPU's memory at once takes JAX longer than many a fit.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    code = run(sys.argv[1:] if arguments is None else arguments)
    if code >= exit_code(1):  # a signal has ended it
        ignore_terminations()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command and give its exit code; every failure is one line on standard error."""
    budget = os.environ.get(MEMORY_VARIABLE)
    try:
        with Command(), warnings_told():
            return _run(arguments)
    finally:
        os.environ.pop(MEMORY_VARIABLE, None)
        if budget is not None:
            os.environ[MEMORY_VARIABLE] = budget


def _run(arguments: Sequence[str]) -> int:
    try:
        fill_in(app, arguments)
        # Taken away before anything is said of a failure.
        with closing(ReadingBar()) as bar, passes_told(bar):
            result = app(
                list(arguments),
                exit_on_error=False,
                print_error=False,
                result_action="return_value",
            )
        sys.stdout.flush()
        if result == INTERRUPTED:
            return exit_code(heard_signal())
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        fail(one_line(error), "See `isthmus --help`.")
        return MISUSED
    except KeyboardInterrupt as error:
        return _stopped(str(error))
    except BrokenPipeError:
        # The reader of our output has left; leaving quietly is what it expects.
        sys.stderr.close()
        return 0
    except SystemExit:
        # What rich makes of a BrokenPipeError while it prints help or a table.
        return 0
    except MisuseError as error:
        fail(one_line(error))
        return MISUSED
    except (ValueError, MemoryError, OSError) as error:
        fail(_unprinted(error) if isinstance(error, OSError) else one_line(error))
        return FAILED
    except Exception as error:
        command = running_command()
        if command is not None and command.interrupted:
            # Libraries make errors of their own of it, such as one of an import.
            return _stopped()
        if os.environ.get("ISTHMUS_TRACEBACK"):
            raise
        fail(
            f"a defect of Isthmus came to light ({type(error).__name__}: {one_line(error)});",
            "please report it with what ISTHMUS_TRACEBACK=1 prints.",
        )
        return FAILED


def _stopped(kept: str = "") -> int:
    """Say what has stopped a command, and what is there."""
    heard = heard_signal()
    fail(f"stopped by {name_of(heard)}; {kept or 'nothing was written'}.")
    return exit_code(heard)


def _unprinted(error: OSError) -> str:
    """Say what an error means that names no file: it is of the stream that was printed to."""
    if error.filename is not None:
        return one_line(error)
    return (
        f"what was to be printed could not be written ({error.strerror or one_line(error)}); files "
        "that were asked for are there if nothing else is said."
    )
