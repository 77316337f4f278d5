"""A checkpoint is written whole, given again to its own run, and refused to others."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from isthmus.errors import CheckpointError, IsthmusError
from isthmus.io import read_model_file, write_model_file
from isthmus.io.leftovers import host_mark
from isthmus.runs import Checkpoint, CheckpointFile
from isthmus.runs import checkpoint as checkpoint_module

HEADER, ARRAYS = {"epoch": 2, "finished": False}, {"weights": np.arange(3.0)}


class Named:
    """A run that is told from others by its name."""

    def __init__(self, name):
        self.name = name

    def state(self):
        return {"name": self.name}

    def difference(self, stored):
        return None if stored["name"] == self.name else f"is of {stored['name']}"

    def remedy(self, stored):
        return f"say {stored['name']}, "


def open_file(folder, name="this", **options):
    file = CheckpointFile(Checkpoint(folder, **options))
    file.identify(Named(name))
    return file


def restored(file, n_epochs=4):
    return file.restore(lambda header, arrays: (header["epoch"], arrays["weights"]), n_epochs)


def fail(*arguments):
    raise IsthmusError("x could not be written, because the disk is full.")


def test_what_was_saved_is_given_again(tmp_path, capsys):
    file = open_file(tmp_path / "a" / "b")
    assert not file.found
    assert file.epoch is None
    assert restored(file) is None
    file.notes["seed"] = 7
    file.save(HEADER, ARRAYS)
    again = open_file(tmp_path / "a" / "b")
    assert (again.epoch, again.notes) == (2, {"seed": 7})
    epoch, weights = restored(again)
    assert epoch == 2
    np.testing.assert_array_equal(weights, ARRAYS["weights"])
    assert capsys.readouterr().err == f"Resuming from epoch 2 of 4 ({again.path}).\n"
    again.save({**HEADER, "finished": True}, ARRAYS)
    restored(open_file(tmp_path / "a" / "b"))
    assert capsys.readouterr().err.startswith(f"Nothing is left to train: {again.path} holds")


def test_fresh_run_finds_nothing(tmp_path):
    open_file(tmp_path).save(HEADER, ARRAYS)
    assert not open_file(tmp_path, fresh=True).found


def test_checkpoint_of_another_run_is_refused_and_stays(tmp_path):
    open_file(tmp_path).save(HEADER, ARRAYS)
    before = (tmp_path / "checkpoint.isthmus").read_bytes()
    with pytest.raises(CheckpointError, match=r"is of this: say this, name .*--fresh.*fresh=True"):
        open_file(tmp_path, "other")
    assert (tmp_path / "checkpoint.isthmus").read_bytes() == before
    open_file(tmp_path, "other", fresh=True)


def test_interval_of_zero_is_always_due_and_a_long_one_at_first(tmp_path):
    always, rarely = open_file(tmp_path / "a", seconds=0), open_file(tmp_path / "b", seconds=3600)
    for file in (always, rarely):
        assert file.due()
        file.save(HEADER, ARRAYS)
    assert always.due()
    assert not rarely.due()


def rewrite(path, change):
    header, tensors = read_model_file(path)
    change(header)
    write_model_file(path, header, tensors)


DAMAGES = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:-100]), "cut off or damaged"),
    "altered": (
        lambda path: path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\0"),
        "its checksum disagrees",
    ),
    "of another version": (
        lambda path: rewrite(path, lambda header: header.update(checkpoint_version=1)),
        r"another version of the format \(1, but this one is 2\)",
    ),
    "of another Isthmus": (
        lambda path: rewrite(path, lambda header: header["versions"].update(isthmus="0.0.9")),
        r"another version of isthmus \(0\.0\.9, but this one is .*\), which may round otherwise",
    ),
    "of another JAX": (
        lambda path: rewrite(path, lambda header: header["versions"].update(jax="0.1")),
        r"another version of jax \(0\.1, but this one is",
    ),
    "without an identity": (
        lambda path: rewrite(path, lambda header: header.pop("identity")),
        "parts that do not fit together",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_checkpoint_is_a_sentence(name, tmp_path):
    damage, sentence = DAMAGES[name]
    open_file(tmp_path).save(HEADER, ARRAYS)
    damage(tmp_path / "checkpoint.isthmus")
    with pytest.raises(CheckpointError, match=rf"{sentence}.*: .*start over with --fresh"):
        open_file(tmp_path)


def test_checkpoint_without_what_its_reader_needs_is_a_sentence(tmp_path):
    open_file(tmp_path).save(HEADER, {})
    with pytest.raises(CheckpointError, match=r"do not fit together.*: start over with --fresh"):
        restored(open_file(tmp_path))


def test_model_is_no_checkpoint(tmp_path):
    write_model_file(tmp_path / "checkpoint.isthmus", {"class": "Autoencoder"}, {})
    with pytest.raises(CheckpointError, match="is a model, not a checkpoint"):
        open_file(tmp_path)


def test_file_in_place_of_the_folder_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(IsthmusError, match="cannot be a folder for checkpoints, because"):
        open_file(tmp_path / "file")


def test_rests_of_a_killed_writer_are_swept_away(tmp_path):
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1)
    part = f".checkpoint.isthmus.{host_mark()}-{int(killed.stdout)}-0123abcd.part"
    (tmp_path / part).touch()
    open_file(tmp_path)
    assert not list(tmp_path.iterdir())


def test_first_write_that_fails_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint_module, "write_model_file", fail)
    with pytest.raises(IsthmusError, match="the disk is full"):
        open_file(tmp_path).save(HEADER, ARRAYS)


def test_later_write_that_fails_warns_once(tmp_path, monkeypatch):
    file = open_file(tmp_path, seconds=0)
    file.save(HEADER, ARRAYS)
    monkeypatch.setattr(checkpoint_module, "write_model_file", fail)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        file.save(HEADER, ARRAYS)
        file.save(HEADER, ARRAYS)
    assert [str(warning.message) for warning in caught] == [
        "x could not be written, because the disk is full; training goes on, and the checkpoint "
        "before it stays."
    ]


def test_probe_finds_a_disk_that_a_checkpoint_would_fill(small_disk):
    file = open_file(small_disk / "runs")
    file.probe(10_000)
    assert not list((small_disk / "runs").iterdir())
    free = os.statvfs(small_disk)
    (small_disk / "rest").write_bytes(bytes(free.f_bavail * free.f_frsize))
    with pytest.raises(IsthmusError, match="cannot be written, because the disk is full"):
        file.probe(10_000)
    assert not list((small_disk / "runs").iterdir())


@pytest.mark.parametrize("finished", [False, True])
def test_another_machine_is_told_once(finished, tmp_path, monkeypatch):
    here = {"devices": "1 × cpu", "cores": "2", "processor": "one"}
    monkeypatch.setattr(checkpoint_module, "describe_machine", lambda: here)
    first = open_file(tmp_path)
    first.save({**HEADER, "finished": finished}, ARRAYS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_file(tmp_path).restore(lambda header, arrays: 1, 9)
    there = {"devices": "2 × gpu"}
    monkeypatch.setattr(checkpoint_module, "describe_machine", lambda: there)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert open_file(tmp_path).restore(lambda header, arrays: 1, 9) == 1
    found = [str(warning.message) for warning in caught]
    sentence = (
        f"{tmp_path / 'checkpoint.isthmus'} was written on another machine (devices: 1 × cpu, but "
        "now 2 × gpu; cores: 2, but now none; processor: one, but now none), which may round "
        "otherwise, so the end may differ in the last bits."
    )
    assert found == [] if finished else [sentence]
