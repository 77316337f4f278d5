"""Fits that are killed go on by themselves."""

import subprocess
import sys
import time

import jax
import numpy as np
import pytest

import isthmus
from isthmus import (
    Autoencoder,
    BoltzmannMachine,
    Checkpoint,
    CheckpointError,
    StackedAutoencoder,
    VariationalAutoencoder,
)
from isthmus.errors import IsthmusError
from isthmus.io import read_model_file
from isthmus.training.loop import _Loop


def vector(model):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(model.model_)])


def make(**parameters):
    parameters = {"hidden": 8, "max_epochs": 3, "random_state": 0, **parameters}
    return Autoencoder(2, verbose=False, **parameters)


def test_finished_fit_is_given_again(table, tmp_path):
    once = make().fit(table, checkpoint=tmp_path)
    again = make().fit(table, checkpoint=str(tmp_path))
    np.testing.assert_array_equal(vector(once), vector(again))
    assert once.history_ == again.history_
    assert once.best_epoch_ == again.best_epoch_
    assert not again.interrupted_


def test_fit_without_a_fixed_seed_goes_on_with_the_checkpoints(table, tmp_path):
    once = make(random_state=None).fit(table, checkpoint=tmp_path)
    again = make(random_state=None).fit(table, checkpoint=tmp_path)
    np.testing.assert_array_equal(vector(once), vector(again))
    with pytest.raises(CheckpointError, match="random_state=None, but now random_state=3"):
        make(random_state=3).fit(table, checkpoint=tmp_path)


def test_other_data_are_refused_and_fresh_starts_over(table, tmp_path):
    make().fit(table, checkpoint=tmp_path)
    for other, found in ((table[:200], "300 rows, but now 200"), (table[::-1], "other names or")):
        with pytest.raises(CheckpointError, match=found):
            make().fit(other, checkpoint=tmp_path)
    with pytest.raises(CheckpointError, match="hidden=8, but now hidden=9"):
        make(hidden=9).fit(table, checkpoint=tmp_path)
    start = make(random_state=1).fit(table)
    with pytest.raises(CheckpointError, match="started from other weights"):
        make().fit(table, init=start, checkpoint=tmp_path)
    make().fit(table[:200], checkpoint=Checkpoint(tmp_path, fresh=True))


def test_layers_are_not_pretrained_again(digits, tmp_path, monkeypatch):
    def fit():
        model = StackedAutoencoder(
            2, hidden=[8], max_epochs=2, n_pretraining_epochs=1, random_state=0, verbose=False
        )
        return model.fit(digits[:200], checkpoint=tmp_path)

    once = fit()
    monkeypatch.setattr("isthmus.fitting.trained.pretrain", None)
    again = fit()
    np.testing.assert_array_equal(vector(once), vector(again))
    assert again.history_ == once.history_
    assert again.history_["layer_1_loss"]


def test_boltzmann_machines_keep_checkpoints_too(digits, tmp_path):
    machine = BoltzmannMachine(4, persistent=True, max_epochs=2, random_state=0, verbose=False)
    once = vector(machine.fit(digits[:200], checkpoint=tmp_path))
    np.testing.assert_array_equal(once, vector(machine.fit(digits[:200], checkpoint=tmp_path)))


def test_cycles_and_the_parts_of_the_loss_go_on_where_they_broke_off(table, tmp_path, monkeypatch):
    def fit(**settings):
        model = VariationalAutoencoder(
            2, hidden=8, n_cycle_epochs=4, max_epochs=9, random_state=0, verbose=False
        )
        return model.fit(table, **settings)

    whole, judge = fit(), _Loop._judge

    def die(self, complete):
        if self.now.epoch == 6:
            raise RuntimeError
        judge(self, complete)

    checkpoint = Checkpoint(tmp_path, seconds=0)
    monkeypatch.setattr(_Loop, "_judge", die)
    with pytest.raises(RuntimeError):
        fit(checkpoint=checkpoint)
    monkeypatch.setattr(_Loop, "_judge", judge)
    resumed = fit(checkpoint=checkpoint)
    np.testing.assert_array_equal(vector(resumed), vector(whole))
    for name in ("loss", "reconstruction", "validation_divergence"):
        assert resumed.history_[name] == whole.history_[name]


KILLED_SETTINGS = {
    "hidden": 8,
    "shortcut": False,
    "max_epochs": 300,
    "patience": 300,
    "batch_size": 64,
    "random_state": 0,
}
KILLED = f"""
import sys
import numpy as np
from isthmus import Autoencoder, Checkpoint
data, folder, model = sys.argv[1:]
Autoencoder(2, **{KILLED_SETTINGS}).fit(
    np.load(data), checkpoint=Checkpoint(folder, seconds=0)
).save(model)
"""


def test_killed_fits_go_on_to_equal_bits(table, tmp_path):
    np.save(tmp_path / "data.npy", table)

    def start():
        places = [tmp_path / "data.npy", tmp_path / "killed", tmp_path / "killed.isthmus"]
        arguments = [sys.executable, "-c", KILLED, *map(str, places)]
        return subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)

    generator = np.random.default_rng()
    path = tmp_path / "killed" / "checkpoint.isthmus"
    epochs = []
    for n_kills in range(2):
        process = start()
        before = path.stat().st_mtime_ns if path.exists() else 0
        while process.poll() is None and not (path.exists() and path.stat().st_mtime_ns != before):
            time.sleep(0.001)
        time.sleep(generator.uniform(0, 0.2))
        process.kill()
        _, error = process.communicate()
        assert ("Resuming from epoch" in error) == (n_kills > 0), error
        epochs.append(read_model_file(path)[0]["epoch"])
    assert epochs == sorted(epochs)
    assert epochs[0] < 300
    process = start()
    _, error = process.communicate()
    assert process.returncode == 0, error
    killed = isthmus.load(tmp_path / "killed.isthmus")
    whole = make(**KILLED_SETTINGS).fit(table)
    np.testing.assert_array_equal(vector(killed), vector(whole))
    assert killed.history_["loss"] == whole.history_["loss"]


def test_full_disk_at_the_start_is_a_sentence(table, small_disk):
    with pytest.raises(IsthmusError, match="the disk is full"):
        make(hidden=128).fit(table, checkpoint=small_disk)


def test_read_only_disk_is_a_sentence(table, small_disk):
    remount = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(remount, check=True)
    with pytest.raises(IsthmusError, match="the disk is read-only"):
        make().fit(table, checkpoint=small_disk)
    with pytest.raises(IsthmusError, match="the disk is read-only"):
        make().fit(table, checkpoint=small_disk / "new")
