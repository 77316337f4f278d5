"""Run the commands, and what the tests of several commands share."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from isthmus import cli
from isthmus.cli.help import fill_in

QUICK = ["--n-components", "2", "--hidden", "8", "--max-epochs", "2"]
BARE = [*QUICK, "--no-report"]
FIT = ["fit", "table.csv", "-o", "new.isthmus"]
SCRIPT = Path(sys.executable).with_name("isthmus")


def make_frame(n_rows=80):
    generator = np.random.default_rng(0)
    mixed = generator.normal(size=(n_rows, 2)) @ generator.normal(size=(2, 4))
    frame = pd.DataFrame(mixed + 0.1 * generator.normal(size=(n_rows, 4)), columns=list("abcd"))
    frame["c"] = frame["c"].astype(np.float32)
    frame["count"] = generator.integers(0, 50, n_rows)
    frame["flag"] = generator.integers(0, 2, n_rows).astype(bool)
    return frame


def make_images(n_images=60):
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (n_images, 8, 8)).astype(np.uint8)


def run(*arguments):
    return cli.run([str(argument) for argument in arguments])


def command(*arguments, **options):
    arguments = [SCRIPT, *map(str, arguments)]
    return subprocess.run(arguments, capture_output=True, encoding="utf-8", **options)


def fit(data="table.csv", *options, output="new.isthmus"):
    return ["fit", data, "-o", output, *QUICK, *options]


def raising(error):
    def read(*arguments, **options):
        raise error

    return read


def logged(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def files_in(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def options(name):
    """The arguments of a command, as its help shows them."""
    fill_in(cli.app, [*name.split(), "--help"])
    app = cli.app
    for part in name.split():
        app = app[part]
    return [one for one in app.assemble_argument_collection(parse_docstring=True) if one.show]
