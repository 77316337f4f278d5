"""No command writes over what it reads, under whatever name."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import isthmus.io

from .commands import BARE, make_images, options, run
from .test_entry import LEAVES

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def places(here, monkeypatch):
    """Names of the table that hide it, and a reader that must not be asked."""
    os.symlink("table.csv", "link.csv")
    os.symlink("m.isthmus", "link.isthmus")
    os.link("table.csv", "hard.csv")
    os.symlink(".", "same")
    Path("folder").mkdir()
    Path("images").mkdir()
    for number, pixels in enumerate(make_images(4)):
        Image.fromarray(pixels).save(f"images/{number}.png")
    Path("parts").mkdir()
    shutil.copy("table.parquet", "parts/1.parquet")
    shutil.copy("table.csv", "dot.isthmus")

    def read(*arguments, **more):
        raise AssertionError("it was read")

    monkeypatch.setattr(isthmus.io, "read", read)
    monkeypatch.setattr(isthmus, "load", read)
    return here


FIT = ["fit", "table.csv"]
NEW = ["-o", "new.isthmus"]
CLASSIFY = ["classify", "fit", "table.csv", "--labels"]
OVERWRITING = {
    "data": ["encode", "m.isthmus", "table.csv", "-o", "table.csv"],
    "data by a link": ["encode", "m.isthmus", "table.csv", "-o", "link.csv"],
    "data from a link": ["encode", "m.isthmus", "link.csv", "-o", "table.csv"],
    "data by a hard link": ["encode", "m.isthmus", "table.csv", "-o", "hard.csv"],
    "data by another way": ["encode", "m.isthmus", "table.csv", "-o", "folder/../table.csv"],
    "data by a linked folder": ["encode", "m.isthmus", "table.csv", "-o", "same/table.csv"],
    "data by their whole path": ["encode", "m.isthmus", "{here}/table.csv", "-o", "table.csv"],
    "data by a pattern": ["encode", "m.isthmus", "t*.csv", "-o", "table.csv"],
    "data among several": ["encode", "m.isthmus", "z.npy", "table.csv", "-o", "table.csv"],
    "a part of a folder": ["encode", "m.isthmus", "parts", "-o", "parts/1.parquet"],
    "a new part of a folder": ["encode", "m.isthmus", "parts", "-o", "parts/2.parquet"],
    "codes": ["decode", "m.isthmus", "z.npy", "-o", "z.npy"],
    "judged data": ["anomalies", "table.csv", "-o", "table.csv"],
    "data by a detector": ["anomalies", "dot.isthmus", "table.csv", "-o", "dot.isthmus"],
    "scored data": ["score", "m.isthmus", "table.csv", "-o", "table.csv"],
    "model by scores": ["score", "m.isthmus", "table.csv", "-o", "m.isthmus"],
    "model by a sample": ["sample", "link.isthmus", "-o", "m.isthmus"],
    "data by a model": ["fit", "dot.isthmus", "-o", "dot.isthmus"],
    "start by a model": [*FIT, "--init", "m.isthmus", "-o", "link.isthmus"],
    "data by a log": [*FIT, *NEW, "--log", "table.csv"],
    "start by a log": [*FIT, *NEW, "--init", "m.isthmus", "--log", "m.isthmus"],
    "labels by a log": [*FIT, *NEW, "--labels", "z.npy", "--log", "z.npy"],
    "images by a report": ["fit", "images", *NEW, "--report", "images"],
    "some images by a report": ["fit", "images/*.png", *NEW, "--report", "images"],
    "images by a sweep": ["sweep", "images", "-o", "images"],
    "data by a log of a sweep": ["sweep", "table.csv", "--log", "table.csv"],
    "data by the best of a sweep": ["sweep", "dot.isthmus", "--best", "dot.isthmus"],
    "data by a classifier": [
        "classify",
        "fit",
        "dot.isthmus",
        "--labels",
        "a",
        "-o",
        "dot.isthmus",
    ],
    "start by a classifier": [*CLASSIFY, "a", "--init", "m.isthmus", "-o", "m.isthmus"],
    "labels by the log of a classifier": [*CLASSIFY, "z.npy", *NEW, "--log", "z.npy"],
    "data by predictions": ["classify", "predict", "m.isthmus", "table.csv", "-o", "hard.csv"],
    "labels by predictions": [
        *["classify", "predict", "m.isthmus", "table.csv", "-o", "z.npy"],
        *["--labels", "z.npy"],
    ],
}


@pytest.mark.parametrize("name", OVERWRITING)
def test_output_that_is_an_input_is_refused_before_any_work(name, places, assert_fails):
    arguments = [argument.format(here=places) for argument in OVERWRITING[name]]
    assert_fails(1, *arguments, says="which this command reads: name a")


TWICE = {
    "model and log": [*FIT, *NEW, "--log", "new.isthmus"],
    "model and report": [*FIT, *NEW, "--report", "new.isthmus"],
    "model and checkpoint": [*FIT, "--checkpoint", "folder", "-o", "folder/checkpoint.isthmus"],
    "log and checkpoint": [
        *[*FIT, *NEW, "--checkpoint", "folder"],
        *["--log", "same/folder/checkpoint.isthmus"],
    ],
    "best and log": ["sweep", "table.csv", "--best", "b.isthmus", "--log", "same/b.isthmus"],
    "classifier and log": [*CLASSIFY, "a", *NEW, "--log", "new.isthmus"],
}


@pytest.mark.parametrize("name", TWICE)
def test_one_place_for_two_outputs_is_refused_before_any_work(name, places, assert_fails):
    assert_fails(1, *TWICE[name], says="are the same place: name two")


def test_every_command_that_reads_and_writes_is_here():
    tried = {" ".join(arguments[:2]) for arguments in OVERWRITING.values()}
    for name in LEAVES:
        parameters = {argument.field_info.name for argument in options(name)}
        if "output" in parameters and parameters & {"data", "codes", "model"} - {"output"}:
            assert any(f"{one} ".startswith(f"{name} ") for one in tried), name


def test_beside_and_inside_are_no_overwriting(here):
    Path("images").mkdir()
    for number, pixels in enumerate(make_images(12)):
        Image.fromarray(pixels).save(f"images/{number}.png")
    assert run("fit", "images", "-o", "images/m.isthmus", *BARE[:-1]) == 0
    assert run("encode", "images/m.isthmus", "images", "-o", "images/codes.parquet") == 0
    assert np.load(Path("z.npy")).shape[1] == 2
    assert run("encode", "m.isthmus", "table.csv", "-o", "z.npy") == 0
    assert run("fit", "table.csv", "-o", "new.isthmus", "--report", ".", *BARE[:-1]) == 0
