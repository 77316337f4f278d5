"""Fits tell of their epochs, and one Ctrl-C ends all of their stages."""

import json
import signal
import sys

import numpy as np
import pytest

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    CheckpointError,
    ComponentSweep,
    IsthmusError,
    LinearAutoencoder,
    StackedAutoencoder,
)
from isthmus.runs import ProgressBar
from isthmus.training import pretraining

SMALL = {"hidden": 8, "max_epochs": 3, "random_state": 0, "verbose": False}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def told(path):
    return [line.get("event") or (line["stage"], line["epoch"]) for line in lines(path)]


def stacked():
    return StackedAutoencoder(
        2, hidden=[8], max_epochs=2, n_pretraining_epochs=1, random_state=0, verbose=False
    )


def test_log_holds_the_history(table, tmp_path):
    path = tmp_path / "run.jsonl"
    model = Autoencoder(2, **SMALL).fit(table, log=path)
    assert told(path) == ["started", ("", 1), ("", 2), ("", 3), "finished"]
    epochs = lines(path)[1:-1]
    for name in ("loss", "validation_loss"):
        assert [epoch[name] for epoch in epochs] == model.history_[name]
    assert [epoch["updates"] for epoch in epochs] == [3, 6, 9]
    assert epochs[-1]["learning_rate"] < epochs[0]["learning_rate"] <= model.learning_rate
    assert epochs[-1]["seconds"] >= model.history_["seconds"][-1] - 1e-3
    assert all(epoch["rows_per_second"] > 0 for epoch in epochs)


def test_log_goes_on_with_a_checkpoint_and_only_with_its_own(table, tmp_path):
    path, folder = tmp_path / "run.jsonl", tmp_path / "runs"
    Autoencoder(2, **SMALL).fit(table, log=path, checkpoint=folder)
    before = path.read_bytes()
    with pytest.raises(CheckpointError):
        Autoencoder(3, **SMALL).fit(table, log=path, checkpoint=folder)
    assert path.read_bytes() == before
    Autoencoder(2, **SMALL).fit(table, log=path, checkpoint=folder)
    assert path.read_bytes().startswith(before)
    assert told(path)[-2:] == ["resumed", "finished"]


def test_layers_are_stages_of_the_log(digits, tmp_path):
    stacked().fit(digits[:200], log=tmp_path / "run.jsonl")
    assert told(tmp_path / "run.jsonl") == [
        "started",
        ("layer 1 of 2", 1),
        ("layer 2 of 2", 1),
        ("", 1),
        ("", 2),
        "finished",
    ]


def test_classifier_and_its_autoencoder_share_a_log(digits, tmp_path):
    y = np.arange(200) % 3
    own = Autoencoder(2, **SMALL | {"max_epochs": 1})
    for autoencoder, stages in ((own, [("autoencoder", 1)]), (LinearAutoencoder(2), [])):
        classifier = AutoencoderClassifier(autoencoder, max_epochs=2, random_state=0, verbose=False)
        classifier.fit(digits[:200], y, log=tmp_path / "run.jsonl")
        ends = ["started", *stages, ("", 1), ("", 2), "finished"]
        assert told(tmp_path / "run.jsonl") == ends


def test_sweep_logs_the_sum_of_losses(table, tmp_path):
    sweep = ComponentSweep(Autoencoder(**SMALL), components=(1, 2), random_state=0, verbose=False)
    sweep.fit(table, log=tmp_path / "run.jsonl")
    assert told(tmp_path / "run.jsonl") == ["started", ("", 1), ("", 2), ("", 3), "finished"]
    losses = [line["loss"] for line in lines(tmp_path / "run.jsonl")[1:-1]]
    assert losses == sorted(losses, reverse=True)


def test_log_that_cannot_be_written_ends_the_fit_before_data_are_read(tmp_path):
    with pytest.raises(IsthmusError, match="cannot be a log, because it is a folder"):
        Autoencoder(2).fit(tmp_path / "nothing.csv", log=tmp_path)


@pytest.fixture
def ctrl_c_after(monkeypatch):
    """Press Ctrl-C once, at the first report of the bar."""
    if sys.platform == "win32":
        pytest.skip("Windows has another Ctrl-C")
    pressed = []

    def press(bar, progress):
        if not pressed:
            pressed.append(progress)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ProgressBar, "__call__", press)


@pytest.mark.usefixtures("ctrl_c_after")
def test_ctrl_c_is_told(table, tmp_path):
    model = Autoencoder(2, **SMALL).fit(table, log=tmp_path / "run.jsonl")
    assert model.interrupted_
    assert told(tmp_path / "run.jsonl") == ["started", "interrupted"]


@pytest.mark.usefixtures("ctrl_c_after")
def test_one_ctrl_c_ends_both_stages_of_a_classifier(digits, tmp_path):
    own = Autoencoder(2, **SMALL | {"max_epochs": 100_000, "early_stopping": False})
    classifier = AutoencoderClassifier(own, max_epochs=100_000, early_stopping=False, verbose=False)
    classifier.fit(digits[:200], np.arange(200) % 3, log=tmp_path / "run.jsonl")
    assert classifier.interrupted_
    assert told(tmp_path / "run.jsonl") == ["started", "interrupted"]
    assert np.isfinite(classifier.predict_proba(digits[:200])).all()


def test_ctrl_c_between_layers_ends_pretraining(digits, tmp_path, monkeypatch):
    encode = pretraining.over_rows

    def press(*arguments):
        signal.raise_signal(signal.SIGINT)
        return encode(*arguments)

    monkeypatch.setattr(pretraining, "over_rows", press)
    model = stacked().fit(digits[:200], log=tmp_path / "run.jsonl")
    assert model.interrupted_
    assert told(tmp_path / "run.jsonl") == ["started", ("layer 1 of 2", 1), "interrupted"]
